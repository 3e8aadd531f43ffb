import { expect, it } from "vitest";
import { importModel } from "../../compiler/import/read-graph.js";
import { removeDeadNodes } from "../../compiler/passes/remove-dead-nodes.js";
import { ModelBuilder } from "../helpers/onnx.js";

const q = { scale: 0.5, zeroPoint: 0 };

it("removes what reaches no output, chains included, and keeps order and inputs", () => {
  const b = new ModelBuilder();
  const x = b.qdq(b.input([1, 4]), q);
  const kept = b.qdq(b.node("MatMul", [x, b.weights([4, 3])], {}, { name: "kept" }), q);
  const dead = b.qdq(b.node("MatMul", [x, b.weights([4, 2])], {}, { name: "dead" }), q);
  const deader = b.qdq(b.node("Relu", [dead], {}, { name: "deader" }), q);
  const last = b.qdq(b.node("Relu", [kept], {}, { name: "last" }), q);
  const whole = importModel(b.output(last, deader).bytes(), "test");
  expect(whole.nodes.map(({ name }) => name)).toEqual(["kept", "dead", "deader", "last"]);
  const graph = { ...whole, outputs: whole.outputs.slice(0, 1) };
  const after = removeDeadNodes.run(graph);
  expect(after.nodes.map(({ name }) => name)).toEqual(["kept", "last"]);
  expect(after.inputs).toEqual(graph.inputs);
  expect(removeDeadNodes.run(after)).toEqual(after);
});
