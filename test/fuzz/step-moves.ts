/** Operations that move or select codes. */
import type { Attribute } from "../helpers/onnx.js";
import { followed } from "./step-functions.js";
import { amplitudeOf, count, type GraphState, mostElements, type Value } from "./values.js";

interface Moved {
  readonly opType: string;
  readonly dims: readonly number[];
  /** Inputs behind the moved one. */
  readonly inputs?: readonly string[];
  readonly attributes?: Record<string, Attribute>;
}

type Move = (state: GraphState, x: Value) => Moved | undefined;

const transpose: Move = ({ choices }, { dims }) => {
  const perm = dims.map((_, axis) => axis);
  for (let i = perm.length - 1; i > 0; i--) {
    const j = choices.integer(0, i);
    [perm[i], perm[j]] = [perm[j]!, perm[i]!];
  }
  return { opType: "Transpose", dims: perm.map((axis) => dims[axis]!), attributes: { perm } };
};

const reshape: Move = (state, x) => {
  const { choices } = state;
  const all = count(x.dims);
  const divisors = Array.from({ length: all }, (_, i) => i + 1).filter((d) => all % d === 0);
  const inner = choices.pick(divisors);
  const dims = choices.pick([
    [1, all],
    [1, all / inner, inner],
    [1, inner, all / inner, 1],
    [1, all / inner, inner, 1],
    [inner, all / inner],
  ]);
  const given = choices.chance(0.3) ? dims.map((dim, axis) => (axis === dims.length - 1 ? -1 : dim)) : dims;
  return { opType: "Reshape", dims, inputs: [state.shape(given)] };
};

const flatten: Move = ({ choices }, { dims }) => {
  const axis = choices.pick([1, dims.length - 1, 0]);
  return { opType: "Flatten", dims: [count(dims.slice(0, axis)), count(dims.slice(axis))], attributes: { axis } };
};

const squeeze: Move = (state, { dims }) => {
  const ones = dims.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
  const axis = ones[state.choices.next() % Math.max(1, ones.length)];
  if (axis === undefined || dims.length < 3) return undefined;
  return { opType: "Squeeze", dims: dims.filter((_, i) => i !== axis), inputs: [state.shape([axis])] };
};

const unsqueeze: Move = (state, { dims }) => {
  if (dims.length > 3) return undefined;
  const axis = state.choices.integer(0, dims.length);
  return { opType: "Unsqueeze", dims: [...dims.slice(0, axis), 1, ...dims.slice(axis)], inputs: [state.shape([axis])] };
};

const same: Move = ({ choices }, { dims }) => ({ opType: choices.pick(["Identity", "Dropout"]), dims });

const slice: Move = (state, { dims }) => {
  const { choices } = state;
  const axis = choices.integer(0, dims.length - 1);
  const size = dims[axis]!;
  const from = choices.integer(0, size - 1);
  const step = choices.pick([1, 1, 2, -1, -2]);
  const taken = Math.ceil((step > 0 ? size - from : from + 1) / Math.abs(step));
  const inputs = [[from], [step > 0 ? size : -size - 1], [axis], [step]].map((list) => state.shape(list));
  return { opType: "Slice", dims: dims.map((dim, i) => (i === axis ? taken : dim)), inputs };
};

const gather: Move = (state, { dims }) => {
  const { choices } = state;
  const axis = choices.integer(0, dims.length - 1);
  const size = dims[axis]!;
  const first = choices.integer(0, size - 1);
  const list = choices.pick([
    [first],
    Array.from({ length: size }, (_, i) => size - 1 - i),
    Array.from({ length: size - first }, (_, i) => first + i - size),
  ]);
  return {
    opType: "Gather",
    dims: dims.map((dim, i) => (i === axis ? list.length : dim)),
    inputs: [state.shape(list)],
    attributes: { axis },
  };
};

const tile: Move = (state, { dims }) => {
  const repeats = dims.map(() => state.choices.pick([1, 1, 2, 3]));
  return { opType: "Tile", dims: dims.map((dim, i) => dim * repeats[i]!), inputs: [state.shape(repeats)] };
};

const expand: Move = (state, { dims }) => {
  const target = dims.map((dim, axis) => (dim === 1 && axis > 0 ? state.choices.integer(1, 4) : dim));
  return { opType: "Expand", dims: target, inputs: [state.shape(target)] };
};

