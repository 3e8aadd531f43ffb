/** Convolutions and matrix products. */
import type { Attribute } from "../helpers/onnx.js";
import { followed } from "./step-functions.js";
import { amplitudeOf, count, type GraphState, isByte, type Pending, type Value } from "./values.js";
import { bias, biasCodes, weights } from "./weights.js";
import { type Plane, planeOf, window } from "./window.js";

/** What `taps` random products sum up to. */
const sumOf = (x: Value, weight: number, taps: number) => amplitudeOf(x) * weight * Math.sqrt(taps) * 0.5;

function grouping(state: GraphState, channels: number): { groups: number; outputs: number } {
  const { choices } = state;
  const kind = choices.pick(["dense", "dense", "depthwise", "grouped"] as const);
  if (kind === "depthwise") return { groups: channels, outputs: channels * choices.integer(1, 2) };
  const groups = kind === "grouped" && channels % 2 === 0 ? 2 : 1;
  return { groups, outputs: groups * choices.integer(1, kind === "dense" && choices.chance(0.1) ? 17 : 5) };
}

export function conv(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand((value) => planeOf(value) !== undefined);
  if (!x) return;
  const { channels, size } = planeOf(x) as Plane;
  const { groups, outputs } = grouping(state, channels);
  const { kernel, attributes, result } = window(state, size, { dilations: true });
  const dims = [1, outputs, ...result];
  const w = weights(state, [outputs, channels / groups, ...kernel], 0);
  const own: Record<string, Attribute> = { ...attributes, group: groups };
  const amplitude = sumOf(x, w.amplitude, count([channels / groups, ...kernel]));
  if (isByte(x) && w.byte && choices.chance(0.25)) {
    const affine = state.affine(amplitude, choices.pick(["int8", "uint8"]));
    const inputs = [state.codes(x), ...state.parameters(x.affine), ...w.parameters, ...state.parameters(affine)];
    if (choices.chance(0.5)) inputs.push(biasCodes(state, outputs, 3000));
    state.add({ codes: builder.node("QLinearConv", inputs, own), dims, affine });
    return;
  }
  const inputs = [state.real(x), w.real, ...bias(state, x.affine, w, outputs)];
  followed(state, { name: builder.node("Conv", inputs, own), dims, amplitude }, "normalization");
}

export function dense(state: GraphState): void {
  const { builder, choices } = state;
  const kind = choices.pick(["MatMul", "Gemm", "MatMul", "left", "QLinearMatMul", "QGemm"] as const);
  const gemm = kind === "Gemm" || kind === "QGemm";
  const fits = (value: Value) =>
    (gemm || kind === "left" ? value.dims.length === 2 : value.dims.length >= 2) &&
    (!kind.startsWith("Q") || isByte(value));
  const x = state.operand(fits);
  if (!x) return;
  const outputs = choices.integer(1, choices.chance(0.1) ? 20 : 6);
  const transA = kind === "Gemm" && choices.chance(0.15) ? 1 : 0;
  const inner = transA || kind === "left" ? x.dims[0]! : x.dims.at(-1)!;
  if (kind === "left") {
    const w = weights(state, [outputs, inner], 0);
    const name = builder.node("MatMul", [w.real, state.real(x)]);
    followed(state, { name, dims: [outputs, x.dims[1]!], amplitude: sumOf(x, w.amplitude, inner) }, "bounds");
    return;
  }
  const transB = gemm && choices.chance(0.5) ? 1 : 0;
  const w = weights(state, transB ? [outputs, inner] : [inner, outputs], transB ? 0 : 1);
  const dims = transA ? [x.dims[1]!, outputs] : [...x.dims.slice(0, -1), outputs];
  const amplitude = sumOf(x, w.amplitude, inner);
  if (kind.startsWith("Q") && w.byte) {
    const affine = state.affine(amplitude, choices.pick(["int8", "uint8"]));
    const operands = [state.codes(x), ...state.parameters(x.affine), ...w.parameters];
    const result = state.parameters(affine);
    const c = choices.chance(0.7) ? biasCodes(state, outputs, 2000) : "";
    const codes =
      kind === "QGemm"
        ? builder.node("QGemm", [...operands, c, ...result], { transB }, { domain: "com.microsoft" })
        : builder.node("QLinearMatMul", [...operands, ...result]);
    state.add({ codes, dims, affine });
    return;
  }
  if (!gemm) {
    const product = builder.node("MatMul", [state.real(x), w.real]);
    const added = bias(state, x.affine, w, outputs);
    const name =
      added.length === 0
        ? product
        : builder.node("Add", choices.chance(0.2) ? [...added, product] : [product, ...added]);
    followed(state, { name, dims, amplitude }, "functions");
    return;
  }
  const alpha = choices.pick([1, 1, 0.5, 0.3]);
  const beta = choices.pick([1, 1, 0.5, 2]);
  const attributes = { transA, transB, alpha: { float: alpha }, beta: { float: beta } };
  const inputs = [state.real(x), w.real, ...bias(state, x.affine, w, outputs)];
  followed(
    state,
    { name: builder.node("Gemm", inputs, attributes), dims, amplitude: amplitude * alpha },
    "normalization",
  );
}

/** The product of two activations: of one with itself transposed where no other fits. */
export function matmul(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand(({ dims }) => dims.length >= 2);
  if (!x) return;
  const fits = ({ dims }: Value) =>
    dims.length >= 2 &&
    dims.at(-2) === x.dims.at(-1) &&
    (dims.length === 2 || dims.slice(0, -2).join() === x.dims.slice(0, -2).join());
  let y = state.operand(fits);
  if (!y || choices.chance(0.3)) {
    const perm = x.dims.map((_, axis) => axis);
    [perm[perm.length - 1], perm[perm.length - 2]] = [perm.at(-2)!, perm.at(-1)!];
    y = {
      real: builder.node("Transpose", [state.real(x)], { perm }),
      dims: perm.map((axis) => x.dims[axis]!),
      affine: x.affine,
    };
  }
  const dims = [...x.dims.slice(0, -1), y.dims.at(-1)!];
  const amplitude = sumOf(x, amplitudeOf(y), x.dims.at(-1)!);
  if (isByte(x) && isByte(y) && choices.chance(0.25)) {
    const affine = state.affine(amplitude, choices.pick(["int8", "uint8"]));
    const operands = [x, y].flatMap((value) => [state.codes(value), ...state.parameters(value.affine)]);
    state.add({ codes: builder.node("QLinearMatMul", [...operands, ...state.parameters(affine)]), dims, affine });
    return;
  }
  const pending = (name: string): Pending => ({ name, dims, amplitude });
  const operands = [state.real(x), state.real(y)];
  const gemm = dims.length === 2 && choices.chance(0.3);
  const name = gemm
    ? builder.node("Gemm", operands, { alpha: { float: choices.pick([1, 0.5, 0.125]) } })
    : builder.node("MatMul", operands);
  followed(state, pending(name), "functions");
}
