/** Chooses how a case is judged. */
import { attempt } from "./attempt.js";
import { compileModel } from "./border.js";
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

function judgeTflite({ corpus, name, read }: Case): Outcome {
  const compiled = attempt(() => compileModel(read(), "tflite"));
  const verdict = compiled.kind === "done" ? "equal" : compiled.kind;
  const reason = compiled.kind === "done" ? undefined : compiled.reason;
  return { corpus, name, verdict, reason, runtime: "not ONNX", comparisons: [] };
}
