/**
 * `npm run fit:costs -- TARGET [FOLDER [MODEL...]]`: fits the cost figures of an emulated core to the measured layers of the MLPerf Tiny
 * models (FOLDER, default ../shared/data/mlperf-tiny), under every setting that chooses other kernels, and of more models as they are by
 * default, and writes them to its JSON. Kernels that none of these runs keep theirs.
 * Relative errors are minimised, coefficients kept from becoming negative. `npx biome format --write targets/cores` sets the file as all others.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { benchLayers } from "../compiler/cli/bench-layers.js";
import { costKeys } from "../targets/c/costs.js";
import { packagePath } from "../targets/package-root.js";

const [target = "cortex-m4", folder = packagePath("..", "shared", "data", "mlperf-tiny"), ...more] =
  process.argv.slice(2);
const settings = [{}, { flash: "0" }, { numerics: "tflite" }];

interface Sample {
  readonly sizes: readonly number[];
  readonly instructions: number;
}

const samples = new Map<string, Sample[]>();
const tiny = readdirSync(folder).filter((name) => /int8\.onnx$/.test(name));
const models = [
  ...tiny.flatMap((name) => settings.map((options) => ({ file: join(folder, name), options }))),
  ...more.map((file) => ({ file, options: {} })),
];
for (const { file, options } of models) {
  process.stderr.write(`${file} ${JSON.stringify(options)}\n`);
  const { layers } = await benchLayers(file, target, options);
  for (const { kernel, macs, inputs, output, instructions } of layers) {
    const outputs = output.reduce((product, size) => product * size, 1);
    const sizes = [macs, inputs, outputs, outputs / output.at(-1)!, 1];
    samples.set(kernel, [...(samples.get(kernel) ?? []), { sizes, instructions }]);
  }
}

const path = packagePath("targets", "cores", `${target}.json`);
const core = JSON.parse(readFileSync(path, "utf8"));
const fitted = [...samples].map(([kernel, list]) => [
  kernel,
  Object.fromEntries(fit(list).map((value, i) => [costKeys[i], value])),
]);
const costs = Object.fromEntries(
  Object.entries({ ...core.costs, ...Object.fromEntries(fitted) }).sort(([a], [b]) => (a < b ? -1 : 1)),
);
writeFileSync(path, `${JSON.stringify({ ...core, costs }, null, 2)}\n`);

/** Least squares of relative errors over the coefficients in use; the most negative one leaves until none is. */
function fit(list: readonly Sample[]): number[] {
  let used = costKeys.map((_, i) => i).filter((i) => list.some(({ sizes }) => sizes[i]! > 0));
  for (;;) {
    const rows = list.map(({ sizes, instructions }) => used.map((i) => sizes[i]! / instructions));
    const matrix = used.map((_, a) => used.map((__, b) => rows.reduce((sum, row) => sum + row[a]! * row[b]!, 0)));
    const right = used.map((_, a) => rows.reduce((sum, row) => sum + row[a]!, 0));
    const solved = solve(matrix, right);
    const worst = solved.reduce((least, value, i) => (value < solved[least]! ? i : least), 0);
    if (solved[worst]! >= 0 || used.length === 1) {
      return costKeys.map((_, i) => (used.includes(i) ? rounded(solved[used.indexOf(i)]!) : 0));
    }
    used = used.filter((_, i) => i !== worst);
  }
}

/** Four digits; what is too small to count is noise. */
function rounded(value: number): number {
  return value < 1e-3 ? 0 : Number(value.toPrecision(4));
}

/** Gauss's elimination with pivots; unknowns that the samples cannot tell apart become 0. */
function solve(matrix: number[][], right: number[]): number[] {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const largest = rows.map((row, i) => row[i]!);
  const free = new Set<number>();
  for (let column = 0; column < n; column++) {
    const pivot = rows[column]![column]!;
    if (Math.abs(pivot) < 1e-9 * largest[column]!) {
      free.add(column);
      continue;
    }
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const factor = rows[row]![column]! / pivot;
      rows[row] = rows[row]!.map((value, k) => value - factor * rows[column]![k]!);
    }
  }
  return rows.map((row, i) => (free.has(i) ? 0 : row[n]! / row[i]!));
}