const depthToSpace: Move = ({ choices }, { dims }) => {
  const [batch, channels, height, width] = dims;
  if (dims.length !== 4 || batch !== 1 || channels! % 4 !== 0) return undefined;
  const attributes = { blocksize: 2, mode: choices.pick(["DCR", "CRD"]) };
  return { opType: "DepthToSpace", dims: [1, channels! / 4, height! * 2, width! * 2], attributes };
};

const spaceToDepth: Move = (_, { dims }) => {
  const [batch, channels, height, width] = dims;
  if (dims.length !== 4 || batch !== 1 || height! % 2 !== 0 || width! % 2 !== 0) return undefined;
  return { opType: "SpaceToDepth", dims: [1, channels! * 4, height! / 2, width! / 2], attributes: { blocksize: 2 } };
};

const resize: Move = (state, { dims }) => {
  const { choices } = state;
  if (dims.length < 3) return undefined;
  const scales = dims.map((_, axis) => (axis < 2 ? 1 : choices.pick([1, 2, 2, 3])));
  const larger = dims.map((dim, axis) => dim * scales[axis]!);
  if (choices.chance(0.2))
    return { opType: "Upsample", dims: larger, inputs: [state.constant("float", [scales.length], scales, "scales")] };
  const modes = choices.pick([
    ["asymmetric", "floor"],
    ["half_pixel", "round_prefer_floor"],
    ["half_pixel", "round_prefer_ceil"],
  ]);
  const attributes = { mode: "nearest", coordinate_transformation_mode: modes[0]!, nearest_mode: modes[1]! };
  const inputs = choices.chance(0.5)
    ? ["", state.constant("float", [scales.length], scales, "scales")]
    : ["", "", state.shape(larger)];
  return { opType: "Resize", dims: larger, inputs, attributes };
};

const pad: Move = (state, { dims }) => {
  const { choices } = state;
  const mode = choices.pick(["constant", "constant", "edge", "reflect"]);
  const most = (axis: number) => (mode === "reflect" ? Math.min(2, dims[axis]! - 1) : 2);
  const pads = [0, 1].flatMap(() =>
    dims.map((_, axis) => (axis > 0 && choices.chance(0.4) ? choices.integer(0, most(axis)) : 0)),
  );
  // Strided copies hold one element for edges, and a run for reflections; longer edges repeat, which any one element does.
  const own = mode === "constant" ? pads : pads.map((size) => Math.min(size, 1));
  const larger = dims.map((dim, axis) => dim + own[axis]! + own[axis + dims.length]!);
  return { opType: "Pad", dims: larger, inputs: [state.shape(own)], attributes: { mode } };
};

const moves: readonly Move[] = [
  transpose,
  reshape,
  flatten,
  squeeze,
  unsqueeze,
  same,
  slice,
  gather,
  tile,
  expand,
  depthToSpace,
  spaceToDepth,
  resize,
  pad,
];

export function move(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand();
  const moved = x && choices.pick(moves)(state, x);
  if (!x || !moved || count(moved.dims) > mostElements) return;
  const { opType, dims, inputs = [], attributes = {} } = moved;
  // A Pad of codes pads with the code 0, another value.
  const codes = opType !== "Pad" && choices.chance(0.3);
  const name = builder.node(opType, [codes ? state.codes(x) : state.real(x), ...inputs], attributes);
  if (codes) state.add({ codes: name, dims, affine: x.affine });
  else if (opType === "Pad" || choices.chance(0.2))
    followed(state, { name, dims, amplitude: amplitudeOf(x) }, opType === "Pad" ? "bounds" : "functions");
  else state.add({ real: name, dims, affine: x.affine });
}

/** Parts of a tensor: each is a value of its own. */
export function split(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand(({ dims }) => dims.some((dim) => dim > 1));
  if (!x) return;
  const long = x.dims.flatMap((dim, axis) => (dim > 1 ? [axis] : []));
  const axis = choices.pick(long);
  const first = choices.integer(1, x.dims[axis]! - 1);
  const lengths = [first, x.dims[axis]! - first];
  const outputs = lengths.map((_, i) => `split_${builder.nodes.length}_${i}`);
  const codes = choices.chance(0.3);
  builder.node("Split", [codes ? state.codes(x) : state.real(x), state.shape(lengths)], { axis }, { outputs });
  lengths.forEach((length, i) => {
    const dims = x.dims.map((dim, at) => (at === axis ? length : dim));
    state.add({ [codes ? "codes" : "real"]: outputs[i], dims, affine: x.affine });
  });
}
