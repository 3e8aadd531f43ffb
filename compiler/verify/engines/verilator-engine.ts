/** Engine: generated Verilog in Verilator, under random stalls of both streams. */
import { type Engine, type EngineRequest, type EngineResult, type TraceRecord, unmeasured } from "./engine.js";
import { findTools, requireAvailable } from "./tools.js";
import { buildVerilator } from "./verilator.js";

/** The simulator with stalls drawn from `stallSeed`; cycles are those of a second run without stalls. */
export function verilator(stallSeed: number): Engine {
  const name = "verilator";
  const available = () => findTools(["verilator", "g++", "make"]);

  async function run({ files, inputs, workDir, trace }: EngineRequest): Promise<EngineResult> {
    requireAvailable(await available(), name);
    const simulator = await buildVerilator(files, { workDir, trace });
    const stalled = await simulator.run(inputs, { stallSeed });
    if (trace) return { outputs: stalled.outputs, ...unmeasured, cycles: null, trace: [records(stalled.trace)] };
    const free = await simulator.run(inputs.slice(0, 2));
    return { outputs: stalled.outputs, ...unmeasured, cycles: { latency: free.firstLatency, interval: free.interval } };
  }

  return { name, available, run };
}

function records(trace: ReadonlyMap<number, Uint8Array>): TraceRecord[] {
  return [...trace].map(([tensor, bytes]) => ({ tensor, bytes }));
}
