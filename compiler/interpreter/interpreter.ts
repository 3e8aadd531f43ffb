/** The definition: runs an IntegerGraph by the reference semantics of its op homes. Plain loops, written to be read. */
import { fail } from "../diagnostics.js";
import type { IntegerGraph, IntegerTensor } from "../ir/integer-graph.js";
import { elementCount, typeName, typeRange } from "../ir/types.js";
import { opHomes } from "../ops/index.js";

/** Values of every tensor of one inference, by tensor id, row-major. */
export type Trace = ReadonlyMap<number, Int32Array>;

/**
 * Runs one inference. `inputs` are the codes of each graph input, row-major; throws QC6003 when their number or range
 * does not fit. Every computed value is checked against its proven range (QC3004: the proof would be wrong).
 */
export function interpret(graph: IntegerGraph, inputs: readonly Int32Array[]): Trace {
  const values = new Map<number, Int32Array>();
  for (const [i, tensor] of graph.inputs.entries()) values.set(tensor.id, checkedInput(tensor, inputs[i]));
  for (const node of graph.nodes) {
    const operands = node.inputs.map((tensor) => values.get(tensor.id)!);
    const result = opHomes.get(node.op)!.evaluate(node, operands);
    checkRanges(node.output, result);
    values.set(node.output.id, result);
  }
  return values;
}

/** Values of the graph's outputs for one inference. */
export function outputsOf(graph: IntegerGraph, inputs: readonly Int32Array[]): Int32Array[] {
  const trace = interpret(graph, inputs);
  return graph.outputs.map((tensor) => trace.get(tensor.id)!);
}

function checkedInput(tensor: IntegerTensor, values: Int32Array | undefined): Int32Array {
  const count = elementCount(tensor.shape);
  if (values?.length !== count) {
    return fail(
      "QC6003",
      `got ${values?.length ?? 0} values, expected ${count} for shape [${tensor.shape}].`,
      tensor.name,
    );
  }
  const { lo, hi } = typeRange(tensor.type);
  const bad = values.find((value) => value < lo || value > hi);
  if (bad !== undefined) fail("QC6003", `value ${bad} is no ${typeName(tensor.type)}.`, tensor.name);
  return values;
}

function checkRanges(tensor: IntegerTensor, values: Int32Array): void {
  const { ranges } = tensor;
  for (let i = 0; i < values.length; i++) {
    const { lo, hi } = ranges[i % ranges.length]!;
    if (values[i]! < lo || values[i]! > hi) {
      fail("QC3004", `element ${i} is ${values[i]}, outside its proven range ${lo}..${hi}.`, tensor.name);
    }
  }
}
