/** Depthwise 3x3 convolution in C, channel by channel: qc_depthwise_rolling.h, and qc_depthwise_columns.h for one number of channels. */
import { predictedInstructions } from "../../../targets/c/costs.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { channelSlots, weightSums } from "../../../targets/c/matrix.js";
import { hasHighWordRecords, placeRecords } from "../../../targets/c/records.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { Core } from "../../../targets/core.js";
import type { Faster } from "../op.js";
import type { Conv2dAttributes } from "./conv2d.types.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";

/** Whether windows are 3x3, not dilated, at most two columns apart, and reach at most one row or column over each border. */
function isSuitable({ attributes, inputs, output }: Node): boolean {
  const { kernel, strides, dilations, pads } = attributes;
  const [, height, width] = inputs[0]!.shape as [number, number, number];
  const [, rows, columns] = output.shape as [number, number, number];
  const reaches = (count: number, stride: number, pad: number, size: number) =>
    pad <= 1 && size >= 2 && (count - 1) * stride - pad + 2 <= size;
  return (
    kernel.every((size) => size === 3) &&
    dilations.every((dilation) => dilation === 1) &&
    strides[1] <= 2 &&
    reaches(rows, strides[0], pads[0], height) &&
    reaches(columns, strides[1], pads[1], width)
  );
}

/** Whether the assembly for one number of channels can say how far two columns of pairs are apart, and finds two columns. */
const hasColumns = ({ output }: Node) => output.shape[3]! <= 511 && output.shape[2]! >= 2;

/** Bytes of code for a number of channels, and the instructions that so many bytes have to save. */
const columnsCode = { bytes: 800, worth: 8000 };

/** What code for the layer's own number of channels would save; none on cores without figures for it. */
function forSpeed(node: Node, core: Core): Faster<Conv2dAttributes>[] {
  if (!isSuitable(node) || !hasColumns(node)) return [];
  const rolling = predictedInstructions(core, "depthwise_rolling", node);
  const columns = predictedInstructions(core, "depthwise_columns", node);
  if (rolling === undefined || columns === undefined) return [];
  const saved = rolling - columns - columnsCode.worth;
  return [{ attributes: { ...node.attributes, ownCode: true }, saved, bytes: columnsCode.bytes }];
}

export const depthwiseRolling: Conv2dKernel = {
  feature: "high-word",
  takes: (node) => isSuitable(node) && hasHighWordRecords(node.attributes.requantize),
  lower,
  forSpeed,
};

function lower(node: Node, context: CContext): void {
  const { inputs, output, attributes } = node;
  const { weights, bias, inputZeroPoint, requantize, strides, groups } = attributes;
  const channels = output.shape[3]!;
  const sums = weightSums(weights, channels);
  const missing = bias.map((value, o) => value - inputZeroPoint * sums[o]!);
  const constants = placeRecords(context, requantize, output.type, channelSlots(0, channels, 1), missing);
  context.statement(windowStatement(attributes, inputs[0]!, output, groups, inputZeroPoint));
  const form = attributes.ownCode && hasColumns(node) ? "columns" : "rolling";
  const own = form === "columns" ? [channels] : [];
  context.include(`qc_depthwise_${form}.h`);
  const literals = [signedLiteral(inputs[0]!), strides[1], ...own].join(", ");
  const name = context.shared({
    role: ["depthwise", form, strides[1], constants.role, ...own].join("_"),
    parameters: [
      "const qc_window *s",
      "const uint8_t *x",
      "const int8_t *weights",
      "const int32_t *records",
      "uint8_t *y",
      ...constants.parameters,
    ],
    body: [constants.declaration, `qc_depthwise_${form}(s, x, weights, records, y, q, ${literals});`],
  });
  const packed = context.constant("weights", "int8_t", weights);
  const values = ["&window", context.input(0), packed, constants.name, context.output, ...constants.arguments];
  context.statement(`${name}(${values.join(", ")});`);
}
