/** What the stages of moving ops tell the FIFO planner: how many elements of each input every output element needs. */
import { expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { elementCount } from "../../compiler/ir/index.js";
import { opHomes } from "../../compiler/ops/index.js";
import { loweringOf } from "../../targets/verilog/lowerings.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";

const q: Affine = { scale: 0.05, zeroPoint: 3 };
const ints = (b: ModelBuilder, ...values: number[]) => b.constant("ints", "int64", [values.length], values);

const moves: [string, (b: ModelBuilder, x: string) => string][] = [
  ["strided", (b, x) => b.node("Slice", [x, ints(b, 4, 1), ints(b, -99, 3), ints(b, 2, 1), ints(b, -2, 1)])],
  ["strided", (b, x) => b.node("DepthToSpace", [x], { blocksize: 2 })],
  ["transpose", (b, x) => b.node("Transpose", [x], { perm: [0, 3, 1, 2] })],
  ["pad", (b, x) => b.node("Pad", [x, ints(b, 0, 1, 0, 2, 0, 0, 1, 1), b.constant("v", "float", [], [-Infinity])])],
  ["concat", (b, x) => b.node("Concat", [x, b.node("Slice", [x, ints(b, 1), ints(b, 2), ints(b, 2)]), x], { axis: 2 })],
];

it.each(moves)("%s %#", (op, node) => {
  const b = new ModelBuilder();
  const model = b.output(b.quantize(node(b, b.dequantize(b.input([1, 4, 5, 3], "int8"), q)), q));
  const move = compile(model.bytes()).integerGraph.nodes.find((each) => each.op === op)!;
  const stage = loweringOf(move).stage(move, { folding: { pe: 1, simd: 1 } })!;
  for (const port of move.inputs.keys()) {
    // Elements of this input are their own numbers, all others no number of an element.
    const values = move.inputs.map(({ shape }, i) =>
      Int32Array.from({ length: elementCount(shape) }, (_, k) => (i === port ? k : -1)),
    );
    const moved = opHomes.get(op)!.evaluate(move, values);
    let needed = op === "pad" ? 1 : 0; // padding waits for the frame to begin
    for (const [k, from] of moved.entries()) {
      needed = Math.max(needed, from + 1);
      expect(stage.needs(k, port)).toBe(needed);
      expect(stage.taken(k, port)).toBeGreaterThanOrEqual(needed);
      expect(stage.taken(k, port)).toBeLessThanOrEqual(elementCount(move.inputs[port]!.shape));
    }
  }
});
