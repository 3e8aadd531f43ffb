/** `npm run build`, second half: bundles the command line in dist/, and puts the licences of what it contains beside it. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packagePath } from "../targets/index.js";
import { bundleCommand } from "./bundle-command.js";

const main = packagePath("dist", "compiler", "cli", "main.js");
const metafile = await bundleCommand(main, main);

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
