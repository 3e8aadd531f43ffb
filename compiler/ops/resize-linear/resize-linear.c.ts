/** Linear interpolation of images in C (qc_resize_linear.h). */
import type { CContext, CLowering } from "../../../targets/c/lowering.js";
import { placeRecords } from "../../../targets/c/records.js";
import { kindOf, kindRole } from "../../../targets/c/tensors.js";
import type { Interpolation, ResizeLinearAttributes } from "./resize-linear.types.js";

export const c: CLowering<ResizeLinearAttributes> = (node, context) => {
  const { rows, columns, requantize } = node.attributes;
  const x = node.inputs[0]!;
  const constants = placeRecords(context, requantize, node.output.type, [0], [0]);
  const sizes = ["height", "width", "in_width", "channels", "row_denominator", "column_denominator"];
  context.include("qc_resize_linear.h");
  const name = context.shared({
    role: `resize_linear${kindRole(x, node.output)}_${constants.role}`,
    parameters: [
      "const uint8_t *x",
      "uint8_t *y",
      ...sizes.map((size) => `int32_t ${size}`),
      "const int32_t *rows",
      "const int32_t *columns",
      "const int32_t *record",
      ...constants.parameters,
    ],
    body: [
      constants.declaration,
      `qc_resize_linear(x, y, ${sizes.join(", ")}, rows, columns, record, q, ${kindOf(x)}, ${kindOf(node.output)});`,
    ],
  });
  const [, height, width, channels] = node.output.shape;
  const values = [height, width, x.shape[2], channels, rows.denominator, columns.denominator];
  const tables = [placed(context, "rows", rows), placed(context, "columns", columns), constants.name];
  const operands = [context.input(0), context.output, ...values, ...tables, ...constants.arguments];
  context.statement(`${name}(${operands.join(", ")});`);
};

/** Pairs of lower position and weight. */
function placed(context: CContext, role: string, { lows, weights }: Interpolation): string {
  return context.constant(
    role,
    "int32_t",
    lows.flatMap((low, i) => [low, weights[i]!]),
  );
}
