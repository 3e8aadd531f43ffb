/** Convolution by blocks of three pixels and two channels: qc_conv2d_blocks.h and, with weights of two bytes, qc_conv2d_blocks16.h. */
import {
  type BlockMatrix,
  blockConstants,
  blockTaps,
  lanesHold,
  packBlocks,
  packBlocks16,
  productConstants,
} from "../../../targets/c/blocks.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { weightSums } from "../../../targets/c/matrix.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { HighConstants, RequantizeLayer } from "../../arith/index.js";
import { elementCount } from "../../ir/index.js";
import { isPadded } from "../window.js";
import type { Conv2dAttributes } from "./conv2d.types.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";

/** The most quads of taps that get code of their own: more would not repay their bytes. */
const mostUnrolled = 2;

const mostPixels = 3;

/** Images of fewer pixels end in a block of fewer: reaching back over pixels that are done would cost more than the code. */
const smallImage = 50;

/** Codes of a kernel row of one group. */
function rowCodes({ inputs, attributes: { kernel, groups } }: Node): number {
  return (kernel[1] * inputs[0]!.shape[3]!) / groups;
}

/** Pixels of a block. */
const pixelsOf = ({ attributes }: Node) => attributes.blockPixels ?? mostPixels;

/** Lanes of a block's pixels, and where windows may need copies a kernel row of bytes for each and one more; lanes of single pixels hold their own. */
export function blockScratchBytes(node: Node): number {
  const { kernel, dilations, groups } = node.attributes;
  const columns = rowCodes(node);
  const copies = isPadded(node.attributes) || dilations[1] !== 1 || groups > 1 || columns % 4 !== 0;
  const pixels = pixelsOf(node);
  const lanes = 2 * pixels * blockTaps(kernel[0], columns).length;
  return lanes + (copies && pixels > 1 ? 4 * (pixels + 1) * Math.ceil(columns / 4) : 0);
}

/** A layer's matrices of weights by group, and the constants of its channels. */
interface BlockLayer {
  readonly matrices: readonly BlockMatrix[];
  readonly constants: readonly HighConstants[];
  readonly shift: number;
  /** Whether results have addends. */
  readonly adds: boolean;
}

/** What a kernel reads of a layer. */
export interface BlockStream {
  readonly words: readonly number[];
  readonly shift: number;
  readonly adds: boolean;
}

type Form = "carried" | "lanes";
type Known = { readonly of: Conv2dAttributes; readonly streams: Map<Form, BlockStream | undefined> };

/** Streams by requantization: the parts of a node that runs by rows ask for the same one. */
const known = new WeakMap<RequantizeLayer, Known>();

/** The stream of a node, two weights sharing a lane (`carried`) or not (`lanes`); undefined where its weights or its requantization are not for it. */
export function blockStream(node: Node, form: Form = "carried"): BlockStream | undefined {
  const { attributes } = node;
  let { of, streams } = known.get(attributes.requantize) ?? { of: attributes, streams: new Map() };
  if (!sameLayer(of, attributes)) [of, streams] = [attributes, new Map()];
  if (!streams.has(form)) streams.set(form, makeStream(node, form));
  known.set(attributes.requantize, { of, streams });
  return streams.get(form);
}

const sameLayer = (a: Conv2dAttributes, b: Conv2dAttributes) =>
  a.weights === b.weights && a.bias === b.bias && a.inputZeroPoint === b.inputZeroPoint && a.groups === b.groups;

function makeStream(node: Node, form: Form): BlockStream | undefined {
  const layer = blockLayer(node);
  if (!layer) return undefined;
  const { matrices, constants, shift, adds } = layer;
  if (!(form === "carried" ? matrices.every(lanesHold) : node.attributes.weights instanceof Int8Array))
    return undefined;
  const pack = form === "carried" ? packBlocks : packBlocks16;
  const words = matrices.flatMap((matrix, g) => [
    ...pack(matrix, constants.slice(g * matrix.channels, (g + 1) * matrix.channels), adds),
  ]);
  return { words, shift, adds };
}

