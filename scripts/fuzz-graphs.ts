/**
 * Random ONNX graphs through the compiler and the engines: npm run fuzz:graphs -- --runs 1000 [--seed 1]
 * [--engines host,cortex-m4,rv32imc,verilog] [--most verilog=50] [--seconds-to-shrink 60] [--ort] [--save FOLDER].
 * Each graph is refused with a code, or every engine computes the interpreter's bytes. Case number N of seed S is case 0 of seed S + N.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { opHomes } from "../compiler/ops/index.js";
import { campaign, type Failure, printed, shrink, type Tally } from "../test/fuzz/campaign.js";
import { engineNamed } from "../test/fuzz/engines.js";
import { RuntimeWitness } from "../test/fuzz/runtime.js";

const command = new Command("fuzz-graphs")
  .option("--runs <count>", "graphs to generate", "1000")
  .option("--seed <number>", "seed of the first graph", "1")
  .option("--engines <names>", "engines beside the interpreter, separated by commas", "host")
  .option("--most <list>", "graphs an engine gets at most, such as verilog=50,cortex-m4=100", "")
  .option(
    "--seconds-to-shrink <seconds>",
    "time to find a smaller graph for each failure; at most ten are shrunk",
    "60",
  )
  .option("--ort", "compare with ONNX Runtime too (scripts/test.sh installs it)")
  .option("--save <folder>", "folder that receives failing models");
const options = command
  .parse()
  .opts<Record<"runs" | "seed" | "engines" | "most" | "secondsToShrink", string> & { save?: string; ort?: true }>();

const engines = options.engines
  .split(",")
  .filter((name) => name !== "" && name !== "interpreter")
  .map(engineNamed);
const most = new Map(
  options.most
    .split(",")
    .filter((part) => part !== "")
    .map((part) => part.split("=") as [string, string])
    .map(([name, count]) => [name, Number(count)]),
);
const runs = Number(options.runs);

const runtime = options.ort ? new RuntimeWitness() : undefined;
let shown = 0;
const tally = await campaign({
  seed: Number(options.seed),
  runs,
  engines,
  most,
  runtime,
  onProgress(now, done) {
    for (; shown < now.failures.length; shown++) {
      const { seed, engine, reason } = now.failures[shown]!;
      process.stdout.write(`FAILURE seed ${seed} in ${engine}: ${reason.slice(0, 500)}\n`);
    }
    if (done % 100 === 0) process.stdout.write(`${done} graphs, ${now.compiled} compiled, ${list(now.compared)}\n`);
  },
});
runtime?.close();
for (const failure of tally.failures.slice(0, 10)) await report(failure);
summary(tally);
process.exitCode = tally.failures.length > 0 ? 1 : 0;

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name}: ${count}`)
    .join(", ");
}

async function report(failure: Failure): Promise<void> {
  const { seed, engine, reason } = failure;
  process.stdout.write(`\nseed ${seed}, ${engine}: ${reason}\n`);
  const shrunk = await shrink(failure, engines, 1000 * Number(options.secondsToShrink));
  if (!shrunk) return;
  const { graph, path } = shrunk;
  process.stdout.write(`shrunk, path ${path}, numerics ${graph.numerics}: ${shrunk.reason}\n${printed(graph)}`);
  if (options.save === undefined) return;
  mkdirSync(options.save, { recursive: true });
  const file = join(options.save, `${engine}-${seed}-${graph.numerics}.onnx`);
  writeFileSync(file, graph.bytes);
  process.stdout.write(`saved ${file}\n`);
}

function summary({
  compiled,
  refused,
  compared,
  unsupported,
  operators,
  failures,
  witnessed,
  doubtful,
  schedules,
  kernels,
}: Tally): void {
  const share = ((100 * (runs - compiled)) / runs).toFixed(1);
  const known = new Set([...opHomes.values()].flatMap((home) => Object.keys(home.onnx)));
  const missing = [...known].filter((name) => !operators.has(name)).sort();
  const codes = new Map<string, number>();
  for (const [message, count] of refused) codes.set(message.slice(0, 6), (codes.get(message.slice(0, 6)) ?? 0) + count);
  const frequent = [...refused].sort(([, a], [, b]) => b - a).slice(0, 12);
  process.stdout.write(`
graphs: ${runs}, compiled ${compiled}, refused ${share} % (${list(codes)})
${frequent.map(([message, count]) => `  ${count} ${message}`).join("\n")}
schedules: ${list(schedules)}
compared: ${list(compared)}
kernels on this machine, with the first seed that reaches each: ${list(kernels)}
refused by back ends: ${list(unsupported) || "none"}
operators: ${list(operators)}
operators of the importer in no compiled graph: ${missing.join(", ") || "none"}
ONNX Runtime: ${list(witnessed) || "not asked"}
${doubtful.map(({ seed, reason }) => `  doubtful seed ${seed}: ${reason}\n`).join("")}failures: ${failures.length}
`);
}
