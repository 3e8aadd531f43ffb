/**
 * Convolution in C. With two-lane products: qc_conv2d_lanes.h. With vectors: qc_conv2d_columns_mve.h, qc_conv2d_pixels_mve.h, else
 * qc_conv2d_mve.h; qc_depthwise_planes_mve.h, else qc_depthwise_conv2d_mve.h. With packed multiplies: qc_conv2d_blocks.h, qc_depthwise_line.h, qc_depthwise_pairs.h, qc_depthwise_rows.h, else qc_conv2d_pairs.h; without:
 * qc_conv2d_halves.h on cores with `halves`, else qc_conv2d_quads.h. Other depthwise convolutions: qc_depthwise_rolling.h, qc_depthwise_conv2d.h.
 */
import { cheapestFirst } from "../../../targets/c/costs.js";
import type { CContext, CLowering } from "../../../targets/c/lowering.js";
import { channelSlots, interleave, packPairs, pairsCarry, weightSums } from "../../../targets/c/matrix.js";
import { byteWords } from "../../../targets/c/mve.js";
import { placeRecords, type Records } from "../../../targets/c/records.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { isDirect, isWide, type WideForm, wideProduct, wideScratchBytes } from "../../../targets/c/wide.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { Core } from "../../../targets/core.js";
import { bytesPerElement, type IntegerNode } from "../../ir/index.js";
import type { Weights } from "../weights.js";
import { isPadded } from "../window.js";
import type { Conv2dAttributes } from "./conv2d.types.js";
import { blockScratchBytes, blockStream, blockWindow, lowerBlocks } from "./conv2d-blocks.c.js";
import { lowerBlocks16 } from "./conv2d-blocks16.c.js";
import { lowerMveColumns, mveColumnsScratchBytes } from "./conv2d-columns-mve.c.js";
import { halvesScratchBytes, lowerHalves, usesHalves } from "./conv2d-halves.c.js";
import { lanesScratchBytes, lowerLanes } from "./conv2d-lanes.c.js";
import { matrices } from "./conv2d-matrices.js";
import { lowerMve, mveScratchBytes } from "./conv2d-mve.c.js";
import { lowerMvePixels, mvePixelsScratchBytes } from "./conv2d-pixels-mve.c.js";
import { lowerWinograd, winogradScratchBytes } from "./conv2d-winograd.c.js";
import { lowerWinograd4, winograd4ScratchBytes } from "./conv2d-winograd4.c.js";
import { hasDepthwiseConstants } from "./depthwise-constants.js";
import { lowerMveDepthwise, mveDepthwiseScratchBytes } from "./depthwise-conv2d-mve.c.js";
import { isLine, lowerDepthwiseLine } from "./depthwise-line.c.js";
import { depthwisePairsScratchBytes, isPairs, lowerDepthwisePairs } from "./depthwise-pairs.c.js";
import { lowerMvePlanes, mvePlanesScratchBytes } from "./depthwise-planes-mve.c.js";
import { isDepthwise, lowerRollingDepthwise } from "./depthwise-rolling.c.js";
import { depthwiseRowsScratchBytes, lowerDepthwiseRows } from "./depthwise-rows.c.js";

type Node = IntegerNode<Conv2dAttributes>;

/** Most bytes of a padded patch of a depthwise convolution, unless four channels take more. */
const patchBytes = 1152;

/** Channels whose padded patch is made at a time. */
function patchChannels({ attributes: { kernel, patchChannels }, inputs }: Node): number {
  const most = Math.max(4, Math.floor(patchBytes / (kernel[0] * kernel[1]) / 4) * 4);
  return Math.min(patchChannels ?? most, inputs[0]!.shape[3]!);
}

/** What the kernels of a core, or of any core, need: patches of a few pixels, or one padded patch. */
export function scratchBytes(node: Node, core?: Core): number {
  const { kernel, groups } = node.attributes;
  const channels = node.inputs[0]!.shape[3]!;
  const taps = kernel[0] * kernel[1];
  if (isWide(node)) return wideForm(node) === "patch" ? wideScratchBytes((taps * channels) / groups) : 0;
  const [dsp, mve] = (["dsp", "mve"] as const).map((feature) => core === undefined || core.features.includes(feature));
  if (isDepthwise(node)) {
    if (dsp && !mve && isLine(node) && hasDepthwiseConstants(node)) return 0;
    const pairs = dsp && isPairs(node) ? depthwisePairsScratchBytes(node) : 0;
    if (pairs > 0 && !mve) return pairs;
    const patch = isPadded(node.attributes) ? taps * patchChannels(node) : 0;
    const mveScratch = Math.max(mvePlanesScratchBytes(node), mveDepthwiseScratchBytes(node));
    return Math.max(patch, pairs, dsp ? depthwiseRowsScratchBytes(node) : 0, mve ? mveScratch : 0);
  }
  const patch = Math.ceil((taps * channels) / groups / 4) * 4;
  const lanes =
    core === undefined || core.features.includes("lanes") ? winograd4ScratchBytes(node) || lanesScratchBytes(node) : 0;
  const halves = core === undefined || usesHalves(node, core) ? halvesScratchBytes(node) : 0;
  if (!dsp) return lanes || halves || 4 * patch;
  // Three patches of 16-bit lanes; codes that fill no words are first gathered as bytes. Or blocks; or what vectors need.
  const pairs = 3 * 2 * patch + ((channels / groups) % 4 === 0 ? 0 : patch);
  const blocks = blockScratchBytes(node);
  const packed =
    core !== undefined && (blockStream(node) ?? (node.attributes.weights16 && blockStream(node, "lanes")))
      ? blocks
      : Math.max(pairs, blocks);
  const mveScratch = Math.max(mveColumnsScratchBytes(node), mvePixelsScratchBytes(node), mveScratchBytes(node));
  const bytes = Math.max(packed, lanes, halves, mve ? mveScratch : 0);
  return node.attributes.winograd ? Math.max(bytes, winogradScratchBytes(node)) : bytes;
}

