/** Channels-last layout: convolutions and pools work on [1, height, width, channels]; ONNX writes channels second. */
import type { OnnxNode } from "../import/onnx.js";
import type { GraphReader, Move } from "../import/rules.js";
import type { Tensor } from "../ir/graph.js";
import type { Shape } from "../ir/types.js";

/** The move from [N, H, W, C] to ONNX's [N, C, H, W]. */
export function fromChannelsLast(node: OnnxNode): Move {
  return { op: "transpose", name: `${node.name}_to_onnx`, attributes: { permutation: [0, 3, 1, 2] } };
}

/** The move from ONNX's [N, C, H, W] to [N, H, W, C]. The pass fold-transposes removes what cancels. */
export function channelsLast(node: OnnxNode): Move {
  return { op: "transpose", name: `${node.name}_to_nhwc`, attributes: { permutation: [0, 2, 3, 1] } };
}

/** The tensor with its channels moved last. */
export function toChannelsLast(reader: GraphReader, node: OnnxNode, tensor: Tensor): Tensor {
  return movedTo(reader, tensor, [channelsLast(node)]);
}

/** The tensor after movements. */
export function movedTo(reader: GraphReader, tensor: Tensor, moves: readonly Move[]): Tensor {
  return moves.reduce((input, { op, name, attributes }) => reader.emit(op, name, input, attributes), tensor);
}

/** An operand of a convolution or pool as the image [1, H, W, C] that the homes compute on. */
export interface ImageLayout {
  /** Sizes of the spatial axes, one or two. */
  readonly size: readonly number[];
  readonly channels: number;
  /** From the operand to the image. */
  readonly before: readonly Move[];
  /** The operator's result and the way to it, from a result image of other sizes. */
  result(rows: number, columns: number, channels: number): { readonly shape: Shape; readonly moves: readonly Move[] };
}

/**
 * The layout of an image [1, C, H, W] or a signal [1, C, L]; channels last where `last` says so. A signal is an image one
 * column wide: its steps are rows, which stages keep only as many of as a window touches. Refuses other shapes.
 */
export function imageLayout(node: OnnxNode, reader: GraphReader, shape: Shape, last = false): ImageLayout {
  const rank = shape.length;
  if ((rank !== 3 && rank !== 4) || shape[0] !== 1) {
    reader.refuse(
      node,
      `input of shape [${shape}]; expected ${last ? "[1, H, W, C] or [1, L, C]" : "[1, C, H, W] or [1, C, L]"}`,
    );
  }
  const size = last ? shape.slice(1, -1) : shape.slice(2);
  const channels = shape[last ? rank - 1 : 1]!;
  const reshape = (to: Shape): Move[] =>
    rank === 4 ? [] : [{ op: "reshape", name: node.name, attributes: { shape: to } }];
  const [height, width = 1] = size as [number, number?];
  return {
    size,
    channels,
    before: last
      ? reshape([1, height, width, channels])
      : [...reshape([1, channels, height, width]), channelsLast(node)],
    result(rows, columns, count) {
      const spatial = rank === 4 ? [rows, columns] : [rows];
      const to = last ? [1, ...spatial, count] : [1, count, ...spatial];
      return { shape: to, moves: [...(last ? [] : [fromChannelsLast(node)]), ...reshape(to)] };
    },
  };
}
