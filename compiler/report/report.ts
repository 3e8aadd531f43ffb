/** The compile report: layers, costs, memory and certificates, as data. Its JSON form is versioned by `schema`. */
import type { Requantization } from "../arith/requantization.js";
import type { RequantizeLayer } from "../arith/requantize-layer.js";
import type { Compilation } from "../compile.js";
import { formatDiagnostic } from "../diagnostics.js";
import type { IntegerNode } from "../ir/integer-graph.js";
import { type IntegerType, typeName } from "../ir/types.js";
import { opHomes } from "../ops/index.js";
import { tensorBytes } from "../plan/liveness.js";

export interface CertificateReport {
  readonly form: string;
  readonly shift: number;
  readonly channels: number;
  readonly constant_channels: number;
  readonly thresholds: number;
  /** In units of 2^-shift of an output step; a decimal string, as it may exceed 2^53. */
  readonly smallest_margin: string;
}

export interface LayerReport {
  readonly name: string;
  readonly op: string;
  readonly shape: readonly number[];
  readonly type: string;
  /** Types of the inputs that are activations. */
  readonly inputs: readonly string[];
  /** Type of the first constant operand as the model has it; null when there is none. */
  readonly weights: string | null;
  readonly macs: number;
  readonly weight_bytes: number;
  readonly activation_bytes: number;
  readonly certificate: CertificateReport | null;
}

export interface Report {
  readonly schema: 1;
  readonly model: string;
  readonly numerics: string;
  readonly macs: number;
  readonly weight_bytes: number;
  /** Of all layers' outputs; the arena shares their places. */
  readonly activation_bytes: number;
  readonly arena_bytes: number;
  /** No placement of these steps is smaller: the arena is the smallest where it equals this. */
  readonly arena_lower_bound: number;
  /** Instructions that passing rows is expected to add to one inference. */
  readonly added_instructions: number;
  /** Of `macs`, how many strips do more than once. */
  readonly recomputed_macs: number;
  readonly input: { readonly shape: readonly number[]; readonly type: string };
  readonly output: { readonly shape: readonly number[]; readonly type: string };
  readonly layers: readonly LayerReport[];
  readonly notes: readonly string[];
}

/** The constants that are shipped for a layer. */
type Solver = (layer: RequantizeLayer) => Requantization;

/** Builds the report; `solve` gives the constants that the target ships (targets/solver.ts). */
export function makeReport({ graph, integerGraph, plan, notes }: Compilation, solve: Solver): Report {
  const weights = new Map(graph.nodes.map((node) => [keyOf(node), node.inputs.find(({ data }) => data)?.type]));
  const layers = integerGraph.nodes
    .filter((node) => !opHomes.get(node.op)!.alias)
    .map((node) => layer(node, weights.get(keyOf(node)), solve));
  const sum = (key: "macs" | "weight_bytes" | "activation_bytes") =>
    layers.reduce((total, entry) => total + entry[key], 0);
  const border = ({ shape, type }: { shape: readonly number[]; type: { bits: number; signed: boolean } }) => ({
    shape,
    type: typeName(type),
  });
  return {
    schema: 1,
    model: integerGraph.name,
    numerics: integerGraph.numerics,
    macs: sum("macs"),
    weight_bytes: sum("weight_bytes"),
    activation_bytes: sum("activation_bytes"),
    arena_bytes: plan.arenaBytes,
    arena_lower_bound: plan.lowerBound,
    added_instructions: plan.overhead,
    recomputed_macs: plan.recomputedMacs,
    input: border(integerGraph.inputs[0]!),
    output: border(integerGraph.outputs[0]!),
    layers,
    notes: notes.map(formatDiagnostic),
  };
}

/** What tells a node apart in the Graph and in the IntegerGraph alike. */
const keyOf = ({
  op,
  name,
  output,
}: Pick<IntegerNode, "op" | "name"> & { readonly output: { readonly name: string } }) =>
  JSON.stringify([op, name, output.name]);

function layer(node: IntegerNode, weights: IntegerType | undefined, solve: Solver): LayerReport {
  const home = opHomes.get(node.op)!;
  const requantize = home.requantize?.(node.attributes);
  return {
    name: node.name,
    op: node.op,
    shape: node.output.shape,
    type: typeName(node.output.type),
    inputs: node.inputs.map(({ type }) => typeName(type)),
    weights: weights ? typeName(weights) : null,
    macs: home.macs(node),
    weight_bytes: home.weightBytes(node),
    activation_bytes: tensorBytes(node.output),
    certificate: requantize ? certificate(solve(requantize)) : null,
  };
}

function certificate({ form, shift, certificate: proof }: Requantization): CertificateReport {
  return {
    form,
    shift,
    channels: proof.channels,
    constant_channels: proof.constantChannels,
    thresholds: proof.thresholds,
    smallest_margin: proof.smallestMargin.toString(),
  };
}
