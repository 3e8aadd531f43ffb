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

const decoded = {
  int8: (bytes: Buffer) => Array.from(new Int8Array(bytes)),
  uint8: (bytes: Buffer) => Array.from(bytes),
  int64: (bytes: Buffer) => Array.from({ length: bytes.length / 8 }, (_, k) => Number(bytes.readBigInt64LE(8 * k))),
};

/** Codes of ONNX Runtime and of the interpreter for seeded codes of the one int8 or uint8 input. */
function both({ model }: Witnessed): { actual: number[]; expected: number[] } {
  const { integerGraph: graph } = compile(model.bytes());
  const [{ shape, type }] = graph.outputs as [(typeof graph.outputs)[number]];
  // Positions are int64 there and int32 here.
  const element = type.bits === 32 ? "int64" : type.signed ? "int8" : "uint8";
  const elemType = dataType[element];
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
      actual: decoded[element](result),
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
