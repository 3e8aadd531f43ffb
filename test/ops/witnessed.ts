/** ONNX Runtime on the models of a list of cases: what their nodes mean, from another hand. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { Random, randomInput, toBytes } from "../hdl/graphs.js";
import { dataType, type ModelBuilder } from "../helpers/onnx.js";
import { witness } from "../helpers/witness.js";

export interface Witnessed {
  readonly title: string;
  readonly model: ModelBuilder;
}

/** Codes of ONNX Runtime and of the interpreter for seeded codes of the one int8 or uint8 input. */
function both({ model }: Witnessed): { actual: number[]; expected: number[] } {
  const { integerGraph: graph } = compile(model.bytes());
  const [{ shape, type }] = graph.outputs as [(typeof graph.outputs)[number]];
  const elemType = type.signed ? dataType.int8 : dataType.uint8;
  const bytes = model.bytes((proto) => {
    proto.irVersion = 9;
    proto.opsetImport.push({ domain: "com.microsoft", version: 1 });
    proto.graph.output[0].type.tensorType = { elemType, shape: { dim: shape.map((dimValue) => ({ dimValue })) } };
  });
  const folder = mkdtempSync(join(tmpdir(), "qcompile-witnessed-"));
  try {
    const path = join(folder, "model.onnx");
    writeFileSync(path, bytes);
    const codes = randomInput(new Random(5), graph.inputs[0]!);
    const result = witness(path, toBytes(codes), "disabled");
    return {
      actual: Array.from(type.signed ? new Int8Array(result) : new Uint8Array(result)),
      expected: Array.from(outputsOf(graph, [codes])[0]!),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without its fused operators ONNX Runtime computes in float32 what `exact` computes exactly: equal wherever no value is within its error of a tie. */
export function describeWitnessed(cases: readonly Witnessed[]): void {
  describe("ONNX Runtime computes the same codes", () => {
    it.each(cases)("$title", (each) => {
      const { actual, expected } = both(each);
      expect(actual).toEqual(expected);
    });
  });
}
