/** Engine: generated C as WebAssembly in Node, the path that needs no native tool. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../../diagnostics.js";
import { findClang, runClang } from "./clang.js";
import { type Engine, type EngineRequest, type EngineResult, type TraceRecord, unmeasured } from "./engine.js";
import { emulationPath, portFlags, requireStatus, sourceNames, writeProject } from "./harness.js";
import { requireAvailable } from "./tools.js";
import { instantiate, isTrap, type WasmMemory } from "./webassembly.js";

const name = "wasm-c";

const exported = ["emulation_begin", "emulation_infer", "emulation_output"] as const;

/** What the harness exports (runtime-c/emulation/wasm.c). */
type Harness = Readonly<Record<(typeof exported)[number], () => number>> & { readonly memory: WasmMemory };

/** The WebAssembly engine. */
export function wasmC(): Engine {
  async function run(request: EngineRequest): Promise<EngineResult> {
    requireAvailable(await findClang(), name);
    await writeProject(request);
    const program = await compile(request);
    await writeFile(join(request.workDir, "model.wasm"), program);
    const { outputs, trace } = await infer(program, request);
    return { outputs, ...unmeasured, ...(request.trace ? { trace } : {}) };
  }
  return { name, available: findClang, run };
}

async function compile(request: EngineRequest): Promise<Uint8Array> {
  const files = new Map(request.files);
  const harness = ["emulation.h", "fetch.h", "input.h", "trace.h", "wasm.c"];
  for (const file of harness) files.set(`emulation/${file}`, await readFile(emulationPath(file), "utf8"));
  // Only what stands in C: assembly of the project is for other machines.
  const sources = [...sourceNames(request.files).filter((file) => file.endsWith(".c")), "emulation/wasm.c"];
  const trace = request.trace ? ["-include", "emulation/trace.h"] : [];
  const flags = [
    "-std=c99",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-I.",
    "-Iemulation",
    ...trace,
    ...portFlags(request),
  ];
  const link = ["-nostartfiles", "-Wl,--no-entry", ...exported.map((symbol) => `-Wl,--export=${symbol}`)];
  return runClang([...flags, ...link, ...sources, "-o", "model.wasm"], files, "model.wasm");
}

async function infer(
  program: Uint8Array,
  request: EngineRequest,
): Promise<{ outputs: Uint8Array[]; trace: TraceRecord[][] }> {
  const trace: TraceRecord[][] = [];
  let records: TraceRecord[] = [];
  const record = (tensor: number, pointer: number, length: number): void => {
    records.push({ tensor: tensor >>> 0, bytes: slice(pointer, length) });
  };
  const harness = await instantiate<Harness>(program, { host: { trace: record } });
  // A view is made anew each time: memory that grows detaches older ones.
  const slice = (pointer: number, length: number) =>
    new Uint8Array(harness.memory.buffer).slice(pointer, pointer + length);

  const input = harness.emulation_begin();
  if (input === 0) requireStatus(4, name);
  const outputs = request.inputs.map((bytes) => {
    new Uint8Array(harness.memory.buffer).set(bytes, input);
    try {
      requireStatus(harness.emulation_infer(), name);
    } catch (error) {
      if (!isTrap(error)) throw error;
      fail("QC5004", `the program trapped: ${error.message}.`, name);
    }
    trace.push(records);
    records = [];
    return slice(harness.emulation_output(), request.outputBytes);
  });
  return { outputs, trace };
}
