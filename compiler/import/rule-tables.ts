/** Which rules read an ONNX operator. */
import { opHomes } from "../ops/index.js";
import type { OnnxNode } from "./onnx.js";
import { knownDomains, qonnxRules } from "./qonnx.js";
import { quantizationRules } from "./quantize-rules.js";
import type { OnnxRule } from "./rules.js";

/** Rules for a node: the quantizers' own, then those of the op homes in order of their names; none for unknown domains. */
export function rulesFor({ domain, opType }: OnnxNode): OnnxRule[] {
  if (!knownDomains.has(domain)) return [];
  const tables = [quantizationRules, qonnxRules, ...[...opHomes.values()].map((home) => home.onnx)];
  return tables.flatMap((table) => (Object.hasOwn(table, opType) ? table[opType]! : []));
}
