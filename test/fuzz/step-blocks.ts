/** Products with weights whose scales belong to blocks of inputs: MatMulNBits, and DequantizeLinear with a block size. */
import type { DataType } from "../helpers/onnx.js";
import { followed } from "./step-functions.js";
import { amplitudeOf, count, type GraphState, rangeOf, type Value } from "./values.js";

/** An activation [.., inputs]: of the graph so far, or a new graph input with room for several blocks. */
function activation(state: GraphState): Value | undefined {
  const { builder, choices } = state;
  if (choices.chance(0.4)) return state.operand(({ dims }) => dims.length >= 2);
  const dims = [choices.integer(1, 3), choices.integer(10, 70)];
  const affine = state.affine(1, choices.pick(["int8", "uint8"]));
  return { codes: builder.input(dims, affine.type, `x${builder.inputs.length}`), dims, affine };
}

/** Scales of `count` blocks: mostly small multiples of a number of three bits, which an integer form needs. */
function blockScales(state: GraphState, blocks: number): number[] {
  const { choices, random } = state;
  const unit = random.integer(4, 7) * 2 ** -random.integer(6, 9);
  const any = choices.chance(0.05);
  return Array.from({ length: blocks }, () => (any ? Math.fround(unit * random.next()) : unit * random.integer(1, 6)));
}

/** com.microsoft MatMulNBits: A, packed weights [outputs, blocks, bytes], scales, zero points, g_idx, bias. */
function packed(state: GraphState, x: Value, inputs: number, outputs: number) {
  const { builder, choices, random } = state;
  const bits = choices.pick([4, 4, 2, 8]);
  const size = choices.pick([16, 16, 32]);
  const blocks = Math.ceil(inputs / size);
  const bytes = (dims: readonly number[]) =>
    state.constant(
      "uint8",
      dims,
      Array.from({ length: count(dims) }, () => random.integer(0, 255)),
    );
  const scales = blockScales(state, outputs * blocks);
  const parts = [state.real(x), bytes([outputs, blocks, (size * bits) / 8])];
  parts.push(state.constant("float", [outputs * blocks], scales, "scales"));
  const [zeros, bias] = [choices.chance(0.5), choices.chance(0.3)];
  if (zeros || bias) parts.push(zeros ? bytes([outputs * Math.ceil((blocks * bits) / 8)]) : "");
  if (bias) {
    const values = Array.from({ length: outputs }, () => (random.next() - 0.5) * x.affine.scale * 100);
    parts.push("", state.constant("float", [outputs], values, "bias"));
  }
  const attributes = { K: inputs, N: outputs, bits, block_size: size };
  const name = builder.node("MatMulNBits", parts, attributes, { domain: "com.microsoft" });
  return { name, weight: Math.max(...scales) * 2 ** (bits - 1) };
}

/** MatMul with weights [inputs, outputs] and a scale per block of inputs and output. */
function dequantized(state: GraphState, x: Value, inputs: number, outputs: number) {
  const { builder, choices, random } = state;
  const type = choices.pick<DataType>(["int4", "uint4", "int8"]);
  const { lo, hi } = rangeOf(type);
  const size = choices.integer(2, 20);
  const blocks = [Math.ceil(inputs / size), outputs];
  const scales = blockScales(state, count(blocks));
  const codes = Array.from({ length: inputs * outputs }, () => random.integer(lo, hi));
  const parts = [
    state.constant(type, [inputs, outputs], codes, "w"),
    state.constant("float", blocks, scales, "scales"),
  ];
  if (choices.chance(0.4)) {
    const zeroPoints = Array.from({ length: count(blocks) }, () => random.integer(lo, hi));
    parts.push(state.constant(type, blocks, zeroPoints, "zp"));
  }
  const weights = builder.node("DequantizeLinear", parts, { axis: 0, block_size: size });
  return {
    name: builder.node("MatMul", [state.real(x), weights]),
    weight: (Math.max(...scales) * (hi - lo)) / 2,
  };
}

export function blockedProduct(state: GraphState): void {
  const { choices } = state;
  const x = activation(state);
  if (!x) return;
  const inputs = x.dims.at(-1)!;
  const outputs = choices.integer(1, 6);
  const { name, weight } = choices.pick([packed, dequantized])(state, x, inputs, outputs);
  const amplitude = amplitudeOf(x) * weight * Math.sqrt(inputs) * 0.5;
  followed(state, { name, dims: [...x.dims.slice(0, -1), outputs], amplitude }, "functions");
}
