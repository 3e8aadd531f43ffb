/** The interpreter checks what goes in, and what comes out against the proof. */
import { describe, expect, it } from "vitest";
import { interpret, outputsOf } from "../../compiler/interpreter/interpreter.js";
import { GraphBuilder } from "../hdl/graphs.js";

const negate = { low: -128, values: Int16Array.from({ length: 256 }, (_, i) => Math.min(127, 128 - i)) };

function graph() {
  const b = new GraphBuilder();
  const x = b.tensor([1, 3]);
  return b.graph("g", x, b.node("table", [b.node("table", [x], [1, 3], negate)], [1, 3], negate));
}

describe("interpret", () => {
  it("returns every tensor by id, and leaves its input alone", () => {
    const input = Int32Array.of(-128, 0, 5);
    const trace = interpret(graph(), [input]);
    expect([...trace]).toEqual([
      [0, Int32Array.of(-128, 0, 5)],
      [1, Int32Array.of(127, 0, -5)],
      [2, Int32Array.of(-127, 0, 5)],
    ]);
    expect(input).toEqual(Int32Array.of(-128, 0, 5));
    expect(outputsOf(graph(), [input])).toEqual([Int32Array.of(-127, 0, 5)]);
  });
  it("refuses a missing input, another length and codes that are none", () => {
    expect(() => interpret(graph(), [])).toThrow(/^QC6003 'tensor_0' .*got 0 values, expected 3 for shape \[1,3\]/);
    expect(() => interpret(graph(), [new Int32Array(4)])).toThrow(/got 4 values, expected 3/);
    expect(() => interpret(graph(), [Int32Array.of(0, 128, 0)])).toThrow(/value 128 is no int8/);
  });
  it("stops when a value leaves its proven range: the proof would be wrong", () => {
    const sound = graph();
    const tensors = sound.tensors.map((tensor) => ({ ...tensor, ranges: [{ lo: 0, hi: 4 }] }));
    const nodes = sound.nodes.map((node) => ({
      ...node,
      inputs: [tensors[node.inputs[0]!.id]!],
      output: tensors[node.output.id]!,
    }));
    const wrong = { ...sound, inputs: [tensors[0]!], outputs: [tensors[2]!], tensors, nodes };
    expect(() => interpret(wrong, [Int32Array.of(0, 0, 5)])).toThrow(
      /^QC3004 'tensor_1' .*element 2 is -5, outside its proven range 0\.\.4/,
    );
  });
});
