/** The command line as users run it: a process of the bundled command. */
import { spawnSync } from "node:child_process";
import { packagePath } from "../../targets/index.js";

/** Where the global setup (bundle.ts) puts the command, bundled from this checkout's sources. */
export const commandPath = packagePath("build", "test", "main.js");

/** Runs `qcompile ...args` in the folder `cwd`; `env` is added to the environment. */
export function qcompile(args: readonly string[], options: { env?: Record<string, string>; cwd?: string } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [commandPath, ...args], {
    encoding: "utf8",
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
  });
  return { status, stdout, stderr };
}
