/** Where the package's own files are: target descriptions, C runtime, templates, HDL. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the directory that holds this package's package.json, from source and from dist/ alike. */
export function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "package.json"))) directory = dirname(directory);
  return directory;
}

/** Absolute path of a file or folder of the package, such as `packagePath("runtime-c", "include")`. */
export function packagePath(...segments: string[]): string {
  return join(packageRoot(), ...segments);
}
