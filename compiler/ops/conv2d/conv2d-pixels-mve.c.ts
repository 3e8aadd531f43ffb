/** Convolution of few taps in C on Helium vectors, four pixels at a time: qc_conv2d_pixels_mve.h. */
import type { CContext } from "../../../targets/c/lowering.js";
import { hasEvenMultipliers, mveMissing, mveRequantization, packMvePairs } from "../../../targets/c/mve.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { IntegerNode } from "../../ir/index.js";
import { isPadded } from "../window.js";
import type { Conv2dAttributes } from "./conv2d.types.js";

type Node = IntegerNode<Conv2dAttributes>;

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
export function mvePixelsScratchBytes(node: Node): number {
  const form = formOf(node);
  return form ? form.gathered * form.pitch : 0;
}

/** Calls the vector kernel; false where the core has none or it does not suit. */
export function lowerMvePixels(node: Node, context: CContext): boolean {
  const { inputs, output, attributes } = node;
  const form = formOf(node);
  const requantization = form && mveRequantization(context, attributes.requantize, output);
  if (!requantization || requantization.constants.scaleBits !== 8 || !hasEvenMultipliers(requantization.constants)) {
    return false;
  }
  const { taps, pitch, gathered } = form;
  const { weights, bias, inputZeroPoint } = attributes;
  const missing = mveMissing(weights, bias, inputZeroPoint, inputs[0]!);
  const matrix = { channels: output.shape[3]!, taps, weights };
  const words = packMvePairs(matrix, requantization.constants, missing);
  context.include("qc_conv2d_pixels_mve.h");
  const name = context.shared({
    role: `conv2d_pixels_${gathered > 0 ? "gathered" : "in_place"}_${Math.min(3, Math.ceil(taps / 16))}_mve_${taps}_${pitch}`,
    parameters: [
      "const qc_window *s",
      "const uint8_t *x",
      "const uint32_t *weights",
      "uint8_t *y",
      "uint8_t *scratch",
      "int32_t gathered",
      ...requantization.parameters,
    ],
    body: [
      requantization.declaration,
      `const qc_mve_lie lie = {${taps}, ${pitch}};`,
      `qc_conv2d_pixels_mve(s, x, weights, y, scratch, ${gathered > 0 ? "gathered" : "0"}, q, lie);`,
      ...(gathered > 0 ? [] : ["(void)scratch;", "(void)gathered;"]),
    ],
  });
  const stream = context.constant("weights", "uint32_t", words);
  context.statement(windowStatement(attributes, inputs[0]!, output, 1, inputZeroPoint));
  const values = [
    "&window",
    context.input(0),
    stream,
    context.output,
    context.scratch,
    gathered,
    ...requantization.arguments,
  ];
  context.statement(`${name}(${values.join(", ")});`);
  return true;
}
