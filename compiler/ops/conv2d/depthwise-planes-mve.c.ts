/** Depthwise 3x3 convolution in C on Helium vectors, a channel at a time: qc_depthwise_planes_mve.h. */
import type { CContext } from "../../../targets/c/lowering.js";
import {
  byteWords,
  hasEvenMultipliers,
  isMuted,
  mveChannel,
  mveMissing,
  mveRequantization,
  vectorConstants,
} from "../../../targets/c/mve.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";
import { swap, transposed } from "./depthwise-rows.c.js";

interface Form {
  readonly turned: boolean;
  /** Rows of output that are spread at a time. */
  readonly band: number;
  /** Codes of a channel in a band, rounded up to 8. */
  readonly codes: number;
  readonly scratchBytes: number;
}

/** Bands grow up to this many bytes of scratch. */
const mostScratch = 4096;

/** How the kernel computes a depthwise node; undefined for geometries that it does not take. */
function formOf({ inputs, output, attributes }: Node): Form | undefined {
  const { kernel, strides, dilations, pads } = attributes;
  const three = kernel[0] === 3 && kernel[1] === 3 && dilations.every((dilation) => dilation === 1);
  if (!three || strides[0] !== strides[1] || strides[0] > 2 || pads.some((pad) => pad > 1)) return undefined;
  const [, rows, columns] = output.shape as [number, number, number];
  const blocks = (down: number, across: number) =>
    down < 2 || across < 4 ? Infinity : Math.ceil(down / 2) * Math.ceil(across / 4);
  const turned = blocks(columns, rows) < blocks(rows, columns);
  if (blocks(rows, columns) === Infinity && !turned) return undefined;
  const stride = strides[0];
  const channels = output.shape[3]!;
  const [down, across] = turned ? [columns, rows] : [rows, columns];
  const [height, width] = turned
    ? [inputs[0]!.shape[2]!, inputs[0]!.shape[1]!]
    : [inputs[0]!.shape[1]!, inputs[0]!.shape[2]!];
  const inside = Math.min(width, (across - 1) * stride + 3 - (turned ? pads[0] : pads[1]));
  const xReach = (rowsOfBand: number) =>
    channels * (turned ? rowsOfBand - 1 + (inside - 1) * height : (rowsOfBand - 1) * width + inside - 1);
  const yReach = channels * (turned ? 3 * down + 1 : across + 3);
  const group = stride === 1 ? 4 * (across + 2) : 6 * across + 4;
  const formFor = (band: number): Form => {
    const codes = Math.ceil((Math.min(height, (band - 1) * stride + 3) * inside) / 8) * 8;
    const groups = (stride === 1 ? band / 2 : band) + 2;
    return { turned, band, codes, scratchBytes: (stride === 1 ? 4 : 6) * codes + groups * group };
  };
  const fits = (band: number) => xReach((band - 1) * stride + 3) < 2 ** 16 && (band + 2) * group < 2 ** 16;
  let band = 2;
  if (!fits(band) || yReach >= 2 ** 16) return undefined;
  while (band < down - 1 && fits(band + 2) && formFor(band + 2).scratchBytes <= mostScratch) band += 2;
  return formFor(band);
}

/** Tables of offsets and groups of rows. */
function scratchBytes(node: Node): number {
  return formOf(node)!.scratchBytes;
}

/** The nine weights of a channel as groups have their rows, in 16 bytes. */
function groupBytes(weights: ArrayLike<number>, first: number, stride: number): number[] {
  const bytes = new Array<number>(16).fill(0);
  for (let tap = 0; tap < 9; tap++)
    bytes[(tap % 3) * (stride === 1 ? 4 : 3) + Math.floor(tap / 3)] = weights[first + tap]!;
  return bytes;
}

export const mvePlanes: Conv2dKernel = {
  feature: "mve",
  takes: (node) => formOf(node) !== undefined && hasEvenMultipliers(vectorConstants(node.attributes.requantize)),
  scratchBytes,
  lower,
};

function lower(node: Node, context: CContext): void {
  const { turned, band, codes } = formOf(node)!;
  const requantization = mveRequantization(context, node.attributes.requantize, node.output)!;
  const [input, output] = [node.inputs[0]!, node.output].map((tensor) => (turned ? swap(tensor) : tensor));
  const attributes = turned ? transposed(node.attributes) : node.attributes;
  const { weights, bias, inputZeroPoint, groups, strides } = attributes;
  const missing = mveMissing(weights, bias, inputZeroPoint, input!);
  const channels = Array.from(bias, (_, channel) => channel);
  const pairs = channels.flatMap((channel) => {
    const { addend, multiplier } = mveChannel(requantization.constants, channel, missing);
    return [addend, multiplier / 2];
  });
  const bytes = channels.flatMap((channel) =>
    isMuted(requantization.constants, channel)
      ? new Array<number>(16).fill(0)
      : groupBytes(weights, 9 * channel, strides[0]),
  );
  context.include("qc_depthwise_planes_mve.h");
  const name = context.shared({
    role: `depthwise_planes_${strides[0]}${turned ? "_turned" : ""}_${requantization.role}`,
    parameters: [
      "const qc_window *s",
      "const uint8_t *x",
      "const uint32_t *constants",
      "uint8_t *y",
      "uint8_t *scratch",
      "int32_t band",
      "int32_t codes",
      ...requantization.parameters,
    ],
    body: [
      requantization.declaration,
      `qc_depthwise_planes_mve(s, x, constants, y, scratch, band, codes, q, ${signedLiteral(input!)}, ${strides[0]}, ${turned ? 1 : 0});`,
    ],
  });
  const constants = context.constant("constants", "uint32_t", [...pairs, 0, 0, 0, 0, ...byteWords(bytes)]);
  context.statement(windowStatement(attributes, input!, output!, groups, inputZeroPoint));
  const values = [
    "&window",
    context.input(0),
    constants,
    context.output,
    context.scratch,
    band,
    codes,
    ...requantization.arguments,
  ];
  context.statement(`${name}(${values.join(", ")});`);
}
