/** Options that choose a plan. */
import type { Command } from "commander";
import { isCore, type Target } from "../../targets/core.js";
import { findTarget } from "../../targets/index.js";
import { fail } from "../diagnostics.js";
import type { PlanOptions } from "../plan/make-plan.js";
import { parseBytes } from "./options.js";

export interface MemoryOptions {
  readonly sram?: string;
  readonly flash?: string;
  readonly optimize?: string;
  /** As given: `rows`. */
  readonly streamInput?: string;
}

/** Adds --sram, --flash and --stream-input; --optimize is among the model options. */
export function withMemoryOptions(command: Command): Command {
  return command
    .option("--sram <bytes>", "available RAM, such as 64K, in which to be as fast as possible; default from the target")
    .option(
      "--flash <bytes>",
      "available flash, such as 256K, in which to be as fast as possible; default from the target",
    )
    .option(
      "--stream-input <unit>",
      "rows: the caller hands over the rows of the input one by one (model_push_row), so that it never lies in RAM whole",
    );
}

/** The plan to make for a target; one that gets no C is not limited. Throws QC6001 for values that are none. */
export function planOptions(
  { sram, flash, optimize, streamInput }: MemoryOptions,
  target: Target | undefined,
): PlanOptions {
  if (streamInput !== undefined && streamInput !== "rows") {
    fail("QC6001", `--stream-input ${streamInput}: expected rows.`);
  }
  const core = target && isCore(target) ? target : undefined;
  return {
    optimize: optimize === "memory" ? "memory" : "speed",
    sramBytes: sram === undefined ? (core?.sramBytes ?? undefined) : parseBytes(sram),
    flashBytes: flash === undefined ? (core?.flashBytes ?? undefined) : parseBytes(flash),
    streamInput: streamInput !== undefined,
    core,
  };
}

/** The target called `name`, whose compiler optimises for size where that is wished. Throws QC4001. */
export function targetFor(name: string, { optimize }: MemoryOptions): Target {
  const target = findTarget(name);
  return optimize === "size" && isCore(target) ? { ...target, optimisation: "-Os" } : target;
}
