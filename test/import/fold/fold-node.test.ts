/** Single folds against definitions written element by element, and the forms that operator sets gave them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldNode } from "../../../compiler/import/fold/fold-node.js";
import type { OnnxAttribute, OnnxTensor } from "../../../compiler/import/onnx.js";

const type = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10, bfloat16: 16 } as const;

const tensor = (dataType: keyof typeof type, dims: readonly number[], values: readonly number[]): OnnxTensor => ({
  name: "x",
  dataType: type[dataType],
  dims,
  values,
});

const integers = (...values: number[]) => tensor("int64", [values.length], values);
const floats = (...values: number[]) => tensor("float", [values.length], values);

/** The results without their names: type, shape and values. */
function folded(
  opType: string,
  inputs: readonly (OnnxTensor | undefined)[],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
  outputs: readonly string[] = ["y"],
) {
  const node = {
    name: "node",
    opType,
    domain: "",
    inputs: inputs.map((_, i) => `x${i}`),
    outputs,
    attributes: new Map(Object.entries(attributes)),
  };
  const results = foldNode(node, inputs);
  return results?.map(({ dataType, dims, values }) => [dataType, [...dims], Array.from(values)]);
}

const count = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);

/** The element of a tensor at an index of a shape that it broadcasts to. */
function at(x: OnnxTensor, index: readonly number[]): number {
  const own = index.slice(index.length - x.dims.length);
  return x.values[own.reduce((sum, i, axis) => sum * x.dims[axis]! + (x.dims[axis] === 1 ? 0 : i), 0)]!;
}

function* indices(dims: readonly number[]): Generator<number[]> {
  if (dims.length === 0) yield [];
  else for (let i = 0; i < dims[0]!; i++) for (const rest of indices(dims.slice(1))) yield [i, ...rest];
}

/** Two or three shapes that broadcast to the first member, each with fewer axes or some of length 1. */
const shapes = fc
  .array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 })
  .chain((dims) =>
    fc.tuple(
      fc.constant(dims),
      fc.array(fc.tuple(fc.nat(dims.length), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 })), {
        minLength: 2,
        maxLength: 2,
      }),
    ),
  )
  .map(([dims, cuts]) => ({
    dims,
    // Between them the operands have every axis whole.
    operands: [dims, ...cuts.map(([skip, ones]) => dims.slice(skip).map((dim, axis) => (ones[axis] ? 1 : dim)))],
  }));

const filled = (dataType: keyof typeof type, dims: readonly number[], seed: number) =>
  tensor(
    dataType,
    dims,
    Array.from({ length: count(dims) }, (_, k) => ((seed + 37 * k) % 23) - 11),
  );

describe("broadcasting", () => {
  it("of two operands and of a selection", () => {
    fc.assert(
      fc.property(shapes, fc.nat(100), fc.boolean(), ({ dims, operands }, seed, swapped) => {
        const [a, b] = swapped ? [operands[1]!, operands[0]!] : [operands[0]!, operands[1]!];
        const [x, y] = [filled("int32", a, seed), filled("int32", b, seed + 5)];
        const all = [...indices(dims)];
        expect(folded("Sub", [x, y])).toEqual([[6, dims, all.map((i) => at(x, i) - at(y, i))]]);
        expect(folded("Less", [x, y])).toEqual([[9, dims, all.map((i) => Number(at(x, i) < at(y, i)))]]);
        const third = filled("int32", operands[2]!, seed);
        const condition = { ...third, dataType: type.bool, values: Array.from(third.values, (v) => Number(v > 0)) };
        expect(folded("Where", [condition, x, y])).toEqual([
          [6, dims, all.map((i) => (at(condition, i) ? at(x, i) : at(y, i)))],
        ]);
        expect(folded("Expand", [y, integers(...a)])).toEqual([[6, dims, all.map((i) => at(y, i))]]);
      }),
    );
  });

  it("of matrices", () => {
    const [x, y] = [filled("int32", [2, 1, 3, 4], 1), filled("int32", [5, 4, 2], 2)];
    const dims = [2, 5, 3, 2];
    const element = ([n, m, row, column]: number[]) =>
      [0, 1, 2, 3].reduce((sum, k) => sum + at(x, [n!, 0, row!, k]) * at(y, [m!, k, column!]), 0);
    expect(folded("MatMul", [x, y])).toEqual([[6, dims, [...indices(dims)].map(element)]]);
  });
});

