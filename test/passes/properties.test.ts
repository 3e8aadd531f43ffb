/** On random graphs: folding and dead-node removal change no output, and the result equals exact arithmetic. */
import { describe, expect, it } from "vitest";
import { numericsByName } from "../../compiler/arith/numerics.js";
import { importModel } from "../../compiler/import/read-graph.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { verifyIntegerGraph } from "../../compiler/ir/verify.js";
import { lower } from "../../compiler/passes/lower.js";
import { graphPasses, integerPasses } from "../../compiler/passes/pipeline.js";
import { Random, randomInput } from "../hdl/graphs.js";
import { evaluateOnnx } from "../helpers/onnx-reference.js";
import { randomModel } from "../helpers/random-model.js";

const exact = numericsByName.get("exact")!;
const seeds = Array.from({ length: 60 }, (_, i) => i + 1);

describe("random graphs", () => {
  it("give the same outputs before and after every pass, and those of the reference", () => {
    let transposesBefore = 0;
    let transposesAfter = 0;
    for (const seed of seeds) {
      const model = randomModel(seed, 3 + (seed % 8));
      let graph = importModel(model.bytes(), `seed ${seed}`);
      const transposes = () => graph.nodes.filter(({ op }) => op === "transpose").length;
      const plain = lower(graph, exact);
      const input = randomInput(new Random(seed), plain.inputs[0]!);
      const expected = outputsOf(plain, [input]).map((codes) => Array.from(codes));
      expect(
        evaluateOnnx(model, Array.from(input)).map(({ codes }) => codes),
        `seed ${seed}: reference`,
      ).toEqual(expected);
      transposesBefore += transposes();
      for (const pass of graphPasses) {
        graph = pass.run(graph);
        const integer = lower(graph, exact);
        verifyIntegerGraph(integer);
        const actual = outputsOf(integer, [input]).map((codes) => Array.from(codes));
        expect(actual, `seed ${seed}: ${pass.name}`).toEqual(expected);
      }
      transposesAfter += transposes();
      let integer = lower(graph, exact);
      for (const pass of integerPasses) {
        integer = pass.run(integer);
        verifyIntegerGraph(integer);
        const actual = outputsOf(integer, [input]).map((codes) => Array.from(codes));
        expect(actual, `seed ${seed}: ${pass.name}`).toEqual(expected);
      }
    }
    expect(transposesAfter).toBeLessThan(transposesBefore / 2);
  });
});
