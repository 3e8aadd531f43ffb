/** Folds that sum or compare along axes, and matrix products. */
import { elementCount, type Shape } from "../../ir/types.js";
import { broadcastShape } from "../../ops/broadcast.js";
import { rowMajorStrides, sourceIndices, transposeOrder } from "../../ops/order.js";
import { type ElementType, isExact } from "./element-type.js";
import type { Fold } from "./operands.js";

interface Reduction {
  readonly kinds: readonly ElementType["kind"][];
  /** Result of no elements. */
  readonly empty: (type: ElementType) => number;
  readonly join: (a: number, b: number) => number;
  readonly finish?: (value: number, count: number, type: ElementType) => number;
}

/** Axes as an attribute before operator set 13 (ReduceSum) or 18, as an input since; without any, all. */
function reduce({ kinds, empty, join, finish = (value) => value }: Reduction): Fold {
  return (operands) => {
    const { dataType, dims, values } = operands.numbers(0, ...kinds);
    const type = operands.type(dataType);
    const given = operands.list(1, "axes") ?? [];
    const keep = operands.attributes.integer("keepdims", 1) !== 0;
    const none = operands.attributes.integer("noop_with_empty_axes", 0) !== 0 && given.length === 0;
    operands.attributes.done();
    if (none) return [{ dataType, dims, values }];
    const reduced = operands.axes(given.length === 0 ? [...dims.keys()] : given, dims.length);
    const kept = [...dims.keys()].filter((axis) => !reduced.has(axis));
    const count = elementCount(dims.filter((_, axis) => reduced.has(axis)));
    const order = transposeOrder(dims, [...kept, ...reduced]);
    const shape = keep ? dims.map((dim, axis) => (reduced.has(axis) ? 1 : dim)) : kept.map((axis) => dims[axis]!);
    return [
      operands.build(dataType, shape, (group) => {
        let sum = empty(type);
        for (let k = 0; k < count; k++) {
          sum = join(sum, values[order[group * count + k]!]!);
          if (type.kind === "integer" && !isExact(sum)) operands.wrong("a result leaves 53 bits");
        }
        return finish(sum, count, type);
      }),
    ];
  };
}

const numeric: readonly ElementType["kind"][] = ["float", "integer"];
const ordered: readonly ElementType["kind"][] = ["float", "integer", "bool"];
const add = (a: number, b: number) => a + b;

/** Matrices of the last two axes, the axes before them broadcast; an operand of one axis is a row or a column. */
const matrixProduct: Fold = (operands) => {
  const [x, y] = [operands.numbers(0, ...numeric), operands.numbers(1, ...numeric)];
  operands.attributes.done();
  const { kind } = operands.type(x.dataType);
  const a: Shape = x.dims.length === 1 ? [1, ...x.dims] : x.dims;
  const b: Shape = y.dims.length === 1 ? [...y.dims, 1] : y.dims;
  const batch = broadcastShape(a.slice(0, -2), b.slice(0, -2));
  const [rows, inner, columns] = [a.at(-2), a.at(-1), b.at(-1)];
  if (!batch || !rows || !inner || !columns || b.at(-2) !== inner || x.dataType !== y.dataType)
    return operands.wrong(`matrices of shape [${x.dims}] and [${y.dims}] have no product`);
  const dims = [...batch, ...(x.dims.length === 1 ? [] : [rows]), ...(y.dims.length === 1 ? [] : [columns])];
  operands.work(operands.count(dims) * inner, `a product of shape [${dims}] over ${inner} elements each`);
  const firsts = [a, b].map((shape) => {
    const own = [...new Array<number>(batch.length + 2 - shape.length).fill(1), ...shape];
    const strides = rowMajorStrides(own).map((stride, axis) => (own[axis] === 1 ? 0 : stride));
    return sourceIndices({ dims: batch, strides: strides.slice(0, -2), offset: 0 });
  });
  return [
    operands.build(x.dataType, dims, (k) => {
      const column = k % columns;
      const row = Math.floor(k / columns) % rows;
      const matrix = Math.floor(k / columns / rows);
      const [left, right] = [firsts[0]![matrix]! + row * inner, firsts[1]![matrix]! + column];
      let sum = 0;
      for (let i = 0; i < inner; i++) {
        sum += x.values[left + i]! * y.values[right + i * columns]!;
        if (kind === "integer" && !isExact(sum)) operands.wrong("a result leaves 53 bits");
      }
      return sum;
    }),
  ];
};

export const folds: Readonly<Record<string, Fold>> = {
  ReduceMax: reduce({ kinds: ordered, empty: ({ range }) => range.lo, join: Math.max }),
  ReduceMean: reduce({
    kinds: numeric,
    empty: () => 0,
    join: add,
    finish: (sum, count, { kind }) => (kind === "float" ? sum / count : Math.trunc(sum / count)),
  }),
  ReduceMin: reduce({ kinds: ordered, empty: ({ range }) => range.hi, join: Math.min }),
  ReduceProd: reduce({ kinds: numeric, empty: () => 1, join: (a, b) => a * b }),
  ReduceSum: reduce({ kinds: numeric, empty: () => 0, join: add }),
  MatMul: matrixProduct,
};
