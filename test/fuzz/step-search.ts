/** Positions of the largest and the smallest elements. */
import { type GraphState, rangeOf } from "./values.js";

/** Indices are graph outputs, at once or as real numbers. */
function indices(state: GraphState, name: string, dims: readonly number[]): void {
  if (state.choices.chance(0.3)) {
    state.loose.push({ name: state.builder.node("Cast", [name], { to: 1 }), dims, amplitude: Math.max(...dims) });
  } else state.loose.push({ name, dims, amplitude: Math.max(...dims), type: "int64" });
}

/** ArgMax, ArgMin, and TopK of one element, which gives the element too. */
export function search(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand(({ dims, affine }) => dims.length >= 2 && rangeOf(affine.type).hi < 65536);
  if (!x) return;
  const rank = x.dims.length;
  const axis = choices.integer(0, rank - 1);
  const given = choices.chance(0.3) ? axis - rank : axis;
  const kept = x.dims.map((dim, i) => (i === axis ? 1 : dim));
  if (choices.chance(0.4)) {
    const outputs = [`topk_${builder.nodes.length}_values`, `topk_${builder.nodes.length}_indices`] as const;
    builder.node(
      "TopK",
      [state.real(x), state.shape([1])],
      { axis: given, largest: choices.integer(0, 1) },
      { outputs },
    );
    state.add({ real: outputs[0], dims: kept, affine: x.affine });
    if (choices.chance(0.5)) indices(state, outputs[1], kept);
    return;
  }
  const keepdims = rank < 3 ? 1 : choices.integer(0, 1);
  const attributes = { axis: given, keepdims, select_last_index: choices.chance(0.3) ? 1 : 0 };
  const name = builder.node(choices.pick(["ArgMax", "ArgMin"]), [state.real(x)], attributes);
  indices(state, name, keepdims ? kept : x.dims.filter((_, i) => i !== axis));
}
