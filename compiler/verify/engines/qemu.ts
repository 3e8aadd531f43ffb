/** Engine: generated C on an emulated core, bare metal, with instructions, stack and flash measured. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Core, Emulator } from "../../../targets/core.js";
import { fail } from "../../diagnostics.js";
import { type CompiledUnit, type StackBound, stackBound } from "./call-graph.js";
import { type Engine, type EngineRequest, type EngineResult, unmeasured } from "./engine.js";
import {
  emulationPath,
  portFlags,
  profileFlags,
  readOutputs,
  readTrace,
  requireFinished,
  sourceNames,
  traceFlags,
  writeProject,
} from "./harness.js";
import { libraryFrames } from "./library-frames.js";
import { allDone, findTools, requireAvailable, runOrFail, runTool } from "./tools.js";

/** The emulated engine of an Arm or RISC-V core. */
export function qemu(core: Core): Engine {
  const name = `qemu:${core.name}`;
  const emulator = core.emulator ?? fail("QC4003", "this target has no emulator.", core.name);
  const available = () => findTools([core.compiler, emulator.command, "gcc"]);

  async function run(request: EngineRequest): Promise<EngineResult> {
    requireAvailable(await available(), name);
    const cwd = request.workDir;
    await allDone([build(core, emulator, request), buildCounter(cwd)]);
    const result = await runTool(emulator.command, await emulatorOptions(core, emulator, cwd), { cwd, timeout: 3600 });
    requireFinished(result, name);
    const outputs = await readOutputs(request, name);
    if (request.trace) return { outputs, ...unmeasured, trace: await readTrace(cwd) };
    return {
      outputs,
      ...(await readCounts(core, cwd)),
      stackBytes: await readStack(cwd),
      stackBound: await readStackBound(core, cwd),
      ...(await readSizes(core, cwd)),
    };
  }

  return { name, available, run };
}

/** Compiles the model and the harness separately, because the linker script tells them apart by name, and links them. */
async function build(core: Core, emulator: Emulator, request: EngineRequest): Promise<void> {
  const cwd = request.workDir;
  const source = await writeProject(request);
  // Arm's compiler comes with newlib; RISC-V's comes without a C library, so the emulation brings what it needs.
  const bare = core.family === "riscv";
  const includes = ["-I", source, ...(bare ? ["-I", emulationPath("freestanding")] : [])];
  const common = [...core.flags, "-std=c99", "-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-fdata-sections"];
  // The machine has one memory for constants.
  const model = [
    ...common,
    core.optimisation,
    "-DQC_SECTION(name)=",
    ...traceFlags(request),
    ...profileFlags(request),
    ...includes,
  ];
  const harness = [
    ...common,
    ...portFlags(request),
    "-O2",
    "-ffreestanding",
    "-fno-tree-loop-distribute-patterns",
    ...includes,
    "-I",
    emulationPath(),
  ];
  const compile = (...options: string[]) => runOrFail(core.compiler, options, { cwd });
  const compileHarness = (file: string, object: string) => compile(...harness, "-c", emulationPath(file), "-o", object);
  // By way of the assembly text, which readStackBound wants as well.
  const compileModel = async (file: string, object: string, ...flags: string[]) => {
    const text = object.replace(/o$/, "s");
    await compile(...model, ...flags, "-fcallgraph-info=su", "-S", file, "-o", text);
    await compile(...core.flags, "-c", text, "-o", object);
  };
  const sources = sourceNames(request.files).map((file) => [file, `${file.replaceAll("/", "-")}.o`] as const);
  const parts = ["target.c", `start-${core.family}.c`].map((file) => [file, `emulation-${file}.o`] as const);
  const jobs = [
    ...sources.map(([file, object]) => compileModel(join(source, file), object)),
    ...parts.map(([file, object]) => compileHarness(file, object)),
  ];
  const string = emulationPath("freestanding", "string.c");
  if (bare) jobs.push(compileModel(string, "string.o", "-fno-tree-loop-distribute-patterns"));
  await allDone(jobs);
  const objects = [...sources, ...parts].map(([, object]) => object).concat(bare ? ["string.o"] : []);

  const symbols: [string, number][] = [
    ["VECTORS", emulator.vectors],
    ["CODE_ORIGIN", emulator.code.origin],
    ["CODE_LENGTH", emulator.code.length],
    ["RAM_ORIGIN", emulator.ram.origin],
    ["RAM_LENGTH", emulator.ram.length],
  ];
  const link = [...symbols.map(([symbol, value]) => `-Wl,--defsym=${symbol}=${value}`), "-Wl,--gc-sections"];
  const libraries = bare ? ["-nostdlib", "-lgcc"] : ["-nostartfiles"];
  const script = ["-T", emulationPath("link.ld")];
  await runOrFail(core.compiler, [...core.flags, ...link, ...script, ...objects, ...libraries, "-o", "model.elf"], {
    cwd,
  });
}