/**
 * Whether single rows may overwrite rows of the input: depthwise kernels go through each channel's columns in order, but vectors, which take
 * some channels again where eight do not divide them, and rings, which take the 3x3 windows that are not for lines.
 */
export function overwritesRows(node: Node, core?: Core): boolean {
  const { inputs, output, attributes } = node;
  if (!isDepthwise(node) || bytesPerElement(inputs[0]!.type) !== bytesPerElement(output.type)) return false;
  if (isWide(node)) return true;
  const has = (feature: Core["features"][number]) => core === undefined || core.features.includes(feature);
  if (has("mve") && output.shape[3]! % 8 !== 0) return false;
  const { kernel, strides, pads } = attributes;
  const ringed =
    kernel.every((size) => size === 3) && (strides.some((stride) => stride > 2) || pads.some((pad) => pad > 1));
  return !(has("dsp") && ringed);
}

/** Instructions that a multiply-accumulate takes more than by the fastest kernel: by blocks of two and one pixel, without a ring, by quads, by patches of four channels. */
const addedPerProduct = { two: 0.05, one: 0.3, line: 0.05, quads: 2.5, patch: 0.2 };

/** Smaller blocks, and kernels without patches or rings. */
export function lessScratch(
  node: Node,
  core?: Core,
): { readonly attributes: Conv2dAttributes; readonly added: number }[] {
  if (!core || core.features.includes("mve") || isWide(node) || scratchBytes(node, core) === 0) return [];
  const { attributes } = node;
  const products = node.output.shape[1]! * node.output.shape[2]! * attributes.weights.length;
  const form = (changed: Partial<Conv2dAttributes>, per: number) => ({
    attributes: { ...attributes, ...changed },
    added: Math.round(per * products),
  });
  const dsp = core.features.includes("dsp");
  if (isDepthwise(node)) {
    const line = form({ direct: true }, addedPerProduct.line);
    if (dsp && isLine({ ...node, attributes: line.attributes }) && hasDepthwiseConstants(node)) return [line];
    const few = isPadded(attributes) && patchChannels(node) > 4;
    return few ? [form({ patchChannels: 4 }, addedPerProduct.patch)] : [];
  }
  if (!dsp) return usesHalves(node, core) ? [form({ blockPixels: 4 }, addedPerProduct.quads)] : [];
  if (attributes.winograd || !blockStream(node)) return [];
  return [
    form({ blockPixels: 2, weights16: false }, addedPerProduct.two),
    form({ blockPixels: 1, weights16: false }, addedPerProduct.one),
  ];
}

export const c: CLowering<Conv2dAttributes> = (node, context) => {
  const { inputs, output, attributes } = node;
  const { groups, inputZeroPoint } = attributes;
  const narrow = !isWide(node);
  const dsp = context.core.features.includes("dsp");
  const mve = context.core.features.includes("mve");
  if (narrow && mve) {
    const kernels = isDepthwise(node)
      ? [lowerMvePlanes, lowerMveDepthwise]
      : [lowerMveColumns, lowerMvePixels, lowerMve];
    if (kernels.some((lower) => lower(node, context))) return;
  }
  if (narrow && dsp) {
    if (isDepthwise(node) && (lowerDepthwiseLine(node, context) || lowerDepthwisePairs(node, context))) return;
    const candidates = isDepthwise(node)
      ? [{ kernel: "depthwise_rows", lower: lowerDepthwiseRows }]
      : [
          ...(attributes.winograd ? [{ kernel: "conv2d_winograd", lower: lowerWinograd }] : []),
          ...(attributes.weights16 ? [{ kernel: "conv2d_blocks16", lower: lowerBlocks16 }] : []),
          { kernel: "conv2d_blocks", lower: lowerBlocks },
        ];
    if (cheapestFirst(context.core, node, candidates).some(({ lower }) => lower(node, context))) return;
  }
  if (narrow && context.core.features.includes("lanes")) {
    if (attributes.winograd && lowerWinograd4(node, context)) return;
    if (attributes.lanes && lowerLanes(node, context)) return;
  }
  if (narrow && !dsp && !isDepthwise(node) && lowerHalves(node, context)) return;
  const byQuads = narrow && !dsp && !isDepthwise(node);
  context.statement(
    byQuads ? blockWindow(node) : windowStatement(attributes, inputs[0]!, output, groups, inputZeroPoint),
  );
  if (!narrow) wide(node, context);
  else if (isDepthwise(node)) lowerRollingDepthwise(node, context) || depthwise(node, context);
  else if (dsp) pairs(node, context);
  else quads(node, context);
};

