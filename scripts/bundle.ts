/**
 * `npm run build`, second half: the command line as one file, because opening hundreds takes longer than compiling a small model.
 * The licences of what it contains go beside it.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { packagePath } from "../targets/index.js";

const main = packagePath("dist", "compiler", "cli", "main.js");

const { metafile } = await build({
  absWorkingDir: packagePath(),
  entryPoints: [main],
  outfile: main,
  allowOverwrite: true,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  metafile: true,
  logLevel: "warning",
  // CommonJS packages require Node's own modules.
  banner: { js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);' },
});

const packages = Object.keys(metafile.inputs).flatMap(
  (path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
);
const licences = [...new Set(packages)].sort().map((folder) => {
  const directory = packagePath(folder);
  const { name, version, license } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const files = readdirSync(directory).filter((file) => /^licen[cs]e/i.test(file));
  const texts = files.map((file) => readFileSync(join(directory, file), "utf8").trim());
  return [`${name} ${version} (${license})`, ...texts].join("\n\n");
});
writeFileSync(packagePath("dist", "LICENSES.txt"), `${licences.join(`\n\n${"-".repeat(80)}\n\n`)}\n`);
