/** Options that choose a plan. */
import type { Command } from "commander";
import type { EmitOptions } from "../../targets/c/emit.js";
import { placeWeights, type WeightSection } from "../../targets/c/weights.js";
import { isCore, type Target } from "../../targets/core.js";
import { findTarget } from "../../targets/index.js";
import type { Compilation } from "../compile.js";
import { fail } from "../diagnostics.js";
import type { PlanOptions } from "../plan/make-plan.js";
import { streamsInput } from "../plan/plan.js";
import { parseBytes, repeated } from "./options.js";

export interface MemoryOptions {
  readonly sram?: string;
  readonly flash?: string;
  readonly optimize?: string;
  /** As given: `rows`. */
  readonly streamInput?: string;
  readonly externalInput?: boolean;
  /** As given: percent. */
  readonly maxRecompute?: string;
  /** As given: `section[=bytes]`. */
  readonly weights?: readonly string[];
  readonly fetch?: boolean;
}

/** Adds --sram, --flash, --stream-input, --external-input and --max-recompute; --optimize is among the model options. */
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
    )
    .option(
      "--external-input",
      "the input stays in memory of the caller's, such as a frame buffer or flash: model_run takes a pointer to it",
    )
    .option(
      "--max-recompute <percent>",
      "multiply-accumulates that may be done again to save RAM, in strips of columns; of the first layers only with --external-input (default: 0)",
    )
    .option(
      "--weights <section[=bytes]>",
      "linker section for constants; repeat it from the fastest memory to the slowest: those read most often per byte come first",
      repeated,
    )
    .option("--fetch", "copy the constants in the last section into RAM, a step ahead of their use (model_fetch)");
}

/** The compilation with constants in the sections that --weights names, for a target. Throws QC6001 for values that are none. */
export function withWeights(
  compilation: Compilation,
  { weights = [], fetch }: MemoryOptions,
  target: Target,
  emit: EmitOptions = {},
): Compilation {
  if (weights.length === 0 && fetch !== true) return compilation;
  if (weights.length === 0) fail("QC6001", "--fetch copies from the last section of --weights, which is missing.");
  if (!isCore(target)) fail("QC6001", `--weights: ${target.name} gets no C, and its constants no sections.`);
  if (fetch && streamsInput(compilation.plan)) {
    fail("QC6001", "--fetch cannot be combined with --stream-input: its first layers would hold the caller up.");
  }
  const options = { sections: weights.map(parseSection), fetch: fetch === true };
  return { ...compilation, plan: placeWeights(compilation.plan, target, options, emit) };
}

function parseSection(text: string): WeightSection {
  const [, name, bytes] =
    /^([.\w$-]+)(?:=(.+))?$/.exec(text) ??
    fail("QC6001", `--weights ${text}: expected section[=bytes], such as .itcm_rodata=64K.`);
  return { name: name!, bytes: bytes === undefined ? undefined : parseBytes(bytes) };
}

/** The plan to make for a target; one that gets no C is not limited. Throws QC6001 for values that are none. */
export function planOptions(options: MemoryOptions, target: Target | undefined): PlanOptions {
  const { sram, flash, optimize, streamInput, externalInput, maxRecompute } = options;
  if (streamInput !== undefined && streamInput !== "rows") {
    fail("QC6001", `--stream-input ${streamInput}: expected rows.`);
  }
  const core = target && isCore(target) ? target : undefined;
  return {
    optimize: optimize === "memory" ? "memory" : "speed",
    sramBytes: sram === undefined ? (core?.sramBytes ?? undefined) : parseBytes(sram),
    flashBytes: flash === undefined ? (core?.flashBytes ?? undefined) : parseBytes(flash),
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

/** The target called `name`, whose compiler optimises for size where that is wished. Throws QC4001. */
export function targetFor(name: string, { optimize }: MemoryOptions): Target {
  const target = findTarget(name);
  return optimize === "size" && isCore(target) ? { ...target, optimisation: "-Os" } : target;
}
