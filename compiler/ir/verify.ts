/** Well-formedness of an IntegerGraph: nothing real-valued survives, shapes and ranges are consistent. */
import { fail } from "../diagnostics.js";
import type { IntegerGraph } from "./integer-graph.js";
import { typeRange } from "./types.js";

/** Throws QC3004 at the first inconsistency. Runs after lowering and after every integer pass. */
export function verifyIntegerGraph(graph: IntegerGraph): void {
  const known = new Set(graph.inputs);
  for (const [id, tensor] of graph.tensors.entries()) {
    const { lo, hi } = typeRange(tensor.type);
    const channels = tensor.shape.at(-1) ?? 1;
    if (tensor.id !== id) fail("QC3004", `tensor id ${tensor.id} is not its position ${id}.`, tensor.name);
    if (tensor.shape.some((dim) => !Number.isSafeInteger(dim) || dim < 1)) {
      fail("QC3004", `shape [${tensor.shape}] has a dimension below 1.`, tensor.name);
    }
    if (tensor.ranges.length !== 1 && tensor.ranges.length !== channels) {
      fail("QC3004", `${tensor.ranges.length} ranges for ${channels} channels.`, tensor.name);
    }
    for (const range of tensor.ranges) {
      const whole = Number.isSafeInteger(range.lo) && Number.isSafeInteger(range.hi);
      if (!whole || range.lo > range.hi || range.lo < lo || range.hi > hi) {
        fail("QC3004", `range ${range.lo}..${range.hi} is not inside ${lo}..${hi}.`, tensor.name);
      }
    }
  }
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      if (!known.has(input)) fail("QC3004", `input '${input.name}' is not computed before it is used.`, node.name);
    }
    requireIntegers(node.attributes, node.name);
    known.add(node.output);
  }
  for (const output of graph.outputs) {
    if (!known.has(output)) fail("QC3004", "the graph output is never computed.", output.name);
  }
}

/** Every number in the attributes must be an integer: a float would be a scale that escaped. */
function requireIntegers(value: unknown, where: string): void {
  if (typeof value === "number") {
    if (!Number.isInteger(value)) fail("QC3004", `the number ${value} is no integer.`, where);
    return;
  }
  if (value instanceof Float32Array || value instanceof Float64Array) fail("QC3004", "a float array survived.", where);
  if (ArrayBuffer.isView(value)) return;
  if (Array.isArray(value)) for (const item of value) requireIntegers(item, where);
  else if (value !== null && typeof value === "object")
    for (const item of Object.values(value)) requireIntegers(item, where);
}
