/** Convolutions and matrix products that the 8-bit kernels do not take: other elements, or int16 weights. */
import type { RequantizeLayer } from "../../compiler/arith/index.js";
import type { IntegerNode, IntegerTensor } from "../../compiler/ir/index.js";
import type { Weights } from "../../compiler/ops/weights.js";
import type { CContext } from "./lowering.js";
import { channelSlots, packWide, weightSums } from "./matrix.js";
import { placeRecords } from "./records.js";
import { allBytes, kindOf, kindRole, signedLiteral } from "./tensors.js";

interface ProductAttributes {
  readonly inputZeroPoint: number;
  readonly weights: Weights;
  readonly bias: Int32Array;
  readonly requantize: RequantizeLayer;
}

/** The parts of a node that only its home can tell. */
export interface Product {
  /** For the shared function's name. */
  readonly role: string;
  readonly groups: number;
  /** Output channels of all groups. */
  readonly channels: number;
}

/** Whether a product needs these kernels. */
export function isWide(node: IntegerNode<ProductAttributes>): boolean {
  return !allBytes(node) || !(node.attributes.weights instanceof Int8Array);
}

/** Whether codes meet weights without a patch: one input channel per group, or codes that do not fit 16 bits. */
export function isDirect({ type }: IntegerTensor, inputsPerGroup: number): boolean {
  return type.bits > 16 || inputsPerGroup === 1;
}

/** Bytes of one group's patch of 16-bit codes. */
export function wideScratchBytes(taps: number): number {
  return Math.ceil(taps / 4) * 4 * 2;
}

/** How a product meets its codes: as a patch of 16-bit codes, as bytes where the image has them, or one at a time. */
export type WideForm = "patch" | "in-place" | "direct";

/** Calls the kernel, for which a statement has declared `window`. */
export function wideProduct(
  node: IntegerNode<ProductAttributes>,
  context: CContext,
  product: Product,
  form: WideForm,
): void {
  const direct = form === "direct";
  const { inputs, output, attributes } = node;
  const [x] = inputs;
  const { weights, bias, inputZeroPoint, requantize } = attributes;
  const { groups, channels, role } = product;
  const perGroup = channels / groups;
  const taps = weights.length / channels;
  const step = direct ? 1 : 4;
  const slots = Array.from({ length: groups }, (_, g) => channelSlots(g * perGroup, perGroup, step)).flat();
  const constants = placeRecords(context, requantize, output.type, slots, new Int32Array(channels));
  // Patches hold uint16 codes less 32768.
  const less = kindOf(x!) === "QC_U16" ? 32768 : 0;
  const sums = weightSums(weights, channels);
  const folded = bias.map((value, o) => (direct ? value : value - (inputZeroPoint - less) * sums[o]!));
  const biases = context.constant(
    "biases",
    "int32_t",
    slots.map((channel) => (channel < 0 ? 0 : folded[channel]!)),
  );
  const bytes = weights instanceof Int8Array ? 1 : 2;
  const element = bytes === 1 ? "int8_t" : "int16_t";
  const matrices = Array.from({ length: groups }, (_, g) => ({
    channels: perGroup,
    taps,
    weights: weights.subarray(g * perGroup * taps, (g + 1) * perGroup * taps),
  }));
  const packed = direct ? weights : matrices.flatMap((matrix) => Array.from(packWide(matrix, form === "in-place")));
  const stored = context.constant("weights", element, packed);
  const dsp = context.core.features.includes("dsp") ? 1 : 0;
  const depthwise = groups > 1 && groups === x!.shape.at(-1);
  const kinds = `${kindOf(x!)}, ${kindOf(output)}`;
  const body = direct
    ? `qc_conv2d_direct(s, x, weights, biases, records, y, q, ${kinds}, ${bytes}, ${depthwise ? 1 : 0}, zero);`
    : `qc_conv2d_wide(s, x, weights, biases, records, y, ${form === "in-place" ? "0" : "(int16_t *)(void *)scratch"}, q, ${kinds}, form, zero);`;
  context.include(direct ? "qc_conv2d_direct.h" : "qc_conv2d_wide.h");
  const name = context.shared({
    role: `${role}${form === "in-place" ? "_pointwise" : ""}${kindRole(x!, output)}_w${8 * bytes}_${constants.role}`,
    parameters: [
      "const qc_window *s",
      "const uint8_t *x",
      `const ${element} *weights`,
      "const int32_t *biases",
      "const int32_t *records",
      "uint8_t *y",
      ...(form === "patch" ? ["uint8_t *scratch"] : []),
      "int32_t zero",
      ...constants.parameters,
    ],
    body: [
      constants.declaration,
      ...(direct
        ? []
        : [`const qc_wide form = {${bytes}, ${dsp}, ${form === "in-place" ? 1 : 0}, ${signedLiteral(x!)}};`]),
      body,
    ],
  });
  const values = ["&window", context.input(0), stored, biases, constants.name, context.output];
  const rest = [...(form === "patch" ? [context.scratch] : []), inputZeroPoint, ...constants.arguments];
  context.statement(`${name}(${[...values, ...rest].join(", ")});`);
}
