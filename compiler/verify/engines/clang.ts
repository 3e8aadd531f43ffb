/** Clang as an npm package: compiles C to WebAssembly where no native compiler is installed. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { packagePath } from "../../../targets/package-root.js";
import { fail } from "../../diagnostics.js";
import type { Availability } from "./engine.js";
import { emulationPath } from "./harness.js";
import { excerpt } from "./tools.js";

/** Clang overflows a thread's default stack on large inputs. */
const stackSizeMb = 64;

/** Whether @yowasp/clang is installed, in this package or beside it. */
export async function findClang(): Promise<Availability> {
  const folders = [packagePath("node_modules"), packagePath("..")];
  if (folders.some((folder) => existsSync(`${folder}/@yowasp/clang/package.json`))) return { ok: true };
  return {
    ok: false,
    reason: "the npm package @yowasp/clang is not installed",
    install: "npm install --save-dev @yowasp/clang",
  };
}

interface Answer {
  readonly result?: Uint8Array;
  readonly messages: string;
}

/** Loading Clang takes longer than compiling, so one worker lives as long as the process and takes one request at a time. */
let worker: Worker | undefined;
let last: Promise<unknown> = Promise.resolve();

/** Runs `clang` with `options` on `files` (name to text) and returns the file `result`. Throws QC5002. */
export async function runClang(
  options: readonly string[],
  files: ReadonlyMap<string, string>,
  result: string,
): Promise<Uint8Array> {
  const request = { options: ["clang", ...options], files: tree(files), result };
  const answer = last.then(() => ask(request));
  last = answer.catch(() => {});
  const { result: bytes, messages } = await answer;
  return bytes ?? fail("QC5002", `it reported:\n${excerpt(messages)}`, "@yowasp/clang");
}

async function ask(request: unknown): Promise<Answer> {
  worker ??= new Worker(pathToFileURL(emulationPath("clang-worker.mjs")), { resourceLimits: { stackSizeMb } });
  const current = worker;
  // The worker keeps the process alive only while it works.
  current.ref();
  try {
    const answer = once(current, "message");
    current.postMessage(request);
    return (await answer)[0] as Answer;
  } catch (error) {
    worker = undefined;
    return { messages: String(error) };
  } finally {
    current.unref();
  }
}

interface Tree {
  [name: string]: Tree | string;
}

/** Paths with slashes become nested objects, as the package wants them. */
function tree(files: ReadonlyMap<string, string>): Tree {
  const root: Tree = {};
  for (const [path, text] of files) {
    const folders = path.split("/");
    const name = folders.pop()!;
    let at = root;
    for (const folder of folders) {
      at[folder] ??= {};
      at = at[folder] as Tree;
    }
    at[name] = text;
  }
  return root;
}
