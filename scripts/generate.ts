/** `npm run gen` writes all generated files; `npm run gen -- --check` exits 1 when a committed one differs. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { printOpHomes } from "./generate/op-homes.js";
import { parseScalarSource } from "./generate/parse.js";
import { printC } from "./generate/print-c.js";
import { printVerilog } from "./generate/print-verilog.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const scalarSource = "compiler/arith/scalar.ts";
const scalarFunctions = parseScalarSource(scalarSource, readFileSync(join(root, scalarSource), "utf8"));

const checking = process.argv.includes("--check");
place({
  "compiler/ops/index.ts": printOpHomes(join(root, "compiler/ops"), "the folders compiler/ops/*/"),
  "hdl/include/qc_scalar.vh": printVerilog(scalarFunctions, scalarSource),
  "runtime-c/include/qc_scalar.h": printC(scalarFunctions, scalarSource),
});
// It runs the compiler, with the op homes and scalar functions as they are now.
const { printOperators } = await import("./generate/operators.js");
place({ "docs/operators.md": printOperators() });
const { drawExample } = await import("./generate/drawings.js");
place(drawExample(join(root, "examples/fashion-mnist/fashion-mnist.onnx")));

/** Writes files by path, or reports those that differ. */
function place(outputs: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(outputs)) {
    const file = join(root, path);
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    if (checking) {
      console.error(`${path} is not what its source generates; run npm run gen and commit the result`);
      process.exitCode = 1;
    } else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      console.log(`wrote ${path}`);
    }
  }
}
