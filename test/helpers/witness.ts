/** ONNX Runtime as an independent witness. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Raw output bytes of ONNX Runtime, which fuses integer operators unless its graph optimizations are disabled; test/oracle must be installed (scripts/test.sh does it), or this throws. */
export function witness(model: string, inputs: Uint8Array, optimizations: "all" | "disabled" = "all"): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "qcompile-witness-"));
  try {
    writeFileSync(join(folder, "inputs"), inputs);
    execFileSync(
      "node",
      ["test/oracle/witness.mjs", model, join(folder, "inputs"), join(folder, "outputs"), optimizations],
      {
        stdio: "pipe",
      },
    );
    return readFileSync(join(folder, "outputs"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
