/** Random layers without weights: additions, softmax, tables, transpositions. */

import { evaluateStaircase } from "../../compiler/arith/index.js";
import { clamp as clampCode } from "../../compiler/arith/scalar.js";
import { type IntegerTensor, type IntegerType, typeRange } from "../../compiler/ir/index.js";
import { type GraphBuilder, type Rounding, randomStaircase } from "./graphs.js";
import type { Random } from "./random.js";

/** y = clamp((a*ma + b*mb + c) >> shift). */
export function addLinear(
  builder: GraphBuilder,
  random: Random,
  a: IntegerTensor,
  b: IntegerTensor,
  type: IntegerType,
): IntegerTensor {
  const clamp = typeRange(type);
  const shift = random.integer(8, 20);
  const [ma, mb] = [0, 0].map(() => Math.round(2 ** shift * (0.2 + random.fraction())) * random.pick([1, 1, -1])) as [
    number,
    number,
  ];
  const c = random.integer(-30, 30) * 2 ** shift + 2 ** (shift - 1);
  const aLow = typeRange(a.type).lo;
  const bLow = typeRange(b.type).lo;
  const values = Int16Array.from({ length: 65536 }, (_, i) => {
    const sum = ((i >> 8) + aLow) * ma + ((i & 255) + bLow) * mb + c;
    return Number(clampCode(BigInt(Math.floor(sum / 2 ** shift)), BigInt(clamp.lo), BigInt(clamp.hi)));
  });
  return builder.node("add", [a, b], { aLow, bLow, values, clamp, linear: { ma, mb, c, shift } }, a.shape, type);
}

/** y = staircase(tableA[a] + tableB[b]). */
export function addTables(
  builder: GraphBuilder,
  random: Random,
  a: IntegerTensor,
  b: IntegerTensor,
  type: IntegerType,
  rounding: Rounding,
): IntegerTensor {
  const clamp = typeRange(type);
  const table = () => Int32Array.from({ length: 256 }, () => random.integer(-100000, 100000));
  const tables = { a: table(), b: table() };
  const zeroPoint = random.integer(clamp.lo, clamp.hi);
  const staircase = randomStaircase(random, -200000, 200000, zeroPoint, clamp, rounding);
  const values = Int16Array.from({ length: 65536 }, (_, i) =>
    evaluateStaircase(staircase, tables.a[i >> 8]! + tables.b[i & 255]!),
  );
  const requantize = { channels: [staircase], zeroPoint, clamp };
  const attributes = {
    aLow: typeRange(a.type).lo,
    bLow: typeRange(b.type).lo,
    values,
    clamp,
    tables: { ...tables, requantize },
  };
  return builder.node("add", [a, b], attributes, a.shape, type);
}

/** Both kinds of softmax over plausible tables: E(0) is the largest, then falling. */
export function addSoftmax(
  builder: GraphBuilder,
  random: Random,
  input: IntegerTensor,
  kind: "even" | "tflite",
  type: IntegerType,
): IntegerTensor {
  const scale = 0.01 + random.fraction() / 4;
  const top = kind === "even" ? 2 ** 23 : 2 ** 31 - 1;
  const exponentials = Uint32Array.from({ length: 256 }, (_, d) => Math.round(top * Math.exp(-d * scale)));
  const attributes = { kind, exponentials, levels: 256, levelsShift: 0, outputZeroPoint: typeRange(type).lo };
  return builder.node("softmax", [input], attributes, input.shape, type);
}

export function addTable(
  builder: GraphBuilder,
  random: Random,
  input: IntegerTensor,
  type: IntegerType,
): IntegerTensor {
  const { lo, hi } = typeRange(type);
  const from = typeRange(input.type);
  const values = Int16Array.from({ length: from.hi - from.lo + 1 }, () => random.integer(lo, hi));
  return builder.node("table", [input], { low: from.lo, values }, input.shape, type);
}

export function addTranspose(builder: GraphBuilder, input: IntegerTensor, permutation: number[]): IntegerTensor {
  return builder.node(
    "transpose",
    [input],
    { permutation },
    permutation.map((axis) => input.shape[axis]!),
    input.type,
  );
}
