/** Sums of operands of more than 8 bits in C (qc_add_wide.h). */
import type { CContext } from "../../../targets/c/lowering.js";
import { pairsOf } from "../../../targets/c/pairs.js";
import { placeRecords } from "../../../targets/c/records.js";
import { kindOf, kindRole } from "../../../targets/c/tensors.js";
import type { IntegerNode } from "../../ir/index.js";
import type { AddAttributes, AddTied, AddWeights } from "./add.types.js";

/** Emits the call of qc_add_weights or qc_add_tied. Throws QC2002 for codes that C does not store. */
export function wideSum(node: IntegerNode<AddAttributes>, wide: AddWeights | AddTied, context: CContext): void {
  const pairs = pairsOf(node, context);
  const [a, b] = node.inputs;
  const kinds = [kindOf(a!), b ? kindOf(b) : pairs.constantKind, kindOf(node.output)].join(", ");
  const role = `${pairs.role}${kindRole(...node.inputs, node.output)}`;
  context.include("qc_add_wide.h");
  if (wide.kind === "weights") {
    const constants = placeRecords(context, wide.requantize, node.output.type, [0], [0]);
    const name = context.shared({
      role: `add_weights${role}_${constants.role}`,
      parameters: [...pairs.parameters, "int32_t wa", "int32_t wb", "const int32_t *record", ...constants.parameters],
      body: [constants.declaration, `qc_add_weights(${pairs.operands}, ${kinds}, wa, wb, record, q);`],
    });
    const values = [...pairs.arguments, ...wide.weights, constants.name, ...constants.arguments];
    context.statement(`${name}(${values.join(", ")});`);
    return;
  }
  const name = context.shared({
    role: `add_tied${role}`,
    parameters: [...pairs.parameters, "const qc_tied *t"],
    body: [`qc_add_tied(${pairs.operands}, ${kinds}, t);`],
  });
  const { units, ma, mb, c, correction, shift } = wide.form;
  const { lo, hi } = node.attributes.clamp;
  const sums = [ma, mb, c, correction].map((value) => `INT64_C(${value})`);
  context.statement(
    `static const qc_tied tied = {${[...sums, ...units, shift, wide.zeroPoint & 1, lo, hi].join(", ")}};`,
  );
  context.statement(`${name}(${[...pairs.arguments, "&tied"].join(", ")});`);
}
