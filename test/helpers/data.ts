/** Shared data that are not part of this repository: models with recorded outputs. Absent data skip loudly. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe } from "vitest";
import { packageRoot } from "../../targets/package-root.js";

/** Folder of the shared data: QCOMPILE_DATA, or ../shared/data beside the repository. */
export function dataFolder(): string {
  return process.env.QCOMPILE_DATA ?? resolve(packageRoot(), "../shared/data");
}

/** Path of a file of the shared data. */
export function dataPath(...segments: string[]): string {
  return join(dataFolder(), ...segments);
}

/** A describe block that needs the shared data; where they are absent it says so on stderr and is shown as skipped. */
export function describeWithData(name: string, body: () => void): void {
  if (existsSync(dataFolder())) {
    describe(name, body);
    return;
  }
  process.stderr.write(`SKIPPED, no shared data: ${name} (set QCOMPILE_DATA)\n`);
  describe.skip(`${name} [no shared data]`, body);
}
