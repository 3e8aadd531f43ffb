/** Comparisons of two tensors and the logic of truths: against a definition in doubles, in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";
import { type Case, describeCases } from "./engines.js";
import { real } from "./reals.js";

const one: Affine = { scale: 0.5, zeroPoint: 3 };

type Truth = (a: number, b: number) => boolean;

/** Operators on the two halves of six codes; `scale` is the second half's. */
function comparing(title: string, scale: number, operators: Readonly<Record<string, Truth>>): Case {
  const b = new ModelBuilder(title.length);
  const codes = b.input([2, 3], "int8");
  const ints = (...values: number[]) => b.constant("i", "int64", [values.length], values);
  const half = (k: number) => b.node("Slice", [codes, ints(k), ints(k + 1), ints(0)]);
  const other: Affine = { scale, zeroPoint: -7 };
  const [first, second] = [b.dequantize(half(0), one), b.dequantize(half(1), other)];
  const names = Object.keys(operators).map((name) => b.node(name, [first, second]));
  const values = Object.values(operators);
  const plain = (given: readonly number[]) =>
    values.map((truth) => [0, 1, 2].map((k) => Number(truth(real(given[k]!, one), real(given[k + 3]!, other)))));
  return { title, model: b.output(...names), plain };
}

/** The logic of whether each of six codes is above 10 and whether it is below 60; above a constant list of truths. */
function logic(): Case {
  const b = new ModelBuilder(3);
  const x = b.dequantize(b.input([2, 3], "int8"), one);
  const limit = (value: number) => b.constant("limit", "float", [], [value]);
  const [above, below] = [b.node("Greater", [x, limit(10)]), b.node("Less", [x, limit(60)])];
  const truths = [1, 0, 0, 1, 1, 0];
  const known = b.constant("truths", "bool", [2, 3], truths);
  const operators: readonly [string, Truth][] = [
    ["And", (p, q) => p > 0 && q > 0],
    ["Or", (p, q) => p > 0 || q > 0],
    ["Xor", (p, q) => p !== q],
  ];
  const listed = operators.slice(0, 2);
  const names = [
    ...operators.map(([name]) => b.node(name, [above, below])),
    ...listed.map(([name]) => b.node(name, [above, known])),
  ];
  const plain = (codes: readonly number[]) => {
    const pairs = codes.map((code) => [Number(real(code, one) > 10), Number(real(code, one) < 60)] as const);
    return [
      ...operators.map(([, truth]) => pairs.map(([p, q]) => Number(truth(p, q)))),
      ...listed.map(([, truth]) => pairs.map(([p], k) => Number(truth(p, truths[k]!)))),
    ];
  };
  return { title: "And, Or, Xor", model: b.output(...names), plain };
}

const orders: Readonly<Record<string, Truth>> = {
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
};

describeCases([
  comparing("tensors of one scale", 0.5, { ...orders, Equal: (a, b) => a === b }),
  comparing("tensors of scales without a common unit", 0.0719, orders),
  logic(),
]);

describe("equality of tensors", () => {
  it("is refused where their scales have no common unit", () => {
    const { model } = comparing("Equal", 0.0719, { Equal: (a, b) => a === b });
    expect(() => compile(model.bytes())).toThrow(/QC2002.*different scales; quantize both with one scale/);
  });
});
