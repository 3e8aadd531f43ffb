/** Average pooling in C (qc_average_pool2d.h). */
import type { CContext, CLowering } from "../../../targets/c/lowering.js";
import { placeRecords, type Records } from "../../../targets/c/records.js";
import { kindOf, kindRole } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { IntegerNode } from "../../ir/index.js";
import type { RowSums } from "../rows.js";
import type { AveragePool2dAttributes } from "./average-pool2d.types.js";

type Node = IntegerNode<AveragePool2dAttributes>;

/** As QC_LANES_HOLD. */
const mostPackedTaps = 256;

/** All records in one layer with a staircase per count, so that all counts get the same form and shift. */
function placeCounts({ attributes: { byCount }, output }: Node, context: CContext): Records {
  const { zeroPoint, clamp } = byCount[0]!.requantize;
  const layer = { channels: byCount.map((entry) => entry.requantize.channels[0]!), zeroPoint, clamp };
  const slots = byCount.map((_, i) => i);
  return placeRecords(context, layer, output.type, slots, new Int32Array(byCount.length));
}

/** A pool over the whole image in 32-bit sums, one per channel (qc_row_sums.h). */
export const sumsRows: RowSums<AveragePool2dAttributes> = {
  applies({ inputs: [x], output, attributes: { kernel, dilations, pads } }) {
    const [batch, height, width] = x!.shape;
    const whole =
      kernel[0] === height && kernel[1] === width && [...pads, ...dilations.map((d) => d - 1)].every((n) => n === 0);
    return batch === 1 && whole && output.shape[1] === 1 && output.shape[2] === 1;
  },
  bytes: ({ output }) => 4 * output.shape[3]!,
  add({ inputs: [x] }, context, first) {
    const kind = kindOf(x!);
    context.include("qc_row_sums.h");
    const name = context.shared({
      role: `add_row${kindRole(x!)}`,
      parameters: ["const uint8_t *x", "int32_t width", "int32_t channels", "uint8_t *sums", "int first"],
      body: [`qc_add_row(x, width, channels, (int32_t *)(void *)sums, first, ${kind});`],
    });
    const [, , width, channels] = x!.shape;
    context.statement(`${name}(${context.input(0)}, ${width}, ${channels}, ${context.scratch}, ${first});`);
  },
  finish(node, context) {
    const constants = placeCounts(node, context);
    const kind = kindOf(node.output);
    context.include("qc_row_sums.h");
    const name = context.shared({
      role: `finish_sums${kindRole(node.output)}_${constants.role}`,
      parameters: [
        "const uint8_t *sums",
        "int32_t channels",
        "const int32_t *records",
        "uint8_t *y",
        ...constants.parameters,
      ],
      body: [
        constants.declaration,
        `qc_finish_sums((const int32_t *)(const void *)sums, channels, records, y, q, ${kind});`,
      ],
    });
    const values = [context.scratch, node.output.shape[3]!, constants.name, context.output, ...constants.arguments];
    context.statement(`${name}(${values.join(", ")});`);
  },
};

export const c: CLowering<AveragePool2dAttributes> = (node, context) => {
  const [x] = node.inputs;
  const { byCount, includePad, padValue, kernel } = node.attributes;
  const packed =
    context.core.features.includes("dsp") && x!.type.bits <= 8 && kernel[0] * kernel[1] <= mostPackedTaps ? 1 : 0;
  const constants = placeCounts(node, context);
  context.include("qc_average_pool2d.h");
  const name = context.shared({
    role: `average_pool2d${packed ? "_packed" : ""}${kindRole(x!, node.output)}_${constants.role}`,
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
      `qc_average_pool2d(s, x, counts, records, y, q, ${kindOf(x!)}, ${kindOf(node.output)}, ${includePad ? padValue : 0}, ${packed});`,
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
