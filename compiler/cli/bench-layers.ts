/** `qcompile bench --layers`: what each layer costs on an emulated core. */
import { predictedInstructions } from "../../targets/c/costs.js";
import { layerKernels } from "../../targets/c/emit.js";
import { type Core, isCore } from "../../targets/index.js";
import { fail } from "../diagnostics.js";
import { outputsOf } from "../interpreter/interpreter.js";
import { elementCount } from "../ir/index.js";
import { opHomes } from "../ops/index.js";
import { table } from "../report/text.js";
import { seededSets } from "../verify/vectors.js";
import { verifyTarget } from "../verify/verify.js";
import { type MemoryOptions, planOptions, targetFor } from "./memory-options.js";
import { compileFile, type ModelOptions } from "./options.js";

/** One layer that runs code; cycles are estimated as EngineResult says, null on cores without an estimate. */
export interface LayerRow {
  readonly layer: string;
  readonly op: string;
  /** Elements of all inputs. */
  readonly inputs: number;
  readonly output: readonly number[];
  readonly kernel: string;
  readonly macs: number;
  readonly instructions: number;
  /** By the core's cost figures; null where it has none for the kernel. */
  readonly predicted: number | null;
  readonly instructions_per_mac: number | null;
  readonly cycles: number | null;
}

export interface LayerBench {
  readonly layers: readonly LayerRow[];
  readonly bit_exact: boolean;
}

/** Measures every layer of one model on one emulated core. Throws QC6001 for other targets. */
export async function benchLayers(
  model: string,
  targetName: string,
  options: ModelOptions & MemoryOptions,
): Promise<LayerBench> {
  const target = targetFor(targetName, options);
  const core = isCore(target) && target.emulator ? target : undefined;
  if (!core) return fail("QC6001", "--layers needs an emulated core, such as cortex-m4.", targetName);
  const compilation = compileFile(model, options, planOptions(options, core));
  const vectors = seededSets(compilation.integerGraph.inputs, 1, 0x12345678);
  const expected = vectors.map((vector) => outputsOf(compilation.integerGraph, vector));
  const { equal, measured } = await verifyTarget(compilation, core, vectors, expected, { seed: 1, profile: true });
  return { layers: rowsOf(compilation, core, measured.layers ?? []), bit_exact: equal };
}

type Measured = Awaited<ReturnType<typeof verifyTarget>>["measured"];

function rowsOf(
  { integerGraph, plan }: ReturnType<typeof compileFile>,
  core: Core,
  layers: NonNullable<Measured["layers"]>,
): LayerRow[] {
  const kernels = layerKernels(plan, core);
  return layers.flatMap(({ tensor, instructions, cycles }) => {
    const node = integerGraph.nodes.find(({ output }) => output.id === tensor);
    if (!node) return [];
    const macs = opHomes.get(node.op)!.macs(node);
    const kernel = kernels.get(tensor) ?? "-";
    return {
      layer: node.name,
      op: node.op,
      inputs: node.inputs.reduce((total, { shape }) => total + elementCount(shape), 0),
      output: node.output.shape,
      kernel,
      macs,
      instructions,
      predicted: predictedInstructions(core, kernel, node) ?? null,
      instructions_per_mac: macs === 0 ? null : instructions / macs,
      cycles: core.family === "arm" ? cycles : null,
    };
  });
}

/** The rows as a table with totals, ending in a newline. */
export function layersTable(rows: readonly LayerRow[]): string {
  const header = ["layer", "op", "output", "kernel", "MACs", "instructions", "predicted", "error", "per MAC", "cycles"];
  const sum = (pick: (row: LayerRow) => number | null) => rows.reduce((total, row) => total + (pick(row) ?? 0), 0);
  const total = {
    ...{ layer: "total", op: "", inputs: 0, output: [], kernel: "", macs: sum((row) => row.macs) },
    ...{
      instructions: sum((row) => row.instructions),
      predicted: sum((row) => row.predicted),
      cycles: sum((row) => row.cycles),
    },
  };
  const cells = (row: Omit<LayerRow, "instructions_per_mac">) => [
    row.layer,
    row.op,
    row.output.join("x"),
    row.kernel,
    row.macs,
    row.instructions,
    row.predicted ?? "-",
    row.predicted ? `${((row.predicted / row.instructions - 1) * 100).toFixed(1)} %` : "-",
    row.macs === 0 ? "-" : (row.instructions / row.macs).toFixed(3),
    row.cycles ?? "-",
  ];
  return `${table(header, [...rows, total].map(cells))}\n`;
}
