/** `npm run fuzz:import -- --runs N [--seed S] [--first K] [--save FILE]`: damages models until the compiler answers wrongly. */
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { makeProgress } from "../compiler/cli/progress.js";
import { Corpus, campaign, Failure } from "./fuzz/campaign.js";
import { builtSamples, dataSamples } from "./fuzz/corpus.js";

const program = new Command("fuzz:import")
  .option("--runs <number>", "number of cases", "100000")
  .option("--seed <number>", "seed of the mutations", "1")
  .option("--first <number>", "number of the first case", "0")
  .option("--size <bytes>", "largest file of the shared data", "200000")
  .option("--save <file>", "where the bytes of a failure go", "fuzz-failure.bin")
  .parse();
const options = program.opts<Record<"runs" | "seed" | "first" | "size" | "save", string>>();
const [runs, seed, first, size] = [options.runs, options.seed, options.first, options.size].map(Number) as [
  number,
  number,
  number,
  number,
];

const samples = [...builtSamples(), ...dataSamples(size)];
process.stdout.write(`${samples.length} models, seed ${seed}, cases ${first} to ${first + runs - 1}\n`);
const progress = makeProgress();
try {
  const outcomes = campaign(
    new Corpus(samples),
    { seed, first, runs, limits: { seconds: 5, megabytes: 1024 } },
    (done) => {
      if (done % 500 === 0) progress.step(`${done} of ${runs}`);
      // Where there is no terminal, a sign of life for logs.
      if (done % 50_000 === 0 && !process.stderr.isTTY) process.stdout.write(`${done} of ${runs}\n`);
    },
  );
  progress.done();
  for (const [code, count] of [...outcomes].sort()) process.stdout.write(`${code.padEnd(10)} ${count}\n`);
  process.stdout.write(`${runs} cases, every one accepted or refused with a code\n`);
} catch (error) {
  progress.done();
  if (!(error instanceof Failure)) throw error;
  writeFileSync(options.save, error.failed.bytes);
  process.stderr.write(`${error.message}\nThe bytes are in ${options.save}.\n`);
  process.exitCode = 1;
}
