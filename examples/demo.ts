/** `npm run demo`: the shipped model, compiled, run by the interpreter and by generated C, every byte compared. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeProgress } from "../compiler/cli/progress.js";
import { writeProject } from "../compiler/cli/project-folder.js";
import { compile } from "../compiler/compile.js";
import { exitCode } from "../compiler/diagnostics.js";
import { outputsOf } from "../compiler/interpreter/interpreter.js";
import { makeReport } from "../compiler/report/report.js";
import { readBytes, readVectors } from "../compiler/verify/vectors.js";
import { verifyTarget } from "../compiler/verify/verify.js";
import { emitProject } from "../targets/emit.js";
import { findTarget } from "../targets/index.js";
import { solverFor } from "../targets/solver.js";

const folder = join(dirname(fileURLToPath(import.meta.url)), "fashion-mnist");
const modelPath = join(folder, "fashion-mnist.onnx");
const outputPath = "build/fashion-mnist";

const started = performance.now();
const progress = makeProgress();
progress.step("compiling examples/fashion-mnist/fashion-mnist.onnx");
const compilation = compile(readBytes(modelPath), { name: "fashion-mnist" });
const { graph, integerGraph, plan } = compilation;
const target = findTarget("host");
const report = makeReport(compilation, solverFor(target, compilation.integerGraph));
writeProject(outputPath, emitProject(plan, target, "model"), false);

const images = readVectors(join(folder, "images.bin"), integerGraph.inputs[0]!, graph.inputs[0]!).map((image) => [
  image,
]);
const labels = readBytes(join(folder, "labels.bin"));
const classes = JSON.parse(readFileSync(join(folder, "classes.json"), "utf8")) as string[];
progress.step(`interpreter: ${images.length} images`);
const expected = images.map((image) => outputsOf(integerGraph, image));
const scores = expected.map((outputs) => outputs[0]!);
const winner = (codes: Int32Array) => codes.indexOf(codes.reduce((a, b) => Math.max(a, b)));
const correct = scores.filter((codes, i) => winner(codes) === labels[i]).length;
const verdict = await verifyTarget(compilation, target, images, expected, { seed: 1, onStep: progress.step });
progress.done();

/** A grey image of codes as text, two rows of pixels per line. */
function picture(codes: Int32Array, width: number): string[] {
  const ramp = " .:-=+*#%@";
  return Array.from({ length: codes.length / width / 2 }, (_, line) =>
    Array.from({ length: width }, (_, x) => {
      const mean = (codes[2 * line * width + x]! + codes[(2 * line + 1) * width + x]!) / 2 + 128;
      return ramp[Math.min(ramp.length - 1, Math.floor((mean * ramp.length) / 256))];
    }).join(""),
  );
}

const first = scores[0]!;
const best = Array.from(first, (code, i) => ({ name: classes[i]!, share: (code + 128) / 256 }))
  .sort((a, b) => b.share - a.share)
  .slice(0, 4)
  .map(({ name, share }) => `${name.padEnd(12)} ${"#".repeat(Math.round(share * 30))} ${(share * 100).toFixed(1)} %`);
const captions = new Map(best.map((line, i) => [i + 4, line]));
const figure = picture(images[0]![0]!, 28).map((line, i) => `  ${line}   ${captions.get(i) ?? ""}`.trimEnd());

const facts: [string, string][] = [
  ["model", `${integerGraph.name}, ${report.layers.length} layers, numerics ${report.numerics}`],
  ["accuracy", `${correct} of ${images.length} shipped test images (all 10,000: examples/fashion-mnist/README.md)`],
  ["work", `${report.macs.toLocaleString("en-US")} MACs per inference`],
  [
    "memory",
    `${plan.arenaBytes.toLocaleString("en-US")} bytes arena (lower bound ${plan.lowerBound.toLocaleString("en-US")}), ${report.weight_bytes.toLocaleString("en-US")} bytes weights`,
  ],
  [
    "proved",
    `${report.layers.reduce((sum, { certificate }) => sum + (certificate?.thresholds ?? 0), 0).toLocaleString("en-US")} rounding thresholds equal to exact rational arithmetic`,
  ],
  ["code", `${outputPath}/ (C99, stands alone)`],
  [
    "verdict",
    verdict.equal
      ? `EQUAL: ${verdict.bytes} bytes of ${images.length} inferences, interpreter = ${verdict.engine}`
      : `DIFFERENT: ${JSON.stringify(verdict.difference)}`,
  ],
  ["time", `${((performance.now() - started) / 1000).toFixed(1)} s`],
];
process.stdout.write(
  `${figure.join("\n")}\n\n${facts.map(([key, value]) => `${key.padEnd(10)}${value}`).join("\n")}\n`,
);
if (!verdict.equal) process.exitCode = exitCode.mismatch;
