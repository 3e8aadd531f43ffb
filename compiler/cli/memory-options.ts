/** Options that choose a plan. */
import type { Command } from "commander";
import { isCore, type Target } from "../../targets/core.js";
import { fail } from "../diagnostics.js";
import type { PlanOptions } from "../plan/make-plan.js";
import { parseBytes } from "./options.js";

export interface MemoryOptions {
  readonly sram?: string;
  readonly optimize?: string;
  /** As given: `rows`. */
  readonly streamInput?: string;
  readonly externalInput?: boolean;
  /** As given: percent. */
  readonly maxRecompute?: string;
}

/** Adds --sram, --stream-input, --external-input and --max-recompute; --optimize is among the model options. */
export function withMemoryOptions(command: Command): Command {
  return command
    .option("--sram <bytes>", "available RAM, such as 64K, in which to be as fast as possible; default from the target")
    .option(
      "--stream-input <unit>",
      "rows: the caller hands over the rows of the input one by one (model_push_row), so that it never lies in RAM whole",
    )
    .option(
      "--external-input",
      "the input stays in memory of the caller's, such as a frame buffer or flash: model_run takes a pointer to it",
    )
    .option(
      "--max-recompute <percent>",
      "multiply-accumulates that may be done again to save RAM, in strips of columns of an external input (default: 0)",
    );
}

/** The plan to make for a target; one that gets no C is not limited. Throws QC6001 for values that are none. */
export function planOptions(options: MemoryOptions, target: Target | undefined): PlanOptions {
  const { sram, optimize, streamInput, externalInput, maxRecompute } = options;
  if (streamInput !== undefined && streamInput !== "rows") {
    fail("QC6001", `--stream-input ${streamInput}: expected rows.`);
  }
  const core = target && isCore(target) ? target : undefined;
  return {
    optimize: optimize === "memory" ? "memory" : "speed",
    sramBytes: sram === undefined ? (core?.sramBytes ?? undefined) : parseBytes(sram),
    streamInput: streamInput !== undefined,
    externalInput: externalInput === true,
    maxRecompute: maxRecompute === undefined ? undefined : parsePercent(maxRecompute),
    core,
  };
}

function parsePercent(text: string): number {
  const percent = /^\d+(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (Number.isFinite(percent)) return percent;
  return fail("QC6001", `--max-recompute ${text}: expected a percentage of at least 0, such as 5.`);
}
