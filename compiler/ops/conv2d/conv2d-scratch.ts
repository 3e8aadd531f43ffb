/** Less memory: kernels of less scratch, and outputs over inputs. */
import { isWide } from "../../../targets/c/wide.js";
import type { Core, CoreFeature } from "../../../targets/core.js";
import { bytesPerElement } from "../../ir/index.js";
import { isPadded } from "../window.js";
import { kernelFor } from "./conv2d.c.js";
import type { Conv2dAttributes } from "./conv2d.types.js";
import { blocks } from "./conv2d-blocks.c.js";
import { blocks16 } from "./conv2d-blocks16.c.js";
import { halves } from "./conv2d-halves.c.js";
import { isDepthwise, type Node } from "./conv2d-kernel.js";
import { patchChannels } from "./depthwise-conv2d.c.js";
import { depthwiseLine } from "./depthwise-line.c.js";

/** Instructions that a multiply-accumulate takes more than by the fastest kernel: by blocks of two and one pixel, without a ring, by quads, by patches of four channels. */
const addedPerProduct = { two: 0.05, one: 0.3, line: 0.05, quads: 2.5, patch: 0.2 };

/** Smaller blocks, and kernels without patches or rings. */
export function lessScratch(
  node: Node,
  core?: Core,
): { readonly attributes: Conv2dAttributes; readonly added: number }[] {
  if (!core || core.features.includes("mve") || isWide(node)) return [];
  const { attributes } = node;
  const products = node.output.shape[1]! * node.output.shape[2]! * attributes.weights.length;
  const form = (changed: Partial<Conv2dAttributes>, per: number) => ({
    attributes: { ...attributes, ...changed },
    added: Math.round(per * products),
  });
  const kernel = kernelFor(node, core);
  if (isDepthwise(node)) {
    const line = form({ direct: true }, addedPerProduct.line);
    if (kernel !== depthwiseLine && kernelFor({ ...node, attributes: line.attributes }, core) === depthwiseLine)
      return [line];
    // Also where the whole node needs no patch: its rows and strips may.
    const few = isPadded(attributes) && patchChannels(node) > 4;
    return few ? [form({ patchChannels: 4 }, addedPerProduct.patch)] : [];
  }
  if (kernel === halves) return [form({ blockPixels: 4 }, addedPerProduct.quads)];
  if (kernel !== blocks && kernel !== blocks16) return [];
  const smaller = [
    form({ blockPixels: 2, weights16: false }, addedPerProduct.two),
    form({ blockPixels: 1, weights16: false }, addedPerProduct.one),
  ];
  return smaller.filter((one) => kernelFor({ ...node, attributes: one.attributes }, core) === blocks);
}

/**
 * Whether single rows may overwrite rows of the input: depthwise kernels go through each channel's columns in order, but vectors, which take
 * some channels again where eight do not divide them, and rings, which take the 3x3 windows that are not for lines.
 */
export function overwritesRows(node: Node, core?: Core): boolean {
  const { inputs, output, attributes } = node;
  if (!isDepthwise(node) || bytesPerElement(inputs[0]!.type) !== bytesPerElement(output.type)) return false;
  if (isWide(node)) return true;
  const has = (feature: CoreFeature) => core === undefined || core.features.includes(feature);
  if (has("mve") && output.shape[3]! % 8 !== 0) return false;
  const { kernel, strides, pads } = attributes;
  const ringed =
    kernel.every((size) => size === 3) && (strides.some((stride) => stride > 2) || pads.some((pad) => pad > 1));
  return !(has("dsp") && ringed);
}
