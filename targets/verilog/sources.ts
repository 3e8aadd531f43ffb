/** The hdl/rtl modules a design needs, found by following instances from its top. */
import { readdirSync, readFileSync } from "node:fs";
import { packagePath } from "../package-root.js";

/** Text of a file shipped with the package, by its path from the root. */
export function packageFile(path: string): string {
  return readFileSync(packagePath(path), "utf8");
}

/** Text of each module reachable from `top` and of each included header, by file name, in alphabetical order. */
export function moduleSources(top: string): Map<string, string> {
  const known = new Set(readdirSync(packagePath("hdl", "rtl")));
  const found = new Map<string, string>();
  const visit = (text: string) => {
    for (const [word] of text.matchAll(/\bqc_[a-z0-9_]+\b/g)) {
      const file = `${word}.v`;
      if (!known.has(file) || found.has(file)) continue;
      const source = packageFile(`hdl/rtl/${file}`);
      found.set(file, source);
      visit(source);
    }
    for (const [, header] of text.matchAll(/`include "(\w+\.vh)"/g)) {
      found.set(header!, packageFile(`hdl/include/${header}`));
    }
  };
  visit(top);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