describe("numbers", () => {
  it("integers wrap and divide toward zero", () => {
    expect(folded("Mul", [tensor("uint8", [1], [23]), tensor("uint8", [1], [23])])).toEqual([[2, [1], [529 % 256]]]);
    expect(folded("Mul", [tensor("int32", [1], [2 ** 31 - 1]), tensor("int32", [1], [2 ** 31 - 3])])).toEqual([
      [6, [1], [Number(BigInt.asIntN(32, (2n ** 31n - 1n) * (2n ** 31n - 3n)))]],
    ]);
    expect(folded("Div", [integers(-7, 7, -1), integers(2, -2, 2)])).toEqual([[7, [3], [-3, -3, 0]]]);
    expect(folded("Mod", [integers(-7, 7), integers(3, -3)])).toEqual([[7, [2], [2, -2]]]);
    expect(folded("Mod", [integers(-7, 7), integers(3, -3)], { fmod: 1 })).toEqual([[7, [2], [-1, 1]]]);
    expect(() => folded("Add", [integers(2 ** 53 - 2), integers(1)])).toThrow(/at most 53 bits/);
    // The decoder's stand-in for all integers beyond is no number to compute with.
    const end = integers(Number.MAX_SAFE_INTEGER);
    expect(() => folded("Sub", [end, end])).toThrow(/more than 53 bits/);
    expect(() => folded("Cast", [end], { to: type.float })).toThrow(/more than 53 bits/);
    expect(folded("Cast", [end], { to: type.int64 })).toEqual([[7, [1], [Number.MAX_SAFE_INTEGER]]]);
  });

  it("floats are rounded to their type after every operator", () => {
    const [x, y] = [Math.fround(0.1), Math.fround(0.2)];
    expect(folded("Add", [floats(x), floats(y)])).toEqual([[1, [1], [Math.fround(x + y)]]]);
    expect(folded("Round", [floats(0.5, 1.5, 2.5, -2.5)])).toEqual([[1, [4], [0, 2, 2, -2]]]);
    const [narrow, wide] = [65519, 65520];
    expect(folded("Cast", [floats(narrow, wide, 2 ** -25, 3 * 2 ** -25, 2049)], { to: type.float16 })).toEqual([
      [10, [5], [65504, Infinity, 0, 2 ** -23, 2048]],
    ]);
    expect(folded("Cast", [floats(257, 259)], { to: type.bfloat16 })).toEqual([[16, [2], [256, 260]]]);
  });

  it("casts cut toward zero and refuse what does not fit", () => {
    expect(folded("Cast", [floats(-1.9, 1.9)], { to: type.int8 })).toEqual([[3, [2], [-1, 1]]]);
    expect(folded("Cast", [floats(0, 0.5, Number.NaN)], { to: type.bool })).toEqual([[9, [3], [0, 1, 1]]]);
    for (const value of [128, -129, Number.NaN, Infinity]) {
      expect(() => folded("Cast", [floats(value)], { to: type.int8 })).toThrow(/does not fit int8/);
    }
  });

  it("reductions of nothing have the neutral element", () => {
    const empty = tensor("float", [2, 0], []);
    const along = { axes: [1], keepdims: 0 };
    expect(folded("ReduceSum", [empty], along)).toEqual([[1, [2], [0, 0]]]);
    expect(folded("ReduceProd", [empty], along)).toEqual([[1, [2], [1, 1]]]);
    expect(folded("ReduceMax", [empty], along)).toEqual([[1, [2], [-Infinity, -Infinity]]]);
  });
});

