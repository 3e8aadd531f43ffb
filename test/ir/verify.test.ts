/** The verifier of integer graphs finds every inconsistency it knows, and the printer shows every form. */
import { describe, expect, it } from "vitest";
import { int8 } from "../../compiler/ir/index.js";
import type { IntegerGraph } from "../../compiler/ir/integer-graph.js";
import { printForm } from "../../compiler/ir/print.js";
import { verifyIntegerGraph } from "../../compiler/ir/verify.js";
import { GraphBuilder } from "../hdl/graphs.js";

function graph(attributes: unknown = { low: -128, values: new Int16Array(256) }): IntegerGraph {
  const b = new GraphBuilder();
  const x = b.tensor([1, 4]);
  return b.graph("g", x, b.node("table", [x], [1, 4], attributes));
}

/** The sound graph with its result replaced by a tensor that is broken in one way. */
function withOutput(change: object): IntegerGraph {
  const sound = graph();
  const output = { ...sound.tensors[1]!, ...change };
  return { ...sound, tensors: [sound.tensors[0]!, output], nodes: [{ ...sound.nodes[0]!, output }], outputs: [output] };
}

describe("verifyIntegerGraph", () => {
  it("accepts a sound graph, per-channel ranges included", () => {
    verifyIntegerGraph(graph());
    verifyIntegerGraph(withOutput({ ranges: [-128, -1, 0, 127].map((at) => ({ lo: at, hi: at })) }));
  });

  const broken: [string, () => IntegerGraph, RegExp][] = [
    ["an id that is no position", () => withOutput({ id: 7 }), /tensor id 7 is not its position 1/],
    ["a dimension of zero", () => withOutput({ shape: [1, 0] }), /dimension below 1/],
    ["a fractional dimension", () => withOutput({ shape: [1, 2.5] }), /dimension below 1/],
    [
      "ranges for other channels",
      () =>
        withOutput({
          ranges: [
            { lo: 0, hi: 1 },
            { lo: 0, hi: 1 },
          ],
        }),
      /2 ranges for 4 channels/,
    ],
    [
      "a range beyond its type",
      () => withOutput({ ranges: [{ lo: 0, hi: 128 }] }),
      /range 0\.\.128 is not inside -128\.\.127/,
    ],
    ["an empty range", () => withOutput({ ranges: [{ lo: 1, hi: 0 }] }), /range 1\.\.0/],
    ["a fractional range", () => withOutput({ ranges: [{ lo: 0, hi: 0.5 }] }), /range 0\.\.0\.5/],
    ["a value used before it is computed", () => ({ ...graph(), inputs: [] }), /not computed before it is used/],
    [
      "an output nobody computes",
      () => {
        const g = graph();
        return { ...g, nodes: [] };
      },
      /output is never computed/,
    ],
    ["a float attribute", () => graph({ deep: [{ scale: 0.5 }] }), /0\.5 is no integer/],
    ["a NaN attribute", () => graph({ scale: Number.NaN }), /NaN is no integer/],
    ["a float array", () => graph({ weights: new Float32Array(2) }), /float array survived/],
    ["a double array", () => graph({ weights: new Float64Array(2) }), /float array survived/],
  ];
  it.each(broken)("finds %s", (_, make, message) => {
    expect(() => verifyIntegerGraph(make())).toThrow(/^QC3004/);
    expect(() => verifyIntegerGraph(make())).toThrow(message);
  });
});

describe("printForm", () => {
  it("an integer graph: one line a tensor, ranges joined over channels", () => {
    expect(printForm(withOutput({ ranges: [-5, 1, 0, 9].map((at) => ({ lo: at, hi: at + 1 })) }))).toBe(
      "integer graph g numerics=exact\n  input %0: int8[1,4] in -128..127\n  %1: int8[1,4] in -5..10 = table(%0) values=0..0\n  output %1\n",
    );
  });
  it("a graph: constants by their form, clamps and per-channel parameters", () => {
    const q = { scales: [0.5], zeroPoints: [3] };
    const x = { name: "x", shape: [1, 2], type: int8, quantization: q };
    const w = {
      name: "w",
      shape: [2, 2],
      type: int8,
      quantization: { scales: [1, 2], zeroPoints: [0, 1], axis: 1 },
      data: new Int32Array(4),
    };
    const y = { name: "y", shape: [1, 2], type: { bits: 8, signed: false }, quantization: q };
    const node = {
      op: "dense",
      name: "fc",
      inputs: [x, w],
      output: y,
      attributes: { transposed: false },
      clamp: { min: 0, max: Infinity },
    };
    expect(printForm({ name: "g", inputs: [x], outputs: [y], nodes: [node] })).toBe(
      [
        "graph g",
        "  input %0: int8[1,2] scale=0.5 zp=3",
        "  %1 = dense(%0, const int8[2,2] scale=[2] zp=[2]) transposed=false clamp=0..Infinity: uint8[1,2] scale=0.5 zp=3",
        "  output %1",
        "",
      ].join("\n"),
    );
  });
});
