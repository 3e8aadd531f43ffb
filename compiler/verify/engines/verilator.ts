/** Runs a Verilog project in Verilator: bytes in, bytes out, under random stalls of both streams. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { frameBytes, projectPorts, type StreamPort, type StreamPorts } from "../../../targets/verilog/ports.js";
import { packageFile } from "../../../targets/verilog/sources.js";
import { fail } from "../../diagnostics.js";
import { excerpt, runOrFail, runTool } from "./tools.js";

export interface SimulatorOptions {
  /** Folder that takes the project, the simulator and its data. */
  readonly workDir: string;
  /** Top module; by default the one that the project's `.f` file list is named after. */
  readonly top?: string | undefined;
  /** Print the beats of every tensor (QC_TRACE of the emitted top). */
  readonly trace?: boolean | undefined;
  /** The project is a synthesised netlist with cell models, whose style is not checked. */
  readonly netlist?: boolean | undefined;
  /** The top module has a `select` input that chooses one of several designs. */
  readonly select?: boolean | undefined;
  /** Ports of the top module, for files that are no emitted project. */
  readonly ports?: StreamPorts | undefined;
}

export interface RunOptions {
  /** Elements on the ports, where `select` makes them others than the top module's. */
  readonly ports?: StreamPorts | undefined;
  /** Random stalls from this seed; none when undefined. */
  readonly stallSeed?: number | undefined;
  /** Which stream stalls when there is a seed; both by default. */
  readonly stall?: "input" | "output" | "both" | undefined;
  /** Value of the `select` input. */
  readonly select?: number | undefined;
  /** Cycles without a beat on either stream that count as a hang. */
  readonly idleLimit?: number | undefined;
}

export interface SimulationResult {
  /** Bytes of all outputs of each inference, one after another. */
  readonly outputs: Uint8Array[];
  /** From the first input beat to the last output beat of the last inference. */
  readonly cycles: number;
  /** From the first input beat to the last output beat of the first inference. */
  readonly firstLatency: number;
  /** Between the last output beats of the last two inferences. */
  readonly interval: number;
  /** With `trace`: the bytes of every tensor by id, all inferences in a row. */
  readonly trace: ReadonlyMap<number, Uint8Array>;
}

const stallPercent = 30;
const defaultIdleLimit = 2_000_000;
/** Exit status of the bench when nothing moves any more. */
const hang = 3;

/** A built simulator. */
export interface Simulator {
  /** Runs inferences back to back; each input is the bytes of all graph inputs, one after another. */
  run(inputs: readonly Uint8Array[], options?: RunOptions): Promise<SimulationResult>;
}

/** Writes the project and builds its simulator. */
export async function buildVerilator(
  files: ReadonlyMap<string, string>,
  options: SimulatorOptions,
): Promise<Simulator> {
  const { workDir, trace, netlist, select } = options;
  const ports = options.ports ?? projectPorts(files);
  const driver = new Map([
    ["bench.cpp", packageFile("hdl/tb/bench.cpp")],
    ["ports.h", portsHeader(ports)],
  ]);
  for (const [path, text] of [...files, ...driver]) {
    await mkdir(dirname(join(workDir, path)), { recursive: true });
    await writeFile(join(workDir, path), text);
  }
  const modules = [...files.keys()].filter((file) => file.endsWith(".v"));
  const flags = "--cc --exe --build -O3 --x-assign unique --x-initial unique --prefix Vtop --Mdir obj".split(" ");
  // Compiling takes longer than simulating: -O1 for what runs every cycle, nothing for what runs once.
  const make = ["-j", "2", "-MAKEFLAGS", "OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1 -s"];
  make.push("-CFLAGS", `-I..${select ? " -DQC_SELECT" : ""}`);
  const defines = [...(trace ? ["-DQC_TRACE"] : []), ...(netlist ? ["-Wno-fatal", "-Wno-lint", "-Wno-style"] : [])];
  const list = [...files.keys()].find((file) => file.endsWith(".f"));
  const top =
    options.top ??
    list?.slice(0, -2) ??
    fail("QC5002", "the project has no .f file list to name its top module", "verilator");
  const build = [...flags, ...make, ...defines, "--top-module", top, ...modules, "bench.cpp"];
  await runOrFail("verilator", build, { cwd: workDir });
  let runs = 0;
  return {
    async run(inputs, run = {}) {
      const tag = runs++;
      const { inputs: sources, outputs: sinks } = run.ports ?? ports;
      const bytes = frameBytes(sinks);
      await writeFile(join(workDir, `in${tag}.bin`), Buffer.concat(inputs));
      const stalls = run.stallSeed === undefined ? "none" : (run.stall ?? "both");
      const args = [
        `in${tag}.bin`,
        `out${tag}.bin`,
        layout(sources),
        layout(sinks),
        run.select ?? 0,
        run.stallSeed ?? 0,
        stalls === "input" || stalls === "both" ? stallPercent : 0,
        stalls === "output" || stalls === "both" ? stallPercent : 0,
        run.idleLimit ?? defaultIdleLimit,
      ].map(String);
      const bench = await runTool(join(workDir, "obj/Vtop"), args, { cwd: workDir });
      if (bench.exitCode !== 0) {
        fail(bench.exitCode === hang ? "QC5004" : "QC5002", excerpt(bench.stderr || bench.stdout), "verilator");
      }
      const text = bench.stdout;
      const output = await readFile(join(workDir, `out${tag}.bin`));
      const summary = /^QC_BENCH (\d+) (\d+) (\d+)$/m.exec(text)!;
      return {
        outputs: inputs.map((_, i) => new Uint8Array(output.subarray(i * bytes, (i + 1) * bytes))),
        cycles: Number(summary[1]),
        firstLatency: Number(summary[2]),
        interval: Number(summary[3]),
        trace: parseTrace(text),
      };
    },
  };
}

/** What bench.cpp must know of the ports when it is compiled. */
function portsHeader({ inputs, outputs }: StreamPorts): string {
  const list = (ports: readonly StreamPort[]) => ports.map(({ name }) => `PORT(${name})`).join(" ");
  return `#define QC_INPUTS(PORT) ${list(inputs)}\n#define QC_OUTPUTS(PORT) ${list(outputs)}\n`;
}

/** What it must know when it runs. */
function layout(ports: readonly StreamPort[]): string {
  return ports.map(({ bytes, elements }) => `${bytes}x${elements}`).join(",");
}

/** Beats are printed as hexadecimal numbers of two digits per byte. */
function parseTrace(text: string): Map<number, Uint8Array> {
  const beats = new Map<number, number[]>();
  for (const [, tensor, digits] of text.matchAll(/^QC_TRACE (\d+) ([0-9a-f]+)$/gm)) {
    const list = beats.get(Number(tensor)) ?? [];
    beats.set(Number(tensor), list);
    for (let end = digits!.length; end > 0; end -= 2) list.push(Number.parseInt(digits!.slice(end - 2, end), 16));
  }
  return new Map([...beats].map(([tensor, list]) => [tensor, Uint8Array.from(list)]));
}