describe("the forms that operator sets gave an operator agree", () => {
  const x = filled("float", [1, 3, 4], 7);
  it.each<[string, Record<string, OnnxAttribute>, (OnnxTensor | undefined)[]]>([
    ["Squeeze", { axes: [0] }, [integers(0)]],
    ["Unsqueeze", { axes: [1, -1] }, [integers(1, -1)]],
    ["ReduceSum", { axes: [-1] }, [integers(-1)]],
    [
      "Slice",
      { starts: [1], ends: [Number.MAX_SAFE_INTEGER], axes: [2] },
      [integers(1), integers(Number.MAX_SAFE_INTEGER), integers(2)],
    ],
    ["Pad", { pads: [0, 1, 0, 0, 0, -2], value: 9 }, [integers(0, 1, 0, 0, 0, -2), tensor("float", [], [9])]],
    ["Clip", { min: -2, max: 3 }, [tensor("float", [], [-2]), tensor("float", [], [3])]],
    ["Clip", { max: 3 }, [undefined, tensor("float", [], [3])]],
  ])("%s %j", (opType, attributes, inputs) => {
    const old = folded(opType, [x], attributes);
    expect(old).toEqual(folded(opType, [x, ...inputs]));
    expect(old).not.toEqual([[1, [1, 3, 4], Array.from(x.values)]]);
  });

  it("Slice backwards", () => {
    const [open, before] = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    const backwards = (start: number, end: number, step: number) =>
      folded("Slice", [floats(0, 1, 2, 3), integers(start), integers(end), integers(0), integers(step)]);
    expect(backwards(open, before, -1)).toEqual([[1, [4], [3, 2, 1, 0]]]);
    expect(backwards(-2, 0, -1)).toEqual([[1, [2], [2, 1]]]);
    expect(backwards(3, before, -2)).toEqual([[1, [2], [3, 1]]]);
    expect(backwards(0, 3, -1)).toEqual([[1, [0], []]]);
  });

  it("Split", () => {
    const parts = [3, 1].map((length, i) =>
      folded("Slice", [x, integers(3 * i), integers(3 * i + length), integers(2)]),
    );
    const expected = parts.flatMap((part) => part!);
    expect(folded("Split", [x], { axis: 2, split: [3, 1] }, ["a", "b"])).toEqual(expected);
    expect(folded("Split", [x, integers(3, 1)], { axis: -1 }, ["a", "b"])).toEqual(expected);
    const uneven = folded("Split", [x], { axis: 1, num_outputs: 2 }, ["a", "b"]);
    expect(uneven!.map(([, dims]) => dims)).toEqual([
      [1, 2, 4],
      [1, 1, 4],
    ]);
  });

  it("Constant", () => {
    expect(folded("Constant", [], { value: x })).toEqual([[1, [1, 3, 4], Array.from(x.values)]]);
    expect(folded("Constant", [], { value_int: 5 })).toEqual([[7, [], [5]]]);
    expect(folded("Constant", [], { value_ints: [5, 6] })).toEqual([[7, [2], [5, 6]]]);
    expect(folded("Constant", [], { value_float: 0.5 })).toEqual([[1, [], [0.5]]]);
    expect(folded("Constant", [], { value_floats: [0.5] })).toEqual([[1, [1], [0.5]]]);
    for (const form of ["value_string", "sparse_value", "constructor"])
      expect(() => folded("Constant", [], { [form]: "text" })).toThrow(/expected one of value, value_int/);
  });

  it("Range, ConstantOfShape, Size", () => {
    const bounds = (...values: number[]) => values.map((value) => tensor("int64", [], [value]));
    expect(folded("Range", bounds(10, 3, -3))).toEqual([[7, [3], [10, 7, 4]]]);
    expect(folded("Range", bounds(3, 3, 1))).toEqual([[7, [0], []]]);
    expect(folded("ConstantOfShape", [integers(2)], { value: integers(4) })).toEqual([[7, [2], [4, 4]]]);
    expect(folded("ConstantOfShape", [integers()])).toEqual([[1, [], [0]]]);
    expect(folded("Size", [x])).toEqual([[7, [], [12]]]);
  });
});

it("what quantizes, and operators of other domains, are not folded", () => {
  for (const name of ["QuantizeLinear", "DequantizeLinear", "QLinearConv", "toString"])
    expect(folded(name, [floats(1), floats(1)])).toBeUndefined();
});
