/** Text forms of the Graph, the IntegerGraph and the Plan: what `--print-after` shows and tests of passes compare. */
import { opHomes } from "../ops/index.js";
import type { Plan, RowStep } from "../plan/plan.js";
import type { Graph, Tensor } from "./graph.js";
import type { IntegerGraph, IntegerTensor } from "./integer-graph.js";
import { typeName } from "./types.js";

export type Form = Graph | IntegerGraph | Plan;

/** The text of any form, one line per tensor or node, ending in a newline. */
export function printForm(form: Form): string {
  if ("offsets" in form) return printPlan(form);
  return "tensors" in form ? printIntegerGraph(form) : printGraph(form);
}

/** The text of a Graph. */
export function printGraph(graph: Graph): string {
  const numbers = new Map<Tensor, string>();
  const reference = (tensor: Tensor) => {
    if (tensor.data) return `const ${describe(tensor)}`;
    if (!numbers.has(tensor)) numbers.set(tensor, `%${numbers.size}`);
    return numbers.get(tensor)!;
  };
  const lines = graph.inputs.map((tensor) => `  input ${reference(tensor)}: ${describe(tensor)}`);
  for (const node of graph.nodes) {
    const operands = node.inputs.map(reference).join(", ");
    const clamp =
      node.clamp.min === -Infinity && node.clamp.max === Infinity ? "" : ` clamp=${node.clamp.min}..${node.clamp.max}`;
    const attributes = Object.entries(node.attributes as object)
      .map(([key, value]) => ` ${key}=${[value].flat()}`)
      .join("");
    lines.push(`  ${reference(node.output)} = ${node.op}(${operands})${attributes}${clamp}: ${describe(node.output)}`);
  }
  lines.push(...graph.outputs.map((tensor) => `  output ${reference(tensor)}`));
  return `graph ${graph.name}\n${lines.join("\n")}\n`;
}

function describe({ shape, type, quantization: { scales, zeroPoints } }: Tensor): string {
  const scale = scales.length === 1 ? `${scales[0]}` : `[${scales.length}]`;
  const zeroPoint = zeroPoints.every((z) => z === zeroPoints[0]) ? `${zeroPoints[0]}` : `[${zeroPoints.length}]`;
  return `${typeName(type)}[${shape}] scale=${scale} zp=${zeroPoint}`;
}

/** The text of an IntegerGraph. */
export function printIntegerGraph(graph: IntegerGraph): string {
  const lines = graph.inputs.map((tensor) => `  input ${describeInteger(tensor)}`);
  for (const node of graph.nodes) {
    const attributes = opHomes.get(node.op)!.print(node.attributes);
    const operands = node.inputs.map(({ id }) => `%${id}`).join(", ");
    lines.push(`  ${describeInteger(node.output)} = ${node.op}(${operands}) ${attributes}`.trimEnd());
  }
  lines.push(...graph.outputs.map(({ id }) => `  output %${id}`));
  return `integer graph ${graph.name} numerics=${graph.numerics}\n${lines.join("\n")}\n`;
}

function describeInteger({ id, shape, type, ranges }: IntegerTensor): string {
  const lo = Math.min(...ranges.map((range) => range.lo));
  const hi = Math.max(...ranges.map((range) => range.hi));
  return `%${id}: ${typeName(type)}[${shape}] in ${lo}..${hi}`;
}

/** The text of a Plan: the byte offset of every tensor, how many rows of it are held where not all are and whose rows they overwrite, and the row steps. */
export function printPlan(plan: Plan): string {
  const over = (id: number) => (plan.overlays.has(id) ? ` over=%${plan.overlays.get(id)!.under}` : "");
  const held = ({ id }: IntegerTensor) => (plan.rows.has(id) ? ` rows=${plan.rows.get(id)}${over(id)}` : "");
  const place = ({ id }: IntegerTensor) => `${plan.offsets.get(id) ?? (plan.external.has(id) ? "external" : "-")}`;
  const lines = plan.graph.tensors.map(
    (tensor) => `  ${place(tensor).padStart(8)}  ${describeInteger(tensor)}${held(tensor)}`,
  );
  const inStrips = ({ strips }: RowStep) => (strips ? ` strips=${strips.length}` : "");
  for (const step of plan.steps) {
    if (step.kind === "node") continue;
    lines.push(
      `  rows ${step.nodes.map((node) => `%${plan.graph.nodes[node]!.output.id}`).join(" ")}${inStrips(step)}`,
    );
  }
  return `plan ${plan.graph.name} arena=${plan.arenaBytes} bound=${plan.lowerBound}\n${lines.join("\n")}\n`;
}
