/** Max and Min in C (qc_extremum.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { pairsOf } from "../../../targets/c/pairs.js";
import { byByte, requireBytes } from "../../../targets/c/tensors.js";
import type { ExtremumAttributes } from "./extremum.types.js";

export const c: CLowering<ExtremumAttributes> = (node, context) => {
  requireBytes(node);
  const { kind, aLow, bLow, a, b } = node.attributes;
  const pairs = pairsOf(node, context);
  context.include("qc_extremum.h");
  const name = context.shared({
    role: `${kind}${pairs.role}`,
    parameters: [...pairs.parameters, "const int16_t *a_table", "const int16_t *b_table"],
    body: [`qc_extremum(${pairs.operands}, ${kind === "max" ? 1 : 0}, a_table, b_table);`],
  });
  const aTable = context.constant("a", "int16_t", byByte(a, aLow));
  const bTable = context.constant("b", "int16_t", byByte(b, bLow));
  context.statement(`${name}(${[...pairs.arguments, aTable, bTable].join(", ")});`);
};
