/** A function of one code in C: a table (qc_table.h), or a staircase (qc_steps.h). */
import type { CContext, CLowering } from "../../../targets/c/lowering.js";
import { placeRecords } from "../../../targets/c/records.js";
import { byElement, kindOf, kindRole } from "../../../targets/c/tensors.js";
import type { RequantizeLayer } from "../../arith/requantize-layer.js";
import { elementCount, type IntegerNode } from "../../ir/index.js";
import { toBytes } from "../../verify/codes.js";
import type { TableAttributes } from "./table.types.js";

export const c: CLowering<TableAttributes> = (node, context) => {
  const { attributes, output } = node;
  if (attributes.requantize) return steps(node, attributes.requantize, context);
  const x = node.inputs[0]!;
  const { values, low } = attributes;
  const table = context.constant("values", "uint8_t", toBytes(byElement(values, low, x), output));
  const kinds = `${kindOf(x)}, ${kindOf(output)}, ${low}`;
  context.include("qc_table.h");
  context.statement(
    `qc_table(${context.input(0)}, ${context.output}, ${elementCount(output.shape)}, ${kinds}, ${table});`,
  );
};

function steps({ inputs: [x], output }: IntegerNode, requantize: RequantizeLayer, context: CContext): void {
  const constants = placeRecords(context, requantize, output.type, [0], [0]);
  context.include("qc_steps.h");
  const name = context.shared({
    role: `steps${kindRole(x!, output)}_${constants.role}`,
    parameters: ["const uint8_t *x", "uint8_t *y", "int32_t count", "const int32_t *record", ...constants.parameters],
    body: [constants.declaration, `qc_steps(x, y, count, ${kindOf(x!)}, ${kindOf(output)}, record, q);`],
  });
  const values = [context.input(0), context.output, elementCount(output.shape), constants.name];
  context.statement(`${name}(${[...values, ...constants.arguments].join(", ")});`);
}