/** Builds the counting plugin for this machine's QEMU. */
async function buildCounter(cwd: string): Promise<void> {
  const flags = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"];
  await runOrFail("gcc", [...flags, emulationPath("count.c"), "-o", "count.so"], { cwd });
}

async function emulatorOptions(core: Core, emulator: Emulator, cwd: string): Promise<string[]> {
  const symbols = await runOrFail(binutil(core, "nm"), ["model.elf"], { cwd });
  const address = (symbol: string) => new RegExp(`^([0-9a-f]+) . ${symbol}$`, "m").exec(symbols)![1]!;
  const marks = layerMarks(symbols).map((mark) => mark.address);
  const plugin = [`begin=${address("counted_begin")}`, `end=${address("counted_end")}`];
  if (marks.length > 0) plugin.push(`marks=${[...new Set(marks)].join(":")}`);
  if (core.family === "arm") plugin.push("cycles=arm");
  return [
    ...["-M", emulator.machine, ...emulator.arguments, "-display", "none", "-serial", "none", "-monitor", "none"],
    ...["-semihosting-config", "enable=on,target=native"],
    ...["-plugin", `./count.so,${plugin.join(",")},out=counts.txt`],
    ...["-kernel", "model.elf"],
  ];
}

/** Where the layers of a profile build end, in order of address: tensors that share an address have no code of their own. */
function layerMarks(symbols: string): { readonly tensor: number; readonly address: string }[] {
  return [...symbols.matchAll(/^([0-9a-f]+) . emulation_layer_(\d+)$/gm)]
    .map(([, address, tensor]) => ({ tensor: Number(tensor), address: address! }))
    .sort((a, b) => Number.parseInt(a.address, 16) - Number.parseInt(b.address, 16) || a.tensor - b.tensor);
}

type Counts = Pick<EngineResult, "instructions" | "instructionRange" | "estimatedCycles" | "layers">;

async function readCounts(core: Core, cwd: string): Promise<Counts> {
  const lines = (await readFile(join(cwd, "counts.txt"), "utf8")).trim().split("\n");
  const passages = lines.map((line) => line.trim().split(" ").map(Number)).sort((a, b) => a.at(-2)! - b.at(-2)!);
  const median = passages[(passages.length - 1) >> 1]!;
  const instructions = median.at(-2)!;
  const counts = {
    instructions,
    instructionRange: { lo: passages[0]!.at(-2)!, hi: passages.at(-1)!.at(-2)! },
    estimatedCycles: core.family === "arm" ? median.at(-1)! : null,
  };
  if (median.length === 2) return counts;
  const marks = layerMarks(await runOrFail(binutil(core, "nm"), ["model.elf"], { cwd }));
  // Of tensors with one address the first was computed there; the others are its bytes under another name.
  const ends = marks.filter(({ address }, i) => address !== marks[i - 1]?.address);
  const at = (mark: number, column: 0 | 1) => (mark < 0 ? 0 : median[2 * mark + column]!);
  const layers = ends.map(({ tensor }, i) => ({
    tensor,
    instructions: at(i, 0) - at(i - 1, 0),
    cycles: at(i, 1) - at(i - 1, 1),
  }));
  return { ...counts, layers };
}

async function readStack(cwd: string): Promise<number> {
  return (await readFile(join(cwd, "stack.bin"))).readUInt32LE(0);
}

/** From what compileModel left beside the objects, and from the linked program for what they call of libraries. */
async function readStackBound(core: Core, cwd: string): Promise<StackBound> {
  const names = (await readdir(cwd)).filter((file) => file.endsWith(".ci")).map((file) => join(cwd, file.slice(0, -3)));
  const read = async (name: string): Promise<CompiledUnit> => ({
    graph: await readFile(`${name}.ci`, "utf8"),
    assembly: await readFile(`${name}.s`, "utf8"),
  });
  const units = await Promise.all(names.map(read));
  const streams = units.some(({ graph }) => graph.includes('"model_push_row"'));
  const program = await runOrFail(binutil(core, "objdump"), ["-dt", "--no-show-raw-insn", "model.elf"], { cwd });
  return stackBound(units, streams ? "model_push_row" : "model_run", libraryFrames(program));
}

/** The linker script gathers the model's instructions in .code and its constants in .weights; initialised data need flash too. */
async function readSizes(core: Core, cwd: string): Promise<Pick<EngineResult, "codeBytes" | "weightBytes">> {
  const table = await runOrFail(binutil(core, "size"), ["-A", "model.elf"], { cwd });
  const size = (section: string) => Number(new RegExp(`^\\${section} +(\\d+)`, "m").exec(table)?.[1] ?? 0);
  return { codeBytes: size(".code"), weightBytes: size(".weights") + size(".data") };
}

/** A tool that comes with the core's compiler: `arm-none-eabi-gcc` to `arm-none-eabi-nm`. */
function binutil(core: Core, tool: string): string {
  return core.compiler.replace(/gcc$/, tool);
}
