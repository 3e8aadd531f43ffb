/** Folds that compute element by element, with ONNX's broadcasting. */
import { rint } from "../../arith/float32.js";
import type { Shape } from "../../ir/types.js";
import { broadcastShape } from "../../ops/broadcast.js";
import { rowMajorStrides, sourceIndices } from "../../ops/order.js";
import type { OnnxTensor } from "../onnx.js";
import { boolType, type ElementType } from "./element-type.js";
import type { Fold, Operands } from "./operands.js";

type Kind = ElementType["kind"];

const numeric: readonly Kind[] = ["float", "integer"];
const floating: readonly Kind[] = ["float"];

/** The operands' common shape, and each one's element for every element of it. */
function broadcast(operands: Operands, tensors: readonly OnnxTensor[]) {
  const dims = tensors.reduce<Shape>((shape, tensor) => {
    const wider = broadcastShape(shape, tensor.dims);
    return wider ?? operands.wrong(`shapes [${shape}] and [${tensor.dims}] do not broadcast`);
  }, []);
  operands.work(operands.count(dims) * tensors.length, `a result of shape [${dims}] of ${tensors.length} operands`);
  const elements = tensors.map((tensor): ((k: number) => number) => {
    const { values } = tensor;
    if (values.length === 1) return () => values[0]!;
    const own: Shape = [...new Array<number>(dims.length - tensor.dims.length).fill(1), ...tensor.dims];
    if (own.every((dim, axis) => dim === dims[axis])) return (k) => values[k]!;
    const strides = rowMajorStrides(own).map((stride, axis) => (own[axis] === 1 ? 0 : stride));
    const order = sourceIndices({ dims, strides, offset: 0 });
    return (k) => values[order[k]!]!;
  });
  return { dims, elements };
}

function unary(kinds: readonly Kind[], compute: (value: number) => number): Fold {
  return (operands) => {
    const { dataType, dims, values } = operands.numbers(0, ...kinds);
    operands.attributes.done();
    return [operands.build(dataType, dims, (k) => compute(values[k]!))];
  };
}

type Pair = (a: number, b: number, type: ElementType, operands: Operands) => number | bigint;

/** A function of two operands of one type; `result` is the type of the result where it is another. */
function binary(kinds: readonly Kind[], compute: Pair, result?: number): Fold {
  return (operands) => {
    const tensors = operands.allNumbers(...kinds);
    operands.attributes.done();
    if (tensors.length !== 2) operands.wrong(`got ${tensors.length} operands; expected 2`);
    const { dataType } = tensors[0]!;
    const type = operands.type(dataType);
    const { dims, elements } = broadcast(operands, tensors);
    const [a, b] = [elements[0]!, elements[1]!];
    return [operands.build(result ?? dataType, dims, (k) => compute(a(k), b(k), type, operands))];
  };
}

const comparison = (kinds: readonly Kind[], compute: (a: number, b: number) => boolean): Fold =>
  binary(kinds, (a, b) => Number(compute(a, b)), boolType);

/** A function of any number of operands, computed from all of them before it is rounded. */
function variadic(kinds: readonly Kind[], compute: (values: readonly number[]) => number): Fold {
  return (operands) => {
    const tensors = operands.allNumbers(...kinds);
    operands.attributes.done();
    const { dims, elements } = broadcast(operands, tensors);
    return [operands.build(tensors[0]!.dataType, dims, (k) => compute(elements.map((element) => element(k))))];
  };
}

/** The product; of integers it is exact, so that it wraps as the type does. */
const product: Pair = (a, b, { kind }) =>
  kind === "float" || Number.isSafeInteger(a * b) ? a * b : BigInt(a) * BigInt(b);

/** The quotient; of integers it is cut toward zero. */
const quotient: Pair = (a, b, { kind }, operands) => {
  if (kind === "float") return a / b;
  return b === 0 ? operands.wrong("an integer is divided by 0") : Math.trunc(a / b);
};

/** `fmod` 1 is C's remainder, with the dividend's sign; 0 has the divisor's sign and is for integers. */
const modulo: Fold = (operands) => {
  const truncated = operands.attributes.integer("fmod", 0) !== 0;
  return binary(truncated ? numeric : ["integer"], (a, b, { kind }) => {
    if (b === 0 && kind === "integer") return operands.wrong("an integer is divided by 0");
    const rest = a % b;
    return !truncated && rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
  })(operands);
};

