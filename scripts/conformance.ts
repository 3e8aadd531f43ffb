/**
 * `npm run conformance`: every model of the corpora through qcompile, compared with every answer there is.
 * Options: --only <prefix> (such as onnx-conformance/node/test_qlinear), --json, --write (docs/conformance.md). Exit code 1 when a file
 * failed or crashed.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { makeProgress } from "../compiler/cli/progress.js";
import { packagePath } from "../targets/package-root.js";
import type { Outcome } from "../test/conformance/case.js";
import { casesOf } from "../test/conformance/corpora.js";
import { Judges } from "../test/conformance/judges.js";
import { conformanceReport } from "../test/conformance/report.js";

const { values: options } = parseArgs({
  options: { only: { type: "string", default: "" }, json: { type: "boolean" }, write: { type: "boolean" } },
});

const cases = casesOf(options.only);
if (cases.length === 0) throw new Error(`no case starts with '${options.only}'; set QCOMPILE_DATA to the shared data`);
const progress = makeProgress();
const judges = new Judges();
const outcomes: Outcome[] = [];
for (const [i, item] of cases.entries()) {
  progress.step(`${i} of ${cases.length}: ${item.corpus}/${item.name}`);
  outcomes.push(await judges.judge(item));
}
progress.done();
judges.close();

const report = conformanceReport(outcomes);
if (options.write) {
  mkdirSync(packagePath("docs"), { recursive: true });
  writeFileSync(packagePath("docs", "conformance.md"), report);
}
process.stdout.write(options.json ? `${JSON.stringify({ schema: 1, outcomes }, null, 1)}\n` : report);
if (outcomes.some(({ verdict }) => verdict === "failed" || verdict === "crashed")) process.exitCode = 1;
