/** Max and Min in C (qc_extremum.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { pairsOf } from "../../../targets/c/pairs.js";
import { byByte, byElement, kindOf, kindRole } from "../../../targets/c/tensors.js";
import { fail } from "../../diagnostics.js";
import { typeName, typeRange } from "../../ir/index.js";
import type { ExtremumAttributes } from "./extremum.types.js";

export const c: CLowering<ExtremumAttributes> = (node, context) => {
  const { inputs, output } = node;
  const { lo, hi } = typeRange(output.type);
  if (lo < -32768 || hi > 32767) {
    fail("QC2002", `the result is ${typeName(output.type)}; the C kernel's tables hold int16.`, node.name);
  }
  const { kind, aLow, bLow, a, b } = node.attributes;
  const pairs = pairsOf(node, context);
  context.include("qc_extremum.h");
  const [x, other] = inputs;
  const kinds = [kindOf(x!), other ? kindOf(other) : "QC_U8", kindOf(output)];
  const wide = inputs.some(({ type }) => type.bits > 8);
  const lows = wide ? ["int32_t a_low", "int32_t b_low"] : [];
  const from = wide ? ["a_low", "b_low"] : ["0", "0"];
  const name = context.shared({
    role: `${kind}${pairs.role}${kindRole(...inputs, output)}`,
    parameters: [...pairs.parameters, ...lows, "const int16_t *a_table", "const int16_t *b_table"],
    body: [`qc_extremum(${[pairs.operands, kind === "max" ? 1 : 0, ...kinds, ...from].join(", ")}, a_table, b_table);`],
  });
  const aTable = context.constant("a", "int16_t", byElement(a, aLow, x!));
  const bTable = context.constant("b", "int16_t", other ? byElement(b, bLow, other) : byByte(b, bLow));
  context.statement(`${name}(${[...pairs.arguments, ...(wide ? [aLow, bLow] : []), aTable, bTable].join(", ")});`);
};
