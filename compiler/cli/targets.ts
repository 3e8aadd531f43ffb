/** `qcompile targets`: what can be compiled for. */
import type { Command } from "commander";
import { isCore, loadTargets } from "../../targets/index.js";
import { table } from "../report/text.js";
import { printJson } from "./options.js";

/** Adds `targets` to the program. */
export function addTargets(program: Command): void {
  program
    .command("targets")
    .description("list the targets")
    .option("--json", "print a JSON result to stdout")
    .action((options: { json?: boolean }) => {
      const targets = loadTargets();
      if (options.json) {
        printJson({ schema: 1, targets });
        return;
      }
      const size = (bytes: number | null | undefined) => (bytes ? `${bytes / 1024} KiB` : "-");
      const rows = targets.map((target) =>
        isCore(target)
          ? [target.name, "C", size(target.sramBytes), size(target.flashBytes), target.description]
          : [target.name, "Verilog", "-", "-", target.description],
      );
      process.stdout.write(`${table(["target", "emits", "RAM", "flash", "description"], rows)}\n`);
    });
}
