/** Average pooling in C (qc_average_pool2d.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { placeRecords } from "../../../targets/c/records.js";
import { kindOf, kindRole } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { AveragePool2dAttributes } from "./average-pool2d.types.js";

export const c: CLowering<AveragePool2dAttributes> = (node, context) => {
  const [x] = node.inputs;
  const { byCount, includePad, padValue } = node.attributes;
  const { zeroPoint, clamp } = byCount[0]!.requantize;
  // One layer with a staircase per count, so that all counts get the same form and shift.
  const layer = { channels: byCount.map((entry) => entry.requantize.channels[0]!), zeroPoint, clamp };
  const slots = byCount.map((_, i) => i);
  const nothing = byCount.map(() => 0);
  const constants = placeRecords(context, layer, node.output.type, slots, nothing);
  context.include("qc_average_pool2d.h");
  const name = context.shared({
    role: `average_pool2d${kindRole(x!, node.output)}_${constants.role}`,
    parameters: [
      "const qc_window *s",
      "const uint8_t *x",
      "const int32_t *counts",
      "const int32_t *records",
      "uint8_t *y",
      ...constants.parameters,
    ],
    body: [
      constants.declaration,
      `qc_average_pool2d(s, x, counts, records, y, q, ${kindOf(x!)}, ${kindOf(node.output)}, ${includePad ? padValue : 0});`,
    ],
  });
  const counts =
    byCount.length === 1
      ? "0"
      : context.constant(
          "counts",
          "int32_t",
          byCount.map((entry) => entry.count),
        );
  context.statement(windowStatement(node.attributes, x!, node.output, 1, 0));
  const values = ["&window", context.input(0), counts, constants.name, context.output, ...constants.arguments];
  context.statement(`${name}(${values.join(", ")});`);
};
