/** Folds that choose positions along axes. */
import type { Shape } from "../../ir/types.js";
import { rowMajorStrides } from "../../ops/order.js";
import type { OnnxTensor } from "../onnx.js";
import type { Fold, Folded, Operands } from "./operands.js";

/** Input positions by axis, in the order of the output's; axes without an entry stay whole. A negative one is filled. */
type Positions = ReadonlyMap<number, ArrayLike<number>>;

/** The elements of `x` at every combination of positions, `fill` where an axis has none. */
function select(operands: Operands, x: OnnxTensor, positions: Positions, fill = 0): Folded {
  const dims = x.dims.map((size, axis) => positions.get(axis)?.length ?? size);
  const values = new Float64Array(operands.count(dims));
  const strides = rowMajorStrides(x.dims);
  let at = 0;
  const visit = (axis: number, offset: number): void => {
    if (axis === dims.length) {
      values[at++] = offset < 0 ? fill : x.values[offset]!;
      return;
    }
    const own = positions.get(axis);
    for (let k = 0; k < dims[axis]!; k++) {
      const position = own ? own[k]! : k;
      visit(axis + 1, offset < 0 || position < 0 ? -1 : offset + position * strides[axis]!);
    }
  };
  if (values.length > 0) visit(0, 0);
  return { dataType: x.dataType, dims, values };
}

const range = (count: number, first = 0, step = 1) => Array.from({ length: count }, (_, i) => first + i * step);

/** Attributes before operator set 10; inputs starts, ends, axes, steps since. */
const slice: Fold = (operands) => {
  const x = operands.input(0);
  const starts = operands.list(1, "starts") ?? operands.wrong("the starts are missing");
  const ends = operands.list(2, "ends") ?? operands.wrong("the ends are missing");
  const axes = operands.list(3, "axes") ?? range(starts.length);
  const steps = operands.list(4) ?? starts.map(() => 1);
  operands.attributes.done();
  if ([ends, axes, steps].some(({ length }) => length !== starts.length))
    operands.wrong(`got ${starts.length} starts, ${ends.length} ends, ${axes.length} axes and ${steps.length} steps`);
  const order = [...operands.axes(axes, x.dims.length)];
  const positions = order.map((axis, i) => {
    const size = x.dims[axis]!;
    const step = steps[i]!;
    if (step === 0) operands.wrong("a step is 0");
    // The specification's clamps: a negative step starts at most on the last element and ends before the first.
    const [lo, hi] = step > 0 ? [0, size] : [-1, size - 1];
    const clamp = (at: number, least: number) => Math.min(Math.max(at < 0 ? at + size : at, least), hi);
    const [from, to] = [clamp(starts[i]!, 0), clamp(ends[i]!, lo)];
    return [axis, range(Math.max(0, Math.ceil((to - from) / step)), from, step)] as const;
  });
  return [select(operands, x, new Map(positions))];
};

/** Lengths from attribute or input `split`, else equal parts, the last one smaller where `num_outputs` does not divide. */
const split: Fold = (operands) => {
  const x = operands.input(0);
  const axis = operands.axis(operands.attributes.integer("axis", 0), x.dims);
  const size = x.dims[axis]!;
  const outputs = operands.node.outputs.length;
  const given = operands.list(1, "split");
  const parts = operands.attributes.integer("num_outputs", outputs);
  operands.attributes.done();
  const part = Math.ceil(size / parts);
  const lengths = given ?? range(outputs).map((i) => Math.max(0, Math.min(part, size - i * part)));
  const sum = lengths.reduce((a, b) => a + b, 0);
  if (lengths.length !== outputs || parts !== outputs || sum !== size || lengths.some((length) => length < 0))
    operands.wrong(`parts of [${lengths}] for ${outputs} outputs of axis ${axis}, which has ${size}`);
  let first = 0;
  return lengths.map((length) => {
    const own = range(length, first);
    first += length;
    return select(operands, x, new Map([[axis, own]]));
  });
};

