/** Weights quantized in blocks: against sums of their reals in doubles, in every engine; what has no common unit is refused. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";
import { type Case, describeCases } from "../ops/engines.js";
import { code, real } from "../ops/reals.js";

const input: Affine = { scale: 0.0471, zeroPoint: 11 };
const output: Affine = { scale: 0.0731, zeroPoint: -3 };
const [inner, outputs] = [6, 3];
const unit = Math.fround(0.013);
const weights = Array.from({ length: inner * outputs }, (_, k) => ((k * 37) % 15) - 7);

/** x [1, 6] times weights [6, 3] whose scales and zero points have `dims`. */
function blocked(
  scales: readonly number[],
  zeroPoints: readonly number[],
  dims: readonly number[],
  axis: number,
  size: number,
): ModelBuilder {
  const b = new ModelBuilder();
  b.opset = 21;
  const x = b.qdq(b.input([1, inner]), input);
  const w = b.node(
    "DequantizeLinear",
    [
      b.constant("w", "int4", [inner, outputs], weights),
      b.constant("ws", "float", dims, scales),
      b.constant("wz", "int4", dims, zeroPoints),
    ],
    { axis, block_size: size },
  );
  return b.output(b.quantize(b.node("MatMul", [x, w]), output));
}

function plain(scaleOf: (row: number, column: number) => number, zeroOf: (row: number, column: number) => number) {
  return (codes: readonly number[]) => [
    Array.from({ length: outputs }, (_, column) => {
      const terms = codes.map((q, row) => {
        const w = scaleOf(row, column) * (weights[row * outputs + column]! - zeroOf(row, column));
        return real(q, input) * w;
      });
      return code(
        terms.reduce((a, b) => a + b, 0),
        output,
      );
    }),
  ];
}

const factors = [1, 2, 4, 8, 1, 2];
const zeros = [0, 1, -2, 3, 0, 5];
const byRow = (list: readonly number[]) => (row: number, column: number) =>
  list[Math.floor(row / 3) * outputs + column]!;
const byColumn = (list: readonly number[]) => (row: number, column: number) => list[row * 2 + Math.floor(column / 2)]!;
const wide = [...factors, ...factors];
const wideZeros = [...zeros, ...zeros];

const cases: Case[] = [
  {
    title: "blocks along the summed axis, with zero points",
    model: blocked(
      factors.map((f) => f * unit),
      zeros,
      [2, outputs],
      0,
      3,
    ),
    plain: plain((row, column) => unit * byRow(factors)(row, column), byRow(zeros)),
  },
  {
    title: "blocks along the output channels, the last of which is shorter",
    model: blocked(
      wide.map((f) => f * unit),
      wideZeros,
      [inner, 2],
      1,
      2,
    ),
    plain: plain((row, column) => unit * byColumn(wide)(row, column), byColumn(wideZeros)),
  },
  {
    title: "another unit in every output channel",
    model: blocked(
      [unit, 0.02, 0.07, 2 * unit, 4 * Math.fround(0.02), Math.fround(0.07)],
      [0, 0, 0, 0, 0, 0],
      [2, outputs],
      0,
      3,
    ),
    plain: plain(
      (row, column) =>
        [unit, Math.fround(0.02), Math.fround(0.07), 2 * unit, 4 * Math.fround(0.02), Math.fround(0.07)][
          Math.floor(row / 3) * outputs + column
        ]!,
      () => 0,
    ),
  },
];

describeCases(cases);

describe("what is refused", () => {
  it.each([
    [
      "no common unit",
      blocked([0.01, 0.02, 0.03, 0.0123, 0.0234, 0.0345], [0, 0, 0, 0, 0, 0], [2, 3], 0, 3),
      /no small multiples/,
    ],
    [
      "another shape of scales",
      blocked([1, 1, 1], [0, 0, 0], [1, 3], 0, 3),
      /QC2002.*scales of shape \[1,3\] for blocks of 3/,
    ],
    ["an axis that is none", blocked([1], [0], [1], 4, 3), /QC2002.*blocks of 3 along axis 4/],
    ["a negative size", blocked(factors, [0, 0, 0, 0, 0, 0], [2, 3], 0, -3), /QC2002.*blocks of -3/],
  ])("%s", (_, model, message) => {
    expect(() => compile(model.bytes())).toThrow(message);
  });
});
