/** Chooses how a case is judged. */
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { elementCount } from "../../compiler/ir/types.js";
import { fromBytes, toBytes } from "../../compiler/verify/codes.js";
import { xorshiftBytes } from "../../compiler/verify/vectors.js";
import { fnv1a, goldens } from "../helpers/tflite-micro-goldens.js";
import { attempt } from "./attempt.js";
import type { Case, Outcome } from "./case.js";
import { judgeNetwork } from "./networks.js";
import { judgeNodeVector } from "./node-vectors.js";
import type { Oracle } from "./oracle.js";

const nodeVectorCorpora = new Set(["onnx-conformance", "libonnx-testdata", "onnx2c"]);

/** One case's outcome; never throws for anything that qcompile or ONNX Runtime do. */
export async function judge(item: Case, oracle: Oracle): Promise<Outcome> {
  if (item.name.endsWith(".tflite")) return judgeTflite(item);
  return nodeVectorCorpora.has(item.corpus) ? judgeNodeVector(item, oracle) : judgeNetwork(item, oracle);
}

/** The MLPerf Tiny models: whole outputs by the hashes that TFLite Micro recorded. */
function judgeTflite({ corpus, name, read }: Case): Outcome {
  const outcome = { corpus, name, runtime: "not ONNX", comparisons: [] } as const;
  const result = attempt(() => {
    const { integerGraph } = compile(read(), { numerics: "tflite" });
    const input = integerGraph.inputs[0]!;
    const records = goldens(/^[a-z]+/.exec(name)![0]);
    const equal = records.filter(({ seed, hash }) => {
      const codes = fromBytes(xorshiftBytes(seed, elementCount(input.shape)), input);
      return fnv1a(toBytes(outputsOf(integerGraph, [codes])[0]!, integerGraph.outputs[0]!)) === hash;
    });
    return { values: records.length, equal: equal.length };
  });
  if (result.kind !== "done") return { ...outcome, verdict: result.kind, reason: result.reason };
  const { values, equal } = result.value;
  const largest = values === equal ? 0 : Infinity;
  const comparisons = [
    {
      witness: "recorded, whole outputs",
      numerics: "tflite",
      values,
      equal,
      sameCode: equal,
      largest,
      relative: largest,
    },
  ];
  if (values === equal) return { ...outcome, verdict: "equal", comparisons };
  return { ...outcome, verdict: "failed", reason: `${equal} of ${values} recorded outputs are equal`, comparisons };
}
