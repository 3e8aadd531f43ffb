/** External programs: whether they are there, how to get them, how to run them. */
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { fail } from "../../diagnostics.js";
import type { Availability } from "./engine.js";

/** Debian packages by command. */
const packages: Readonly<Record<string, readonly string[]>> = {
  gcc: ["gcc", "libc6-dev"],
  "arm-none-eabi-gcc": ["gcc-arm-none-eabi", "libnewlib-arm-none-eabi"],
  "riscv64-unknown-elf-gcc": ["gcc-riscv64-unknown-elf"],
  "qemu-system-arm": ["qemu-system-arm"],
  "qemu-system-riscv32": ["qemu-system-misc"],
  verilator: ["verilator", "g++", "make"],
  iverilog: ["iverilog"],
  yosys: ["yosys"],
  "nextpnr-ice40": ["nextpnr-ice40"],
  icepack: ["fpga-icestorm"],
};

/** Looks for commands on PATH; says which are missing and what installs them on Debian. */
export async function findTools(commands: readonly string[]): Promise<Availability> {
  const missing: string[] = [];
  for (const command of commands) if (!(await onPath(command))) missing.push(command);
  if (missing.length === 0) return { ok: true };
  const wanted = [...new Set(missing.flatMap((command) => packages[command] ?? [command]))];
  return {
    ok: false,
    reason: `${missing.join(", ")} not found on PATH`,
    install: `apt-get install -y --no-install-recommends ${wanted.join(" ")}`,
  };
}

/** Throws QC5001 unless `availability` is ok. */
export function requireAvailable(availability: Availability, engine: string): void {
  if (!availability.ok) fail("QC5001", `${availability.reason}. Install with: ${availability.install}`, engine);
}

export interface ToolRun {
  readonly cwd: string;
  /** Seconds after which the program is ended. */
  readonly timeout?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ToolResult {
  /** Undefined when the program ended by a signal or by the timeout. */
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever its exit status. */
export async function runTool(command: string, options: readonly string[], run: ToolRun): Promise<ToolResult> {
  const result = await execa(command, options, {
    cwd: run.cwd,
    env: { LC_ALL: "C", ...run.environment },
    stdin: "ignore",
    reject: false,
    ...(run.timeout === undefined ? {} : { timeout: run.timeout * 1000 }),
  });
  return { exitCode: result.exitCode, timedOut: result.timedOut, stdout: result.stdout, stderr: result.stderr };
}

/** Runs a program that must succeed, such as a compiler; returns its standard output. Throws QC5002. */
export async function runOrFail(command: string, options: readonly string[], run: ToolRun): Promise<string> {
  const { exitCode, stdout, stderr } = await runTool(command, options, run);
  if (exitCode === 0) return stdout;
  return fail("QC5002", `exit status ${exitCode ?? "none"}:\n${excerpt(stderr || stdout)}`, command);
}

/** Waits for every job, even when one fails, so that none still writes files afterwards; then throws the first failure. */
export async function allDone(jobs: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(jobs)) if (result.status === "rejected") throw result.reason;
}

/** The first lines of a tool's messages. */
export function excerpt(text: string, lines = 20): string {
  const all = text.trimEnd().split("\n");
  return all.length <= lines
    ? all.join("\n")
    : [...all.slice(0, lines), `(${all.length - lines} more lines)`].join("\n");
}

async function onPath(command: string): Promise<boolean> {
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    if (directory === "") continue;
    try {
      await access(join(directory, command), constants.X_OK);
      return true;
    } catch {
      // not in this directory
    }
  }
  return false;
}
