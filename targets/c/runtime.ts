/** The runtime headers a project needs. */
import { readFileSync } from "node:fs";
import { packagePath } from "../package-root.js";

/** Texts of the named runtime headers and of all they include, by file name, in alphabetical order. */
export function runtimeHeaders(names: Iterable<string>): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (name: string) => {
    if (found.has(name)) return;
    const text = readFileSync(packagePath("runtime-c", "include", name), "utf8");
    found.set(name, text);
    for (const [, header] of text.matchAll(/#include "(qc_\w+\.h)"/g)) visit(header!);
  };
  for (const name of names) visit(name);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
