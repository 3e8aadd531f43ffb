/** Clang as an npm package: compiles C to WebAssembly where no native compiler is installed. */
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
  return { ok: false, reason: "the npm package @yowasp/clang is not installed", install: "npm install --save-dev @yowasp/clang" };
}

/** Runs `clang` with `options` on `files` (name to text) and returns the file `result`. Throws QC5002. */
export async function runClang(
  options: readonly string[],
  files: ReadonlyMap<string, string>,
  result: string,
): Promise<Uint8Array> {
  const answer = await new Promise<{ result?: Uint8Array; messages: string }>((resolve, reject) => {
    const worker = new Worker(pathToFileURL(emulationPath("clang-worker.mjs")), {
      workerData: { options: ["clang", ...options], files: tree(files), result },
      resourceLimits: { stackSizeMb },
    });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  return answer.result ?? fail("QC5002", `it reported:\n${excerpt(answer.messages)}`, "@yowasp/clang");
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
    for (const folder of folders) at = (at[folder] ??= {}) as Tree;
    at[name] = text;
  }
  return root;
}
