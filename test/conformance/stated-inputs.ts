/** Float inputs that nothing in a public model quantizes: what a user would state by --input-type. The witness gets the dequantized values. */
import type { InputCodes } from "../../compiler/import/onnx.js";

const int8 = (scale: number): InputCodes => ({
  type: { bits: 8, signed: true },
  quantization: { scales: [scale], zeroPoints: [0] },
});
const uint8 = (scale: number): InputCodes => ({
  type: { bits: 8, signed: false },
  quantization: { scales: [scale], zeroPoints: [0] },
});

/** By `corpus/file` and input. */
const stated: Readonly<Record<string, Readonly<Record<string, InputCodes>>>> = {
  // Cast makes uint8 of 3 and 4 times the values: 6 bits stay inside.
  "ort-testdata/ort_github_issue_19590.onnx": {
    "input:0": { ...uint8(1), type: { bits: 6, signed: false } },
  },
  "ort-testdata/qnn_ep_partial_support.onnx": { z: int8(0.5) },
  "ort-testdata/transform__runtime_optimization__matmulnbits_add.onnx": { A: int8(0.125) },
  "ort-testdata/transpose_optimizer_shared_initializers.onnx": { input0: int8(0.5) },
  "ort-testdata/transpose_optimizer_shared_initializers_broadcast.onnx": { input0: int8(0.5) },
  "ort-testdata/transpose_optimizer_shared_initializers_broadcast2.onnx": { x_in_0: int8(0.5), x_in_1: int8(0.25) },
};

/** What is stated about a model's inputs; nothing for most. */
export function statedInputs(file: string): ReadonlyMap<string, InputCodes> {
  return new Map(Object.entries(stated[file] ?? {}));
}
