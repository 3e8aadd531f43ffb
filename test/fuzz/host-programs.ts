/** Many generated C projects in one program: compiled once, under sanitizers, each with its own arena. */

import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { IntegerGraph } from "../../compiler/ir/index.js";
import { type CodeSet, setToBytes } from "../../compiler/verify/codes.js";
import { warningFlags } from "../../compiler/verify/engines/host-c.js";
import { inFolder, sanitizerFlags, tool, writeFiles } from "../runtime-c/run.js";

export interface HostProgram {
  readonly graph: IntegerGraph;
  /** The files of emitC, called `model`. */
  readonly files: ReadonlyMap<string, string>;
  readonly inputs: readonly CodeSet[];
}

const definition = /^(?:(?:static|QC_SHARED) \w+ \*?(\w+)\(|QC_STATIC_ASSERT\(.*, (\w+)\);)/gm;

/** Project number `index`, with names that no other project of the program has. */
function renamed(files: ReadonlyMap<string, string>, index: number): string {
  const own = ["model_weights.h", "model_weights.c", "model.h", "model.c"].map((file) => files.get(file)!).join("\n");
  const text = own.replace(/^#include "model(_weights)?\.h"$/gm, "");
  const names = [...text.matchAll(definition)].map(([, name, assertion]) => name ?? assertion!);
  const pattern = new RegExp(`\\b(${[...new Set(names)].join("|")})\\b`, "g");
  const distinct = names.length === 0 ? text : text.replace(pattern, `p${index}_$1`);
  return distinct.replaceAll(/\b(model|MODEL)_/g, `$1${index}_`);
}

/** A function that runs project `index`: reads all its inferences, writes their outputs. */
function driver({ graph, files, inputs }: HostProgram, index: number): string {
  const ports = (role: "input" | "output") => {
    const list = graph[`${role}s`];
    return list.map((_, k) => `model${index}_${role}${list.length === 1 ? "" : `_${k}`}`);
  };
  const size = (port: string) => `${port.toUpperCase()}_BYTES`;
  const reads = ports("input").map(
    (port) => `if (fread(${port}(&context), 1, ${size(port)}, stdin) != ${size(port)}) return 1;`,
  );
  const header = files.get("model.h")!;
  const streamed = header.includes("model_push_row(");
  const external = header.includes("model_run(model_context *context, const ");
  const run = external ? readAndRun(index) : [...reads, `model${index}_run(&context);`].join("\n        ");
  const writes = ports("output").map((port) => `fwrite(${port}(&context), 1, ${size(port)}, stdout);`);
  return `static union { uint8_t bytes[MODEL${index}_ARENA_BYTES]; uint64_t alignment; } arena${index};
static int run${index}(void)
{
    model${index}_context context;
    if (model${index}_init(&context, arena${index}.bytes, sizeof arena${index}.bytes) != 0) return 1;
    for (int k = 0; k < ${inputs.length}; k++) {
        ${streamed ? pushedRows(index) : run}
        ${writes.join("\n        ")}
    }
    return 0;
}`;
}

/** The rows of an input, each in a buffer that is overwritten after the call. */
const readAndRun = (
  index: number,
) => `static union { uint8_t bytes[MODEL${index}_INPUT_BYTES]; uint64_t alignment; } input;
        if (fread(input.bytes, 1, sizeof input.bytes, stdin) != sizeof input.bytes) return 1;
        model${index}_run(&context, (const void *)input.bytes);`;

const pushedRows = (index: number) => `for (uint32_t r = 0; r < MODEL${index}_INPUT_ROWS; r++) {
            static union { uint8_t bytes[MODEL${index}_INPUT_ROW_BYTES]; uint64_t alignment; } row;
            if (fread(row.bytes, 1, sizeof row.bytes, stdin) != sizeof row.bytes) return 1;
            if (model${index}_push_row(&context, (const void *)row.bytes) != (r + 1 == MODEL${index}_INPUT_ROWS)) return 1;
        }`;

/** The bytes of all outputs of each project. Throws what the compiler or a sanitizer says. */
export function runHostPrograms(programs: readonly HostProgram[], optimisation = "-O0"): Promise<Buffer[]> {
  const headers = new Map(programs.flatMap(({ files }) => [...files].filter(([file]) => file.startsWith("qc_"))));
  const source = [
    "#include <stdio.h>",
    ...programs.map(({ files }, index) => renamed(files, index)),
    ...programs.map(driver),
    `int main(void)\n{\n${programs.map((_, index) => `    if (run${index}() != 0) return ${1};\n`).join("")}    return 0;\n}\n`,
  ].join("\n");
  const input = Buffer.concat(
    programs.flatMap(({ graph, inputs }) => inputs.map((set) => setToBytes(set, graph.inputs))),
  );
  return inFolder((folder) => {
    for (const file of headers.keys()) mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFiles(folder, new Map([...headers, ["programs.c", source]]));
    const flags = [...warningFlags, optimisation, "-g1", ...sanitizerFlags];
    tool(folder, "gcc", [...flags, "-I.", "programs.c", "-o", "programs"]);
    const output = tool(folder, "./programs", [], input);
    let at = 0;
    const parts = programs.map(({ graph, inputs }) => {
      const zeros = graph.outputs.map(({ shape }) => new Int32Array(shape.reduce((a, b) => a * b, 1)));
      const length = setToBytes(zeros, graph.outputs).length * inputs.length;
      at += length;
      return output.subarray(at - length, at);
    });
    if (at !== output.length) throw new Error(`${output.length} bytes of output, expected ${at}`);
    return parts;
  });
}
