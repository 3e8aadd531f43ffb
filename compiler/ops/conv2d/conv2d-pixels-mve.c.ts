/** Convolution of few taps in C on Helium vectors, four pixels at a time: qc_conv2d_pixels_mve.h. */
import type { CContext } from "../../../targets/c/lowering.js";
import {
  hasEvenMultipliers,
  mveMissing,
  mveRequantization,
  packMvePairs,
  vectorConstants,
} from "../../../targets/c/mve.js";
import { initialiser } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import { isPadded } from "../window.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";

/** What post-indexed loads of bytes reach. */
const mostPitch = 127;

interface Form {
  readonly taps: number;
  readonly pitch: number;
  /** Patches that are gathered at a time; 0 where pixels are read in place. */
  readonly gathered: number;
}

/** How the kernel computes a node with one group; undefined for geometries that it does not take. */
function formOf({ inputs, output, attributes }: Node): Form | undefined {
  const { kernel, strides, groups } = attributes;
  const [, rows, columns, channels] = output.shape as [number, number, number, number];
  const depth = inputs[0]!.shape[3]!;
  const taps = kernel[0] * kernel[1] * depth;
  if (groups !== 1 || !inputs[0]!.type.signed || channels < 2 || 4 * channels >= 2 ** 16) return undefined;
  const inPlace = kernel[0] === 1 && kernel[1] === 1 && !isPadded(attributes);
  const run = inPlace && strides.some((stride) => stride > 1) ? columns : rows * columns;
  const pitch = inPlace ? strides[1] * depth : Math.ceil(taps / 4) * 4;
  if (pitch > mostPitch || run < 4) return undefined;
  return { taps, pitch, gathered: inPlace ? 0 : 4 * Math.floor(384 / pitch) };
}

/** Bytes of scratch for gathered patches. */
function scratchBytes(node: Node): number {
  const { gathered, pitch } = formOf(node)!;
  return gathered * pitch;
}

export const mvePixels: Conv2dKernel = {
  feature: "mve",
  takes: (node) => formOf(node) !== undefined && hasEvenMultipliers(vectorConstants(node.attributes.requantize)),
  scratchBytes,
  lower,
};

function lower(node: Node, context: CContext): void {
  const { inputs, output, attributes } = node;
  const { taps, pitch, gathered } = formOf(node)!;
  const requantization = mveRequantization(context, attributes.requantize, output)!;
  const { weights, bias, inputZeroPoint, kernel, strides, requantize } = attributes;
  const [, height, width, channels] = output.shape as [number, number, number, number];
  const [, , inputWidth, depth] = inputs[0]!.shape as [number, number, number, number];
  const missing = mveMissing(weights, bias, inputZeroPoint, inputs[0]!);
  const words = packMvePairs({ channels, taps, weights }, requantization.constants, missing);
  const step = strides[1] * depth;
  const lie = [taps, pitch, ...(gathered > 0 ? [step, kernel[0], kernel[1] * depth] : [0, 0, 0])];
  const window = gathered > 0 ? ["const qc_window *s"] : [];
  const patches = gathered > 0 ? ["uint8_t *scratch", "int32_t gathered"] : [];
  const body =
    gathered > 0
      ? "qc_conv2d_patches_mve(s, p, x, weights, y, scratch, gathered, q, lie);"
      : "qc_conv2d_pixels_mve(p, x, weights, y, q, lie);";
  context.include("qc_conv2d_pixels_mve.h");
  const steps = Math.min(3, Math.ceil(taps / 16));
  const name = context.shared({
    role: `conv2d_${gathered > 0 ? "patches" : "pixels"}_of_${["one", "two", "more"][steps - 1]}_${requantization.role}`,
    parameters: [
      ...window,
      "const qc_mve_fours *p",
      "const uint8_t *x",
      "const uint32_t *weights",
      "uint8_t *y",
      ...patches,
      ...requantization.parameters,
    ],
    body: [requantization.declaration, `const qc_mve_lie lie = ${initialiser(lie)};`, body],
  });
  const stream = context.constant("weights", "uint32_t", words);
  const whole = strides[0] === 1 && strides[1] === 1;
  const fours = [
    initialiser(Array.from({ length: 8 }, (_, at) => (at >> 1) * channels + (at & 1))),
    4 * channels,
    (requantize.clamp.hi << 16) | (requantize.clamp.lo & 0xffff) | 0,
    channels,
    ...(whole ? [height * width, 1, 0] : [width, height, strides[0] * inputWidth * depth]),
  ];
  context.statement(`static const qc_mve_fours fours = ${initialiser(fours)};`);
  if (gathered > 0) context.statement(windowStatement(attributes, inputs[0]!, output, 1, inputZeroPoint));
  const values = [
    ...(gathered > 0 ? ["&window"] : []),
    "&fours",
    context.input(0),
    stream,
    context.output,
    ...(gathered > 0 ? [context.scratch, gathered] : []),
    ...requantization.arguments,
  ];
  context.statement(`${name}(${values.join(", ")});`);
}