function blockLayer(node: Node): BlockLayer | undefined {
  const { output, attributes } = node;
  const { weights, bias, inputZeroPoint, kernel, groups, requantize } = attributes;
  const channels = output.shape[3]! / groups;
  if (channels < 2) return undefined;
  const columns = rowCodes(node);
  const sums = weightSums(weights, output.shape[3]!);
  const missing = bias.map((value, o) => value - inputZeroPoint * sums[o]!);
  const products = productConstants(requantize, output.type, missing);
  const constants = products ?? blockConstants(requantize, output.type, missing);
  if (!constants) return undefined;
  const size = weights.length / groups;
  const used = products
    ? weights.map((w, k) => (products.constant[Math.floor(k / (kernel[0] * columns))] ? 0 : w))
    : weights;
  const matrices = Array.from({ length: groups }, (_, g) => ({
    ...{ channels, rows: kernel[0], columns },
    weights: used.subarray(g * size, (g + 1) * size),
  }));
  return { matrices, constants: constants.channels, shift: constants.shift, adds: !products };
}

export const blocks: Conv2dKernel = {
  feature: "dsp",
  takes: (node) => blockStream(node) !== undefined,
  scratchBytes: blockScratchBytes,
  lower,
};

function lower(node: Node, context: CContext): void {
  const { inputs, output, attributes } = node;
  const { kernel } = attributes;
  const constants = blockStream(node)!;
  const stream = context.constant("stream", "uint32_t", constants.words);
  const few = unrolledQuads(node, mostUnrolled);
  const pixels = pixelsOf(node);
  const total = output.shape[1]! * output.shape[2]!;
  const rest = total < smallImage && total % pixels !== 0 ? 1 : 0;
  const adds = constants.adds ? 1 : 0;
  const literals = [adds, few, signedLiteral(inputs[0]!), signedLiteral(output), ...kernel, pixels, rest].join(", ");
  context.include("qc_conv2d_blocks.h");
  context.statement(blockWindow(node));
  const name = context.shared({
    role: `conv2d_blocks_${kernel.join("x")}_${few ? `${few}_` : ""}${adds ? "added_" : ""}${pixels < mostPixels ? `of_${pixels}_` : ""}${constants.shift}`,
    parameters: blockParameters,
    body: [`qc_conv2d_blocks(s, x, stream, y, (uint32_t *)(void *)scratch, ${constants.shift}, ${literals});`],
  });
  context.statement(`${name}(&window, ${context.input(0)}, ${stream}, ${context.output}, ${context.scratch});`);
}

export const blockParameters = [
  ...["const qc_window *s", "const uint8_t *x", "const uint32_t *stream"],
  ...["uint8_t *y", "uint8_t *scratch"],
];

/** The layer's quads of taps where they are so few that it gets code of its own, else 0: these spend much on finding their way. */
export function unrolledQuads(node: Node, most: number): number {
  const quads = blockTaps(node.attributes.kernel[0], rowCodes(node)).length / 4;
  return quads <= most ? quads : 0;
}

/** The window's statement. A pointwise convolution sees its image as one row, so that blocks never straddle rows. */
export function blockWindow({ inputs, output, attributes }: Node): string {
  const { kernel, strides, groups, inputZeroPoint } = attributes;
  const pointwise = [...kernel, ...strides].every((size) => size === 1) && !isPadded(attributes);
  if (!pointwise) return windowStatement(attributes, inputs[0]!, output, groups, inputZeroPoint);
  const flat = <T extends { readonly shape: readonly number[] }>(tensor: T): T => {
    const depth = tensor.shape[3]!;
    return { ...tensor, shape: [1, 1, elementCount(tensor.shape) / depth, depth] };
  };
  return windowStatement(attributes, flat(inputs[0]!), flat(output), groups, inputZeroPoint);
}