/** How a node that is too wide for the 8-bit kernels meets its codes. */
function wideForm({ inputs, attributes }: Node): WideForm {
  const [x] = inputs;
  const depth = x!.shape[3]! / attributes.groups;
  if (isDirect(x!, depth)) return "direct";
  const pointwise = attributes.kernel.every((size) => size === 1) && !isPadded(attributes);
  return pointwise && x!.type.bits <= 8 && depth % 4 === 0 ? "in-place" : "patch";
}

function wide(node: Node, context: CContext): void {
  const { output, attributes } = node;
  const { groups } = attributes;
  const product = { role: "conv2d", groups, channels: output.shape[3]! };
  wideProduct(node, context, product, wideForm(node));
}

/** The kernels sum raw codes: the zero point's share and the bias are added by the records. */
function missing({ attributes, output }: Node): Int32Array {
  const sums = weightSums(attributes.weights, output.shape[3]!);
  return attributes.bias.map((bias, o) => bias - attributes.inputZeroPoint * sums[o]!);
}

/** Records of all groups, each group's channels rounded up to `step`. */
function records(node: Node, context: CContext, groups: number, step: number): Records {
  const { attributes, output } = node;
  const perGroup = output.shape[3]! / groups;
  const slots = Array.from({ length: groups }, (_, g) => channelSlots(g * perGroup, perGroup, step)).flat();
  return placeRecords(context, attributes.requantize, output.type, slots, missing(node));
}

function pairs(node: Node, context: CContext): void {
  const signed = signedLiteral(node.inputs[0]!);
  const groups = matrices(node);
  const carried = groups.every((matrix) => pairsCarry(matrix, signed === "1" ? 128 : 255));
  const weights = context.constant(
    "weights",
    "uint32_t",
    concatenate(groups.map((matrix) => packPairs(matrix, carried, 2))),
  );
  const constants = records(node, context, node.attributes.groups, 2);
  context.include("qc_conv2d_pairs.h");
  const body = `qc_conv2d_pairs(s, x, weights, records, y, (uint32_t *)(void *)scratch, q, ${signed}, ${carried ? 1 : 0});`;
  call(context, `conv2d_${constants.role}`, "uint32_t", weights, constants, body);
}

function quads(node: Node, context: CContext): void {
  const signed = signedLiteral(node.inputs[0]!);
  const weights = context.constant(
    "weights",
    "uint32_t",
    matrices(node).flatMap((matrix) => byteWords(Array.from(interleave(matrix, 4)))),
  );
  const constants = records(node, context, node.attributes.groups, 4);
  context.include("qc_conv2d_quads.h");
  const body = `qc_conv2d_quads(s, x, weights, records, y, scratch, q, ${signed});`;
  call(context, `conv2d_${constants.role}`, "uint32_t", weights, constants, body);
}

function depthwise(node: Node, context: CContext): void {
  const { kernel, weights } = node.attributes;
  const channels = node.output.shape[3]!;
  const matrix = { channels, taps: kernel[0] * kernel[1], weights };
  const packed = context.constant("weights", "uint8_t", Uint8Array.from(interleave(matrix, 4)));
  const constants = records(node, context, 1, 4);
  const dsp = context.core.features.includes("dsp") ? 1 : 0;
  const part = isPadded(node.attributes) && channels > patchChannels(node) ? patchChannels(node) : 0;
  const last = [signedLiteral(node.inputs[0]!), dsp, kernel[0], kernel[1], part].join(", ");
  context.include("qc_depthwise_conv2d.h");
  const body = `qc_depthwise_conv2d(s, x, weights, records, y, scratch, q, ${last});`;
  call(
    context,
    `depthwise_conv2d_${kernel.join("x")}${part > 0 ? `_parts_of_${part}` : ""}_${constants.role}`,
    "uint8_t",
    packed,
    constants,
    body,
  );
}

/** Calls the shared function around a kernel. */
function call(
  context: CContext,
  role: string,
  element: string,
  weights: string,
  constants: Records,
  body: string,
): void {
  const name = context.shared({
    role,
    parameters: [
      "const qc_window *s",
      "const uint8_t *x",
      `const ${element} *weights`,
      "const int32_t *records",
      "uint8_t *y",
      "uint8_t *scratch",
      ...constants.parameters,
    ],
    body: [constants.declaration, body],
  });
  const values = [
    "&window",
    context.input(0),
    weights,
    constants.name,
    context.output,
    context.scratch,
    ...constants.arguments,
  ];
  context.statement(`${name}(${values.join(", ")});`);
}

function concatenate<T extends Weights | Uint32Array>(parts: readonly T[]): number[] {
  return parts.flatMap((part) => Array.from(part));
}
