/** Vitest's global setup: the command that tests of the command line run. */

import { bundleCommand } from "../../scripts/bundle-command.js";
import { packagePath } from "../../targets/index.js";
import { commandPath } from "./command.js";

export default async function setup() {
  await bundleCommand(packagePath("compiler", "cli", "main.ts"), commandPath);
}
