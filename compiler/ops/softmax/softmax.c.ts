/** Softmax in C (qc_softmax.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { requireByteInputs, requireByteOutput, signedLiteral } from "../../../targets/c/tensors.js";
import { elementCount, typeRange } from "../../ir/index.js";
import type { SoftmaxAttributes } from "./softmax.types.js";

export const c: CLowering<SoftmaxAttributes> = (node, context) => {
  requireByteInputs(node);
  requireByteOutput(node);
  const [x] = node.inputs;
  const { kind, exponentials, levels, levelsShift, outputZeroPoint } = node.attributes;
  const classes = x!.shape.at(-1)!;
  const rows = elementCount(x!.shape) / classes;
  const { lo, hi } = typeRange(node.output.type);
  const table = context.constant("exponentials", "uint32_t", exponentials);
  const divisor = kind === "even" ? [levels, levelsShift] : [];
  const values = [rows, classes, signedLiteral(x!), table, ...divisor, outputZeroPoint, lo, hi];
  context.include("qc_softmax.h");
  const kernel = kind === "even" ? "qc_softmax_even" : "qc_softmax_doubly_rounded";
  context.statement(`${kernel}(${context.input(0)}, ${context.output}, ${values.join(", ")});`);
};
