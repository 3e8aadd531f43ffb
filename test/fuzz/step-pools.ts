/** Pools and reductions. */
import type { Attribute } from "../helpers/onnx.js";
import { followed } from "./step-functions.js";
import { amplitudeOf, count, type GraphState, isByte, type Value } from "./values.js";
import { type Plane, planeOf, window } from "./window.js";

const microsoft = { domain: "com.microsoft" };

/** The result of an operation that selects codes; a function often follows it. */
function selected(state: GraphState, x: Value, name: string, dims: readonly number[]): void {
  if (state.choices.chance(0.3)) followed(state, { name, dims, amplitude: amplitudeOf(x) }, "functions");
  else state.add({ real: name, dims, affine: x.affine });
}

export function pool(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand((value) => {
    const plane = planeOf(value);
    return plane?.size.every((length) => length > 1) ?? false;
  });
  if (!x) return;
  const { channels, size } = planeOf(x) as Plane;
  const kind = choices.pick(["MaxPool", "AveragePool", "AveragePool", "QLinearAveragePool"] as const);
  const { attributes, result } = window(state, size, { pool: true, dilations: kind === "MaxPool" });
  const dims = [1, channels, ...result];
  if (kind === "MaxPool") {
    selected(state, x, builder.node("MaxPool", [state.real(x)], attributes), dims);
    return;
  }
  const own: Record<string, Attribute> = { ...attributes, count_include_pad: choices.integer(0, 1) };
  if (kind === "AveragePool" || !isByte(x)) {
    followed(
      state,
      { name: builder.node("AveragePool", [state.real(x)], own), dims, amplitude: amplitudeOf(x) },
      "functions",
    );
    return;
  }
  const affine = state.affine(amplitudeOf(x), choices.pick(["int8", "uint8"]));
  const inputs = [state.codes(x), ...state.parameters(x.affine), ...state.parameters(affine)];
  state.add({ codes: builder.node("QLinearAveragePool", inputs, own, microsoft), dims, affine });
}

export function globalPool(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand((value) => planeOf(value) !== undefined);
  if (!x) return;
  const { channels, size } = planeOf(x) as Plane;
  const dims = [1, channels, ...size.map(() => 1)];
  const kind = choices.pick(["GlobalAveragePool", "GlobalMaxPool", "QLinearGlobalAveragePool"] as const);
  if (kind === "GlobalMaxPool") {
    selected(state, x, builder.node(kind, [state.real(x)]), dims);
    return;
  }
  if (kind === "GlobalAveragePool" || !isByte(x)) {
    followed(
      state,
      { name: builder.node("GlobalAveragePool", [state.real(x)]), dims, amplitude: amplitudeOf(x) },
      "functions",
    );
    return;
  }
  const affine = state.affine(amplitudeOf(x), choices.pick(["int8", "uint8"]));
  const inputs = [state.codes(x), ...state.parameters(x.affine), ...state.parameters(affine)];
  const last = x.dims.length === 4 && choices.chance(0.3);
  const own = last ? [1, 1, 1, x.dims[3]!] : dims;
  const codes = builder.node("QLinearGlobalAveragePool", inputs, { channels_last: last ? 1 : 0 }, microsoft);
  state.add({ codes, dims: own, affine });
}

export function reduce(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand();
  if (!x) return;
  const rank = x.dims.length;
  const axes = x.dims.flatMap((_, axis) => (choices.chance(0.5) ? [axis] : []));
  if (axes.length === 0) axes.push(rank - 1);
  const keepdims = rank - axes.length < 2 ? 1 : choices.integer(0, 1);
  const dims = x.dims.flatMap((dim, axis) => (axes.includes(axis) ? (keepdims ? [1] : []) : [dim]));
  const kind = choices.pick(["ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum"] as const);
  const given = axes.map((axis) => (choices.chance(0.3) ? axis - rank : axis));
  const name = builder.node(kind, [state.real(x), state.shape(given)], { keepdims });
  if (kind === "ReduceMax" || kind === "ReduceMin") selected(state, x, name, dims);
  else {
    const terms = kind === "ReduceSum" ? Math.sqrt(count(axes.map((axis) => x.dims[axis]!))) : 1;
    followed(state, { name, dims, amplitude: amplitudeOf(x) * terms }, "functions");
  }
}
