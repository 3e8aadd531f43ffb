/**
 * `npm run bench`: the table against peers, reproduced by one command: README.md of this folder, from `results.json`.
 * Units repeat exactly: instructions under QEMU's counting plugin, bytes, simulated cycles.
 * Arguments: models' folder (default ../shared/data/mlperf-tiny), then targets; rows of other targets stay as recorded.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BenchRow, bench } from "../compiler/cli/bench.js";
import { peers } from "./peers.js";
import { measureSchedules, recordedSchedules, schedulesTable } from "./schedules.js";

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? join(here, "..", "..", "shared", "data", "mlperf-tiny");
const models = {
  AD: "ad01_int8",
  IC: "ic01_resnet8_int8",
  KWS: "kws01_dscnn_int8",
  VWW: "vww01_mobilenetv1_025_int8",
} as const;
const targets = ["cortex-m0plus", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55", "rv32imc", "verilog"] as const;
const chosen = process.argv.slice(3);

type Row = BenchRow & { id: keyof typeof models };
const recorded: Row[] = JSON.parse(readFileSync(join(here, "results.json"), "utf8"));
const rows: Row[] = [];
for (const [id, file] of Object.entries(models) as [keyof typeof models, string][]) {
  const path = join(folder, `${file}.onnx`);
  if (!existsSync(path)) throw new Error(`${path} is missing; give the folder of the MLPerf Tiny models`);
  for (const target of targets) {
    if (chosen.length > 0 && !chosen.includes(target)) {
      rows.push(...recorded.filter((row) => row.id === id && row.target === target));
      continue;
    }
    for (const optimize of target === "verilog" ? ["speed"] : ["speed", "size"]) {
      process.stderr.write(`${id} on ${target}, ${optimize}\n`);
      rows.push({ id, ...(await bench(path, target, { optimize })) });
    }
  }
}

const paths = new Map(Object.entries(models).map(([id, file]) => [id, join(folder, `${file}.onnx`)]));
const measured = chosen.length === 0 || chosen.includes("cortex-m4");
const schedules = measured ? await measureSchedules(paths) : recordedSchedules();

const number = (value: number | null) => (value === null ? "-" : value.toLocaleString("en-US"));
const ratio = (own: number | null, peer: number | undefined) =>
  own === null || peer === undefined ? "-" : (peer / own).toFixed(2);
const lines = rows.map((row) => {
  const peer = peers[row.target]?.[row.id];
  const cells = [
    row.optimize === "size" ? `${row.id}, size` : row.id,
    row.target,
    number(row.instructions ?? row.cycles?.interval ?? null),
    number(peer?.instructions ?? null),
    ratio(row.instructions, peer?.instructions),
  ];
  cells.push(
    number(row.estimated_cycles ?? null),
    row.constant_time === true ? "yes" : row.constant_time === false ? "no" : "-",
    number(row.arena_bytes),
    number(peer?.arena ?? null),
    number(row.stack_bytes),
    number(row.stack_bound_bytes ?? null),
    number(row.code_bytes),
    number(peer?.code ?? null),
    number(row.weight_bytes),
    row.bit_exact ? "yes" : "NO",
  );
  return `| ${cells.join(" | ")} |`;
});
const header = [
  "model",
  "target",
  "instructions (Verilog: cycles)",
  "peer",
  "peer / ours",
  "zero-wait cycles",
  "same for all inputs",
  "arena",
  "peer",
  "stack",
  "bound",
  "code",
  "peer",
  "weights",
  "bit-exact",
];
writeFileSync(join(here, "results.json"), `${JSON.stringify(rows, null, 2)}\n`);
writeFileSync(
  join(here, "README.md"),
  `# Benchmarks

\`npm run bench\` reproduces this table. Instructions of one inference under QEMU 7.2's counting plugin, numerics exact; bytes of RAM and flash.
Peers: TensorFlow Lite Micro with CMSIS-NN (Arm), with muRISCV-NN (RISC-V), \`-O3\`, and its reference kernels alone (Cortex-M0+, the faster of \`-O3\` and its own flags), as recorded in \`peers.ts\`; their arena includes what their runtime keeps
there. Zero-wait cycles: a Cortex-M4 whose memory never waits, estimated by the rules of \`runtime-c/emulation/count.c\`, whatever Arm core counts. "same for all inputs": both inputs took as many instructions,
so the figure is a bound for all. Rows without a word are the default, the fastest within the target's flash and RAM (IC has Winograd layers on M4, M7, M33 and rv32imc); "size": \`--optimize size\`. Stack: as painted; its bound from the compiler's frames along the call graph and what inline assembly pushes; what the C library takes is in the painted one alone (memcpy: 12 bytes on Cortex-M0+). "peer / ours" above 1 means fewer instructions here. Verilog: simulated cycles between inferences that follow each other.

| ${header.join(" | ")} |
|${header.map(() => "---").join("|")}|
${lines.join("\n")}

Schedules on a Cortex-M4: what less RAM costs. AnomalyDetection has no rows; its fastest schedule is its smallest.

${schedulesTable(schedules)}`,
);
