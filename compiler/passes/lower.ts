/** Graph to IntegerGraph: every op home folds its scales into integer attributes and proves its output ranges. */
import type { Numerics } from "../arith/numerics.js";
import type { Diagnostic, DiagnosticCode } from "../diagnostics.js";
import { fail } from "../diagnostics.js";
import type { Graph, Tensor } from "../ir/graph.js";
import type { IntegerGraph, IntegerNode, IntegerTensor } from "../ir/integer-graph.js";
import { type Range, typeRange } from "../ir/types.js";
import { requireInt32Sums } from "../ops/accumulator.js";
import { opHomes } from "../ops/index.js";

/** Lowers the whole graph. `notes` receives what the user should know (never errors). */
export function lower(graph: Graph, numerics: Numerics, notes: Diagnostic[] = []): IntegerGraph {
  const tensors: IntegerTensor[] = [];
  const lowered = new Map<Tensor, IntegerTensor>();
  const create = (tensor: Tensor, ranges: readonly Range[]): IntegerTensor => {
    const { name, shape, type } = tensor;
    const created: IntegerTensor = { id: tensors.length, name, shape, type, ranges: shared(ranges) };
    tensors.push(created);
    lowered.set(tensor, created);
    return created;
  };
  const resolve = (tensor: Tensor, where: string): IntegerTensor =>
    lowered.get(tensor) ?? fail("QC3004", `tensor '${tensor.name}' is used before it is computed.`, where);

  const inputs = graph.inputs.map((tensor) => create(tensor, [typeRange(tensor.type)]));
  const nodes = graph.nodes.map((node): IntegerNode => {
    const home = opHomes.get(node.op)!;
    const { attributes, ranges } = home.lower(node, {
      numerics,
      ranges: (tensor) => resolve(tensor, node.name).ranges,
      note: (code, message) => notes.push({ code: code as DiagnosticCode, where: node.name, message }),
    });
    for (const { lo, hi } of home.requantize?.(attributes)?.channels ?? []) requireInt32Sums(lo, hi, node.name);
    const operands = node.inputs.filter((tensor) => !tensor.data).map((tensor) => resolve(tensor, node.name));
    return { op: node.op, name: node.name, inputs: operands, output: create(node.output, ranges), attributes };
  });
  const outputs = graph.outputs.map((tensor) => resolve(tensor, tensor.name));
  return { name: graph.name, numerics: numerics.name, inputs, outputs, tensors, nodes };
}

/** One entry when all channels share a range. */
function shared(ranges: readonly Range[]): readonly Range[] {
  const first = ranges[0]!;
  return ranges.every(({ lo, hi }) => lo === first.lo && hi === first.hi) ? [first] : ranges;
}
