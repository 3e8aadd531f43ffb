/** Engines on batches of compiled graphs: each returns, per graph, why it differs from the interpreter, or nothing. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { elementCount, type IntegerGraph } from "../../compiler/ir/index.js";
import { bytesPerElement } from "../../compiler/ir/types.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { setToBytes } from "../../compiler/verify/codes.js";
import { qemu } from "../../compiler/verify/engines/qemu.js";
import { emitC } from "../../targets/c/emit.js";
import { emitVerilog } from "../../targets/verilog/emit.js";
import { buildBench, stallPatterns } from "../hdl/bench.js";
import { joined } from "../ops/engines.js";
import { core } from "../runtime-c/run.js";
import type { Compiled } from "./case.js";
import { runHostPrograms } from "./host-programs.js";

export interface BatchEngine {
  readonly name: string;
  /** Graphs of one build. */
  readonly batch: number;
  /** Throws QC2002 for what the back end has no code for. */
  check(graph: Compiled): void;
  /** Undefined where a graph's bytes are the interpreter's. */
  run(graphs: readonly Compiled[]): Promise<(string | undefined)[]>;
}

/** Where bytes differ first. */
function difference(expected: Uint8Array, got: Uint8Array): string | undefined {
  const at = expected.findIndex((byte, i) => byte !== got[i]);
  return at < 0 ? undefined : `byte ${at} of ${expected.length}: got ${got[at]}, expected ${expected[at]}`;
}

/** Generated C on this machine under sanitizers, with the kernels of the graph's core. */
export function hostEngine(optimisation: string): BatchEngine {
  return {
    name: "host",
    batch: 40,
    check: ({ plan, core }) => void emitC(plan, core),
    async run(graphs) {
      const programs = graphs.map(({ plan, core, inputs, integerGraph: graph }) => ({
        graph,
        files: emitC(plan, core),
        inputs,
      }));
      const outputs = await runHostPrograms(programs, optimisation);
      return graphs.map(({ expected }, i) => difference(expected, outputs[i]!));
    },
  };
}

/** Generated C on an emulated core: the graphs side by side as one, so that one program and one boot serve all. */
export function qemuEngine(name: string): BatchEngine {
  // Without cost figures, which would choose other kernels for layers as small as these.
  const { costs: _, ...target } = core(name);
  const engine = qemu(target);
  return {
    name,
    batch: 16,
    check: ({ plan }) => void emitC(plan, target),
    async run(graphs) {
      const graph = joined(graphs.map(({ integerGraph }) => integerGraph));
      const sets = graphs[0]!.inputs.map((_, inference) => graphs.flatMap(({ inputs }) => inputs[inference]!));
      const workDir = await mkdtemp(join(tmpdir(), "qc-fuzz-"));
      try {
        const { outputs } = await engine.run({
          // As the first of them is planned; rows handed over would be those of one graph alone.
          files: emitC(makePlan(graph, { optimize: graphs[0]!.plan.rows.size > 0 ? "memory" : "speed" }), target),
          inputs: sets.map((set) => setToBytes(set, graph.inputs)),
          outputBytes: outputBytes(graph),
          workDir,
        });
        let at = 0;
        return graphs.map(({ integerGraph, expected }) => {
          const [from, length] = [at, outputBytes(integerGraph)];
          at += length;
          return difference(expected, Buffer.concat(outputs.map((bytes) => bytes.subarray(from, from + length))));
        });
      } finally {
        await rm(workDir, { recursive: true });
      }
    },
  };
}

function outputBytes({ outputs }: IntegerGraph): number {
  return outputs.reduce((sum, { shape, type }) => sum + elementCount(shape) * bytesPerElement(type), 0);
}

/** Generated Verilog in Verilator, free running and under stalls on both sides. */
export function verilogEngine(): BatchEngine {
  return {
    name: "verilog",
    batch: 12,
    check: ({ integerGraph }) => void emitVerilog(integerGraph),
    async run(graphs) {
      const bench = await buildBench(graphs.map(({ integerGraph: graph }, i) => ({ title: `graph ${i}`, graph })));
      try {
        const results: (string | undefined)[] = [];
        for (const index of graphs.keys()) results.push(await underStalls(bench, index));
        return results;
      } finally {
        await bench.close();
      }
    },
  };
}

async function underStalls(bench: Awaited<ReturnType<typeof buildBench>>, index: number): Promise<string | undefined> {
  for (const stall of stallPatterns) {
    const { expected, got } = await bench.compare(index, stall);
    const found = difference(expected, got);
    if (found) return `stalls ${stall}: ${found}`;
  }
  return undefined;
}

const engines: Readonly<Record<string, () => BatchEngine>> = {
  host: () => hostEngine("-O0"),
  "host-O2": () => ({ ...hostEngine("-O2"), name: "host-O2" }),
  verilog: verilogEngine,
};

/** The engine of that name: host, host-O2, verilog, or a core with an emulator. */
export function engineNamed(name: string): BatchEngine {
  return engines[name]?.() ?? qemuEngine(name);
}