/** The exponent may have a type of its own; the result has the base's. */
const power: Fold = (operands) => {
  const tensors = [operands.numbers(0, ...numeric), operands.numbers(1, ...numeric)];
  operands.attributes.done();
  const [base, exponent] = tensors.map(({ dataType }) => operands.type(dataType));
  const { dims, elements } = broadcast(operands, tensors);
  const [a, b] = [elements[0]!, elements[1]!];
  return [
    operands.build(tensors[0]!.dataType, dims, (k) => {
      const [x, y] = [a(k), b(k)];
      // C's pow, unlike this language's, makes 1 of 1 to the power of NaN.
      if (base!.kind === "float") return x === 1 ? 1 : x ** y;
      if (exponent!.kind === "integer" && y < 0) operands.wrong(`the integer ${x} to the power of ${y}`);
      const small = Number.isInteger(y) && y >= 0 && y <= 64;
      const value = small ? BigInt(x) ** BigInt(y) : Math.trunc(x ** y);
      const { lo, hi } = base!.range;
      return value >= lo && value <= hi ? value : operands.wrong(`${x} to the power of ${y} leaves the type`);
    }),
  ];
};

/** Attributes before operator set 11, inputs since; where the bounds cross, the upper one wins. */
const clip: Fold = (operands) => {
  const { dataType, dims, values } = operands.numbers(0, ...numeric);
  const lo = operands.scalar(1) ?? operands.attributes.float("min", -Infinity);
  const hi = operands.scalar(2) ?? operands.attributes.float("max", Infinity);
  operands.attributes.done();
  return [operands.build(dataType, dims, (k) => Math.min(hi, Math.max(lo, values[k]!)))];
};

const where: Fold = (operands) => {
  const tensors = [operands.input(0), operands.input(1), operands.input(2)];
  operands.attributes.done();
  operands.type(tensors[0]!.dataType, "bool");
  const { dataType } = tensors[1]!;
  if (tensors[2]!.dataType !== dataType) operands.wrong("the operands have different types");
  const { dims, elements } = broadcast(operands, tensors);
  const [condition, x, y] = [elements[0]!, elements[1]!, elements[2]!];
  const values = Float64Array.from({ length: operands.count(dims) }, (_, k) => (condition(k) ? x(k) : y(k)));
  return [{ dataType, dims, values }];
};

const total = (values: readonly number[]) => values.reduce((a, b) => a + b);

export const folds: Readonly<Record<string, Fold>> = {
  Abs: unary(numeric, Math.abs),
  Ceil: unary(floating, Math.ceil),
  Exp: unary(floating, Math.exp),
  Floor: unary(floating, Math.floor),
  Log: unary(floating, Math.log),
  Neg: unary(numeric, (value) => -value),
  Not: unary(["bool"], (value) => 1 - value),
  Reciprocal: unary(floating, (value) => 1 / value),
  Relu: unary(numeric, (value) => Math.max(value, 0)),
  Round: unary(floating, rint),
  Sign: unary(numeric, Math.sign),
  Sqrt: unary(floating, Math.sqrt),

  Add: binary(numeric, (a, b) => a + b),
  Div: binary(numeric, quotient),
  Mod: modulo,
  Mul: binary(numeric, product),
  Pow: power,
  Sub: binary(numeric, (a, b) => a - b),

  And: comparison(["bool"], (a, b) => a !== 0 && b !== 0),
  Equal: comparison([], (a, b) => a === b),
  Greater: comparison(numeric, (a, b) => a > b),
  GreaterOrEqual: comparison(numeric, (a, b) => a >= b),
  Less: comparison(numeric, (a, b) => a < b),
  LessOrEqual: comparison(numeric, (a, b) => a <= b),
  Or: comparison(["bool"], (a, b) => a !== 0 || b !== 0),
  Xor: comparison(["bool"], (a, b) => a !== b),

  Max: variadic(numeric, (values) => values.reduce((a, b) => Math.max(a, b))),
  Mean: variadic(floating, (values) => total(values) / values.length),
  Min: variadic(numeric, (values) => values.reduce((a, b) => Math.min(a, b))),
  Sum: variadic(floating, total),

  Clip: clip,
  Where: where,
};
