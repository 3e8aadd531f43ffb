/** What the engines share: writing the project and the inputs, and reading what a harness (runtime-c/emulation) left. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { packagePath } from "../../../targets/package-root.js";
import { fail } from "../../diagnostics.js";
import type { EngineRequest, TraceRecord } from "./engine.js";
import { excerpt, type ToolResult } from "./tools.js";

/** A file of runtime-c/emulation. */
export function emulationPath(...segments: string[]): string {
  return packagePath("runtime-c", "emulation", ...segments);
}

/** Flags that give generated code the trace hook. */
export function traceFlags(request: EngineRequest): string[] {
  return request.trace ? ["-include", emulationPath("trace.h")] : [];
}

/** Flags that mark the end of each layer for the instruction counter. */
export function profileFlags(request: EngineRequest): string[] {
  return request.profile ? ["-include", emulationPath("profile.h")] : [];
}

/**
 * Flags that tell the harness the functions of every input and output with their sizes, and whether model_run takes the input.
 * The project's header says how many there are: a single one has no number.
 */
export function portFlags({ files }: EngineRequest): string[] {
  const header = files.get("model.h") ?? fail("QC5002", "the project has no model.h.", "harness");
  const external = /\bmodel_run\(model_context \*context, const /.test(header);
  const ports = (["input", "output"] as const).map((role) => {
    const macro = `MODEL_${role.toUpperCase()}`;
    const numbers = [...header.matchAll(new RegExp(`^#define ${macro}(_\\d+)_BYTES `, "gm"))].map(
      ([, number]) => number,
    );
    const listed = (numbers.length === 0 ? [""] : numbers).map(
      (number) => `port(model_${role}${number}, ${macro}${number}_BYTES)`,
    );
    return `-DEMULATION_${role.toUpperCase()}S(port)=${listed.join(" ")}`;
  });
  return external ? [...ports, "-DEMULATION_EXTERNAL_INPUT"] : ports;
}

/** Names of the project's files that are compiled, in order of name: all but the example, whose place the harness takes. */
export function sourceNames(files: ReadonlyMap<string, string>): string[] {
  return [...files.keys()].filter((name) => /\.[cS]$/.test(name) && name !== "main.c").sort();
}

/** Writes the project to `workDir`/source and the inputs, one after the other, to `workDir`/inputs.bin; returns the former. */
export async function writeProject(request: EngineRequest): Promise<string> {
  const source = join(request.workDir, "source");
  for (const [name, text] of request.files) {
    await mkdir(dirname(join(source, name)), { recursive: true });
    await writeFile(join(source, name), text);
  }
  await writeFile(join(request.workDir, "inputs.bin"), Buffer.concat(request.inputs));
  return source;
}

/** Exit statuses of emulation.h. */
const statuses: Readonly<Record<number, string>> = {
  3: "the harness could not open or write its files",
  4: "model_init refused an arena of MODEL_ARENA_BYTES",
  5: "the model wrote outside its arena, or its stack grew into it",
  6: "the model needs more stack than the 64 KiB of the emulation",
  7: "the program faulted",
};

/** Throws QC5004 unless the program ended well. */
export function requireFinished(result: ToolResult, engine: string): void {
  if (result.exitCode === 0) return;
  if (result.timedOut) fail("QC5004", "the program did not end in time. Run fewer inferences.", engine);
  requireStatus(result.exitCode, engine, excerpt(result.stderr));
}

/** Throws QC5004 with the meaning of a harness's exit status, unless it is 0. */
export function requireStatus(status: number | undefined, engine: string, details = ""): void {
  if (status === 0) return;
  const meaning = statuses[status ?? -1] ?? `the program ended with status ${status ?? "none"}`;
  fail("QC5004", details === "" ? `${meaning}.` : `${meaning}:\n${details}`, engine);
}

/** Cuts outputs.bin into one output per input. */
export async function readOutputs(request: EngineRequest, engine: string): Promise<Uint8Array[]> {
  const bytes = new Uint8Array(await readFile(join(request.workDir, "outputs.bin")));
  const expected = request.inputs.length * request.outputBytes;
  if (bytes.length !== expected) {
    fail(
      "QC5004",
      `got ${bytes.length} bytes of output for ${request.inputs.length} inputs, expected ${expected}.`,
      engine,
    );
  }
  return request.inputs.map((_, k) => bytes.slice(k * request.outputBytes, (k + 1) * request.outputBytes));
}

/** Reads trace.bin: records of index, length and bytes; index 0xffffffff ends an inference. */
export async function readTrace(workDir: string): Promise<TraceRecord[][]> {
  const file = await readFile(join(workDir, "trace.bin"));
  const inferences: TraceRecord[][] = [];
  let records: TraceRecord[] = [];
  for (let at = 0; at < file.length; ) {
    const tensor = file.readUInt32LE(at);
    const length = file.readUInt32LE(at + 4);
    at += 8;
    if (tensor === 0xffffffff) {
      inferences.push(records);
      records = [];
    } else {
      records.push({ tensor, bytes: new Uint8Array(file.subarray(at, at + length)) });
    }
    at += length;
  }
  return inferences;
}