const gather: Fold = (operands) => {
  const [x, indices] = [operands.input(0), operands.input(1)];
  const axis = operands.axis(operands.attributes.integer("axis", 0), x.dims);
  operands.attributes.done();
  const size = x.dims[axis]!;
  const positions = Float64Array.from(indices.values, (at) => (at < 0 ? at + size : at));
  const outside = positions.find((at) => !(at >= 0 && at < size && Number.isInteger(at)));
  if (outside !== undefined) operands.wrong(`position ${outside} of axis ${axis}, which has ${size}`);
  const dims = [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)];
  operands.count(dims);
  return [{ ...select(operands, x, new Map([[axis, positions]])), dims }];
};

const tile: Fold = (operands) => {
  const x = operands.input(0);
  const repeats = operands.list(1) ?? operands.wrong("the repeats are missing");
  operands.attributes.done();
  if (repeats.length !== x.dims.length) operands.wrong(`repeats [${repeats}] for an input of shape [${x.dims}]`);
  const dims = x.dims.map((size, axis) => size * repeats[axis]!);
  operands.count(dims);
  return [select(operands, x, new Map(dims.map((size, axis) => [axis, range(size).map((i) => i % x.dims[axis]!)])))];
};

const expand: Fold = (operands) => {
  const x = operands.input(0);
  const target = operands.list(1) ?? operands.wrong("the shape is missing");
  operands.attributes.done();
  const rank = Math.max(x.dims.length, target.length);
  const wide = (dims: Shape) => [...new Array<number>(rank - dims.length).fill(1), ...dims];
  const [from, to] = [wide(x.dims), wide(target)];
  if (from.some((size, axis) => size !== 1 && to[axis] !== 1 && to[axis] !== size))
    operands.wrong(`[${x.dims}] does not broadcast to [${target}]`);
  operands.count(from.map((size, axis) => (size === 1 ? to[axis]! : size)));
  const repeated = [...from.entries()].filter(([axis, size]) => size === 1 && to[axis] !== 1);
  const positions = new Map(repeated.map(([axis]) => [axis, new Uint8Array(to[axis]!)]));
  return [select(operands, { ...x, dims: from }, positions)];
};

/** Position in [0, size) that a padded position stands for; -1 is the constant. */
const paddings = new Map<string, (at: number, size: number) => number>([
  ["constant", (at, size) => (at < size ? at : -1)],
  ["edge", (at, size) => Math.min(Math.max(at, 0), size - 1)],
  ["reflect", reflected],
  ["wrap", (at, size) => ((at % size) + size) % size],
]);

/** Mirrors at the first and the last element, as often as it takes. */
function reflected(at: number, size: number): number {
  const period = Math.max(1, 2 * (size - 1));
  const own = ((at % period) + period) % period;
  return own < size ? own : period - own;
}

/** Attributes before operator set 11; inputs pads, value and, since 18, axes. Negative pads crop. */
const pad: Fold = (operands) => {
  const x = operands.input(0);
  const { attributes } = operands;
  const mode = attributes.text("mode", "constant");
  const pads = operands.list(1, "pads") ?? operands.wrong("the pads are missing");
  const fill = operands.scalar(2) ?? attributes.float("value", 0);
  const axes = operands.list(3) ?? range(x.dims.length);
  attributes.done();
  const source = paddings.get(mode) ?? operands.wrong(`mode ${mode} is unknown`);
  if (pads.length !== 2 * axes.length) operands.wrong(`got ${pads.length} pads for ${axes.length} axes`);
  const order = [...operands.axes(axes, x.dims.length)];
  const lengths = order.map((axis, i) => x.dims[axis]! + pads[i]! + pads[i + axes.length]!);
  operands.count(lengths);
  const positions = order.map((axis, i) => {
    const size = x.dims[axis]!;
    if (size === 0 && mode !== "constant") operands.wrong(`mode ${mode} of axis ${axis}, which is empty`);
    return [axis, range(lengths[i]!, -pads[i]!).map((at) => source(at, size))] as const;
  });
  return [select(operands, x, new Map(positions), fill)];
};

export const folds: Readonly<Record<string, Fold>> = {
  Slice: slice,
  Split: split,
  Gather: gather,
  Tile: tile,
  Expand: expand,
  Pad: pad,
};
