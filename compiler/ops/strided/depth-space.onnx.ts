/** ONNX DepthToSpace and SpaceToDepth: blocks of the image exchanged with channels. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxNode } from "../../import/onnx.js";
import type { GraphReader, Move, OnnxRule } from "../../import/rules.js";
import type { Shape } from "../../ir/types.js";
import { permutedOrder } from "../order.js";
import type { StridedGraphAttributes } from "./strided.types.js";

/** The input viewed under `view`, its axes permuted, the result viewed under `shape`. */
function rearranged(node: OnnxNode, view: Shape, permutation: readonly number[], shape: Shape): Move[] {
  const attributes: StridedGraphAttributes = { shape, ...permutedOrder(view, permutation) };
  return [{ op: "strided", name: node.name, attributes }];
}

function imageOf(node: OnnxNode, reader: GraphReader, shape: Shape): [number, number, number] {
  if (shape.length !== 4 || shape[0] !== 1) reader.refuse(node, `input of shape [${shape}]; expected [1, C, H, W]`);
  return [shape[1]!, shape[2]!, shape[3]!];
}

export const readDepthToSpace: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const block = attributes.integer("blocksize", 0);
  const mode = attributes.text("mode", "DCR");
  attributes.done();
  if (mode !== "DCR" && mode !== "CRD") reader.refuse(node, `mode ${mode}; expected DCR or CRD`);
  return reader.move(node, (shape) => {
    const [channels, height, width] = imageOf(node, reader, shape);
    const depth = channels / (block * block);
    if (!(block >= 1 && Number.isInteger(depth))) reader.refuse(node, `blocksize ${block} for ${channels} channels`);
    const result = [1, depth, height * block, width * block];
    return mode === "DCR"
      ? rearranged(node, [block, block, depth, height, width], [2, 3, 0, 4, 1], result)
      : rearranged(node, [depth, block, block, height, width], [0, 3, 1, 4, 2], result);
  });
};

export const readSpaceToDepth: OnnxRule = (node, reader) => {
  const attributes = new Attributes(node, reader);
  const block = attributes.integer("blocksize", 0);
  attributes.done();
  return reader.move(node, (shape) => {
    const [channels, height, width] = imageOf(node, reader, shape);
    if (!(block >= 1 && height % block === 0 && width % block === 0)) {
      reader.refuse(node, `blocksize ${block} for an image of ${height} x ${width}`);
    }
    const view = [channels, height / block, block, width / block, block];
    return rearranged(node, view, [2, 4, 0, 1, 3], [1, channels * block * block, height / block, width / block]);
  });
};
