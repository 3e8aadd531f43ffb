/** Engine: generated C on this machine, with every warning an error and under AddressSanitizer and UBSan. */
import { join } from "node:path";
import { type Engine, type EngineRequest, type EngineResult, unmeasured } from "./engine.js";
import {
  emulationPath,
  portFlags,
  readOutputs,
  readTrace,
  requireFinished,
  sourceNames,
  traceFlags,
  writeProject,
} from "./harness.js";
import { findTools, requireAvailable, runOrFail, runTool } from "./tools.js";

/** Generated code compiles without a word under these. */
export const warningFlags: readonly string[] = [
  ...[
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wvla",
    "-Werror",
  ],
];

const sanitizerFlags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"];

export interface HostCOptions {
  /** Without sanitizers programs run several times faster, and only writes just outside the arena are noticed. */
  readonly sanitize?: boolean;
}

/** The host engine; `sanitize` is on unless switched off. */
export function hostC(options: HostCOptions = {}): Engine {
  const name = "host-c";
  const sanitize = options.sanitize ?? true;
  const available = () => findTools(["gcc"]);

  async function run(request: EngineRequest): Promise<EngineResult> {
    requireAvailable(await available(), name);
    const source = await writeProject(request);
    const flags = [
      ...warningFlags,
      "-O2",
      ...(sanitize ? sanitizerFlags : []),
      ...traceFlags(request),
      ...portFlags(request),
    ];
    const sources = [...sourceNames(request.files).map((file) => join(source, file)), emulationPath("host.c")];
    const includes = ["-I", source, "-I", emulationPath()];
    await runOrFail("gcc", [...flags, ...includes, ...sources, "-o", "model"], { cwd: request.workDir });
    const result = await runTool("./model", [], {
      cwd: request.workDir,
      timeout: 600,
      // The model allocates nothing, and LeakSanitizer fails where ptrace is forbidden, as in containers.
      environment: { ASAN_OPTIONS: "detect_leaks=0", UBSAN_OPTIONS: "print_stacktrace=1" },
    });
    requireFinished(result, name);
    return {
      outputs: await readOutputs(request, name),
      ...unmeasured,
      ...(request.trace ? { trace: await readTrace(request.workDir) } : {}),
    };
  }

  return { name, available, run };
}
