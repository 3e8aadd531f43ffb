/** Which engine runs a target on this machine. */
import { isCore, type Target } from "../../../targets/core.js";
import type { Engine } from "./engine.js";
import { hostC } from "./host-c.js";
import { qemu } from "./qemu.js";
import { verilator } from "./verilator-engine.js";
import { wasmC } from "./wasm-c.js";

export interface EngineChoice {
  readonly engine: Engine;
  /** Why this engine and not the target's first choice; undefined when it is the first choice. */
  readonly instead?: string | undefined;
}

/** The target's engine. The host target falls back from the C compiler to WebAssembly, and the engine's name says so. */
export async function chooseEngine(target: Target, stallSeed: number): Promise<EngineChoice> {
  if (!isCore(target)) return { engine: verilator(stallSeed) };
  if (target.emulator) return { engine: qemu(target) };
  const native = hostC();
  const available = await native.available();
  return available.ok ? { engine: native } : { engine: wasmC(), instead: available.reason };
}
