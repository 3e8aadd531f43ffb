/** The report counts what the layers cost and shows their certificates. */
import { describe, expect, it } from "vitest";
import { type RealiseOptions, realise } from "../../compiler/arith/realise.js";
import type { RequantizeLayer } from "../../compiler/arith/requantize-layer.js";
import { compile } from "../../compiler/compile.js";
import { makeReport } from "../../compiler/report/report.js";
import { reportText, table } from "../../compiler/report/text.js";
import { circuitRealisation, coreRealisation } from "../../targets/realisation.js";
import { oneOp, smallNetwork } from "../helpers/onnx.js";

const compilation = compile(smallNetwork().bytes(), { name: "small" });
const solver = (options: RealiseOptions) => (layer: RequantizeLayer) => realise(layer, options);
const report = makeReport(compilation, solver(coreRealisation));

describe("makeReport", () => {
  it("counts MACs, bytes and thresholds, layer by layer; aliases do not count", () => {
    expect(
      report.layers.map(({ name, op, macs, weight_bytes, activation_bytes }) => [
        name,
        op,
        macs,
        weight_bytes,
        activation_bytes,
      ]),
    ).toEqual([
      ["conv_to_nhwc", "transpose", 0, 0, 128],
      ["conv", "conv2d", 8 * 8 * 4 * 18, 4 * 18 + 4 * 4, 256],
      ["depthwise", "conv2d", 4 * 4 * 4 * 9, 4 * 9 + 4 * 4, 64],
      ["pool", "max-pool2d", 0, 0, 16],
      ["fc", "dense", 80, 80 + 4 * 5, 5],
      ["softmax", "softmax", 0, 1024, 5],
    ]);
    expect(report.macs).toBe(4608 + 576 + 80);
    expect(report.weight_bytes).toBe(88 + 52 + 100 + 1024);
    expect(report).toMatchObject({
      model: "small",
      numerics: "exact",
      arena_bytes: compilation.plan.arenaBytes,
      arena_lower_bound: compilation.plan.lowerBound,
      added_instructions: 0,
    });
    expect(report).toMatchObject({
      input: { shape: [1, 2, 8, 8], type: "int8" },
      output: { shape: [1, 5], type: "int8" },
      notes: [],
    });
  });
  it("shows certificates: all thresholds of all channels, with a margin that is no mistake", () => {
    const layers = report.layers.filter(({ certificate }) => certificate);
    expect(layers.map(({ op }) => op)).toEqual(["conv2d", "conv2d", "dense"]);
    const node = compilation.integerGraph.nodes.find(({ name }) => name === "conv")!;
    const { requantize } = node.attributes as { requantize: { channels: { thresholds: Int32Array }[] } };
    const thresholds = requantize.channels.reduce((sum, channel) => sum + channel.thresholds.length, 0);
    expect(layers[0]!.certificate).toMatchObject({ form: "plain", channels: 4, thresholds });
    for (const { certificate } of layers) expect(BigInt(certificate!.smallest_margin)).toBeGreaterThanOrEqual(0n);
  });
  it("circuits take the smallest shift", () => {
    const circuit = makeReport(compilation, solver(circuitRealisation));
    const shift = ({ layers }: typeof report) => layers.find(({ op }) => op === "dense")!.certificate!.shift;
    expect(shift(circuit)).toBeLessThan(shift(report));
  });
  it("carries the notes", () => {
    const pool = oneOp([1, 2, 4, 4], (b, x) => b.node("AveragePool", [x], { kernel_shape: [2, 2] }, { name: "pool" }));
    const { notes } = makeReport(compile(pool.bytes(), { numerics: "onnxruntime" }), solver(coreRealisation));
    expect(notes).toEqual([expect.stringMatching(/^QC3003 'pool' /)]);
  });
});

describe("reportText", () => {
  it("names model, sizes, layers and certificates in aligned columns", () => {
    const lines = reportText(report).split("\n");
    expect(lines[0]).toBe("model small, numerics exact");
    expect(lines[1]).toBe("input int8[1,2,8,8], output int8[1,5]");
    expect(lines[2]).toMatch(/^5264 MACs, 1264 weight bytes, arena \d+ bytes \(lower bound \d+\)$/);
    expect(lines[4]).toMatch(/^op +node +shape +MACs +weights +activation +certificate$/);
    expect(lines.find((line) => line.startsWith("dense"))).toMatch(
      /^dense +fc +1x5 +80 +100 +5 +plain >>\d+, \d+ thresholds equal$/,
    );
    const column = lines[4]!.indexOf("certificate");
    for (const line of lines.slice(5).filter((text) => text.includes("thresholds equal")))
      expect(line.indexOf("plain")).toBe(column);
  });
  it("puts numbers to the right and text to the left", () => {
    expect(
      table(
        ["name", "n"],
        [
          ["a", 5],
          ["bcd", 1234],
        ],
      ),
    ).toBe("name     n\na        5\nbcd   1234");
  });
});
