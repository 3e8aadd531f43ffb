/** Matrix product in C: qc_dense_blocks.h or qc_dense_pairs.h (packed multiplies), qc_dense_lanes.h (two-lane products), qc_dense_halves.h (cores with `halves`), else qc_dense_quads.h. */
import type { CContext, CLowering } from "../../../targets/c/lowering.js";
import { channelSlots, interleave, packPairs, pairsCarry, weightSums } from "../../../targets/c/matrix.js";
import { byteWords } from "../../../targets/c/mve.js";
import { placeRecords } from "../../../targets/c/records.js";
import { initialiser, signedLiteral } from "../../../targets/c/tensors.js";
import { isDirect, isWide, wideProduct, wideScratchBytes } from "../../../targets/c/wide.js";
import type { Core } from "../../../targets/core.js";
import { elementCount, type IntegerNode } from "../../ir/index.js";
import type { DenseAttributes } from "./dense.types.js";
import { blockScratchBytes, blockStream, lowerBlocks } from "./dense-blocks.c.js";
import { lowerHalves } from "./dense-halves.c.js";
import { lowerLanes } from "./dense-lanes.c.js";
import { lowerMve } from "./dense-mve.c.js";

/** Kernels widen a row, or copy one that they cannot read in whole words, or of other elements than bytes, or for wide weights. */
export function scratchBytes(node: IntegerNode<DenseAttributes>, core?: Core): number {
  const [x] = node.inputs;
  const inputs = x!.shape.at(-1)!;
  if (isWide(node)) return isDirect(x!, inputs) ? 0 : wideScratchBytes(inputs);
  const packed = core === undefined || (core.features.includes("dsp") && blockStream(node));
  return packed ? blockScratchBytes(node) : 0;
}

/** Instructions that a multiply-accumulate takes more where codes are not widened first. */
const addedByWidening = 0.12;

/** Rows read as they are. */
export function lessScratch(
  node: IntegerNode<DenseAttributes>,
  core?: Core,
): { readonly attributes: DenseAttributes; readonly added: number }[] {
  const direct = { ...node, attributes: { ...node.attributes, direct: true } };
  if (!core || scratchBytes(direct, core) >= scratchBytes(node, core)) return [];
  const rows = elementCount(node.output.shape) / node.output.shape.at(-1)!;
  return [
    { attributes: direct.attributes, added: Math.round(addedByWidening * rows * node.attributes.weights.length) },
  ];
}

/** A row is a pixel: the window is one pixel in size. */
function wide(node: IntegerNode<DenseAttributes>, context: CContext): void {
  const [x] = node.inputs;
  const inputs = x!.shape.at(-1)!;
  const channels = node.output.shape.at(-1)!;
  const rows = elementCount(x!.shape) / inputs;
  const values = [rows, 1, inputs, rows, 1, channels, 1, 1, 1, 1, 1, 1, 0, 0, 1, "0u"];
  context.statement(`static const qc_window window = ${initialiser(values)};`);
  wideProduct(node, context, { role: "dense", groups: 1, channels }, isDirect(x!, inputs) ? "direct" : "patch");
}

export const c: CLowering<DenseAttributes> = (node, context) => {
  if (isWide(node)) {
    wide(node, context);
    return;
  }
  if (lowerMve(node, context)) return;
  const dsp = context.core.features.includes("dsp");
  if (dsp && lowerBlocks(node, context)) return;
  if (node.attributes.lanes && context.core.features.includes("lanes") && lowerLanes(node, context)) return;
  if (!dsp && lowerHalves(node, context)) return;
  const [x] = node.inputs;
  const { weights, bias, inputZeroPoint, requantize } = node.attributes;
  const outputs = node.output.shape.at(-1)!;
  const inputs = x!.shape.at(-1)!;
  const rows = elementCount(x!.shape) / inputs;
  const signed = signedLiteral(x!);
  const matrix = { channels: outputs, taps: inputs, weights };
  const sums = weightSums(weights, outputs);
  const missing = bias.map((value, o) => value - inputZeroPoint * sums[o]!);
  const constants = placeRecords(context, requantize, node.output.type, channelSlots(0, outputs, 4), missing);
  const carried = dsp && pairsCarry(matrix, signed === "1" ? 128 : 255);
  const packed = context.constant(
    "weights",
    "uint32_t",
    dsp ? packPairs(matrix, carried, 4) : byteWords(Array.from(interleave(matrix, 4))),
  );
  const kernel = dsp ? "qc_dense_pairs" : "qc_dense_quads";
  context.include(`${kernel}.h`);
  const last = dsp ? `${signed}, ${carried ? 1 : 0}` : signed;
  const name = context.shared({
    role: `dense_${constants.role}`,
    parameters: [
      "const uint8_t *x",
      "int32_t rows",
      "int32_t inputs",
      "int32_t outputs",
      "const uint32_t *weights",
      "const int32_t *records",
      "uint8_t *y",
      ...constants.parameters,
    ],
    body: [constants.declaration, `${kernel}(x, rows, inputs, outputs, weights, records, y, q, ${last});`],
  });
  const values = [
    context.input(0),
    rows,
    inputs,
    outputs,
    packed,
    constants.name,
    context.output,
    ...constants.arguments,
  ];
  context.statement(`${name}(${values.join(", ")});`);
};
