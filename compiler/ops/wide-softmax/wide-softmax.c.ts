/** Softmax of wide codes and LogSoftmax in C (qc_wide_softmax.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { kindOf } from "../../../targets/c/tensors.js";
import { elementCount, typeRange } from "../../ir/index.js";
import type { WideSoftmaxAttributes } from "./wide-softmax.types.js";

export const c: CLowering<WideSoftmaxAttributes> = (node, context) => {
  const { inputs, output, attributes } = node;
  const [x] = inputs;
  const { exponentials, results, outputZeroPoint } = attributes;
  const { fine, coarse, fineBits, limit } = exponentials;
  const classes = x!.shape.at(-1)!;
  const { lo, hi } = typeRange(output.type);
  const tables = [context.constant("fine", "uint32_t", fine), context.constant("coarse", "uint32_t", coarse)];
  const own =
    "most" in results
      ? [`INT64_C(${results.difference})`, `INT64_C(${results.logarithm})`, results.shift, `${results.most}u`]
      : [`INT64_C(${results.levels})`, results.levelsShift];
  const rows = elementCount(x!.shape) / classes;
  const values = [
    context.input(0),
    context.output,
    rows,
    classes,
    kindOf(x!),
    kindOf(output),
    ...tables,
    fineBits,
    `${limit}u`,
  ];
  context.include("qc_wide_softmax.h");
  const kernel = "most" in results ? "qc_log_softmax" : "qc_wide_softmax";
  context.statement(`${kernel}(${[...values, ...own, outputZeroPoint, lo, hi].join(", ")});`);
};
