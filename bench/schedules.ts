/** What the schedules of the models with images cost on a Cortex-M4: the fastest, by rows in so many bytes, the smallest. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BenchRow, bench } from "../compiler/cli/bench.js";

const record = join(dirname(fileURLToPath(import.meta.url)), "schedules.json");

/** Bytes of the arena that are given by `--sram`: the input resident, and by rows. */
const rooms: Readonly<Record<string, { readonly resident: readonly number[]; readonly streamed: readonly number[] }>> =
  {
    IC: { resident: [16_896, 15_360], streamed: [15_072, 12_288] },
    KWS: { resident: [5_632], streamed: [5_376] },
    VWW: { resident: [28_416], streamed: [14_592] },
  };

interface ScheduleRow extends BenchRow {
  readonly id: string;
  /** Options of the command line, besides the target. */
  readonly schedule: string;
}

/** Measures all schedules and records them; `paths`: model files by id. */
export async function measureSchedules(paths: ReadonlyMap<string, string>): Promise<ScheduleRow[]> {
  const rows: ScheduleRow[] = [];
  for (const [id, { resident, streamed }] of Object.entries(rooms)) {
    const within = (sizes: readonly number[]) => [
      ...sizes.map((bytes) => ({ sram: `${bytes}` })),
      { optimize: "memory" },
    ];
    const byRows = within(streamed).map((options) => ({ ...options, streamInput: "rows" }));
    for (const options of [{}, ...within(resident), ...byRows]) {
      const schedule = Object.entries(options).map(([name, value]) => `${flags[name]} ${value}`);
      process.stderr.write(`${id}, ${schedule.join(" ")}\n`);
      const row = await bench(paths.get(id)!, "cortex-m4", options);
      rows.push({ id, schedule: schedule.join(" "), ...row });
    }
  }
  writeFileSync(record, `${JSON.stringify(rows, null, 2)}\n`);
  return rows;
}

const flags: Readonly<Record<string, string>> = {
  sram: "--sram",
  optimize: "--optimize",
  streamInput: "--stream-input",
};

/** The schedules measured last. */
export const recordedSchedules = (): ScheduleRow[] => JSON.parse(readFileSync(record, "utf8"));

/** The table, in Markdown; ends in a newline. */
export function schedulesTable(rows: readonly ScheduleRow[]): string {
  const number = (value: number | null) => (value === null ? "-" : value.toLocaleString("en-US"));
  const lines = rows.map((row) => {
    const fastest = rows.find(({ id }) => id === row.id)!.instructions!;
    const added = (100 * (row.instructions! - fastest)) / fastest;
    const cells = [
      row.id,
      row.schedule === "" ? "the fastest" : `\`${row.schedule}\``,
      number(row.arena_bytes),
      number(row.instructions),
      row.schedule === "" ? "-" : `${added.toFixed(1)} %`,
      number(row.estimated_cycles),
      number(row.code_bytes),
      row.constant_time ? "yes" : "no",
      row.bit_exact ? "yes" : "NO",
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const header = [
    "model",
    "options",
    "arena",
    "instructions",
    "added",
    "zero-wait cycles",
    "code",
    "same for all inputs",
    "bit-exact",
  ];
  return `| ${header.join(" | ")} |\n|${header.map(() => "---").join("|")}|\n${lines.join("\n")}\n`;
}
