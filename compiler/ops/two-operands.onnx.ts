/** Operands of elementwise ONNX nodes: broadcasting, constants, channels-last order. */
import type { OnnxNode } from "../import/onnx.js";
import type { GraphReader, Move, Pending } from "../import/rules.js";
import { exactQuantization } from "../import/unquantized.js";
import { isPlain } from "../import/values.js";
import { noClamp, type Tensor } from "../ir/graph.js";
import { elementCount, type Shape } from "../ir/types.js";
import { broadcastShape } from "./broadcast.js";
import { fromChannelsLast, toChannelsLast } from "./layout.js";
import { transposeOrder } from "./order.js";
import { repetition } from "./second-operand.js";
import { realFunction } from "./table/real-function.js";

/** Operands in the order in which the homes take them. */
export interface TwoOperands {
  /** The first has the result's shape; the second too, or it repeats, or it is a constant (see ConstantOperand). */
  readonly inputs: readonly [Tensor, Tensor];
  /** True when the first operand of the node is the second here. */
  readonly swapped: boolean;
  /** Of the result, in ONNX's order. */
  readonly shape: Shape;
  readonly moves: readonly Move[];
}

/** Both operands as the homes want them; refuses shapes that do not broadcast, and two constants. */
export function twoOperands(node: OnnxNode, reader: GraphReader, first: Tensor, second: Tensor): TwoOperands {
  if (first.data && second.data) reader.refuse(node, "both operands are constants. Fold constants before export");
  const shape = broadcastShape(first.shape, second.shape);
  const fits = (tensor: Tensor) =>
    !tensor.data && tensor.shape.length === shape?.length && tensor.shape.every((dim, axis) => dim === shape[axis]);
  const swapped = !fits(first);
  const [a, b] = swapped ? [second, first] : [first, second];
  if (!shape || !fits(a)) {
    return reader.refuse(
      node,
      `shapes [${first.shape}] and [${second.shape}]; expected one operand to repeat to the shape of the other, which must be no constant`,
    );
  }
  if (fits(b)) return { inputs: [a, b], swapped, shape, moves: [] };
  const padded: Shape = [...new Array<number>(shape.length - b.shape.length).fill(1), ...b.shape];
  const image = shape.length === 4 && elementCount(padded) > 1;
  const x = image ? toChannelsLast(reader, node, a) : a;
  const moves = image ? [fromChannelsLast(node)] : [];
  if (b.data) return { inputs: [x, constantOperand(b, padded, shape, image)], swapped, shape, moves };
  const flat =
    padded.length === b.shape.length ? b : reader.emit("reshape", `${node.name}_operand`, b, { shape: padded });
  const y = image ? toChannelsLast(reader, node, flat) : flat;
  if (!repetition(x.shape, y.shape)) {
    reader.refuse(
      node,
      `an operand of shape [${b.shape}] repeats along several groups of axes of [${shape}]; expected it to repeat along the leading or the trailing ones`,
    );
  }
  return { inputs: [x, y], swapped, shape, moves };
}

/** The constant in the order of the other operand, cut to the shortest part that repeats and holds every channel. */
function constantOperand(b: Tensor, padded: Shape, shape: Shape, image: boolean): Tensor {
  const strides = padded.map((dim, axis) => (dim === 1 ? 0 : elementCount(padded.slice(axis + 1))));
  const codes = Int32Array.from({ length: elementCount(shape) }, (_, k) => {
    let rest = k;
    let at = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += (rest % shape[axis]!) * strides[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return b.data![at]!;
  });
  const order = image ? transposeOrder(shape, [0, 2, 3, 1]) : undefined;
  const stored = order ? Int32Array.from(order, (k) => codes[k]!) : codes;
  const channels = shape[image ? 1 : shape.length - 1] ?? 1;
  const data = stored.subarray(0, period(stored, channels));
  return { ...b, shape: [data.length], data };
}

/** 1 when all elements are equal, else the least multiple of `channels` that divides the length and after which they repeat. */
function period(values: Int32Array, channels: number): number {
  if (values.every((value) => value === values[0])) return 1;
  for (let length = channels; length < values.length; length += channels) {
    if (values.length % length === 0 && values.every((value, k) => value === values[k % length])) return length;
  }
  return values.length;
}

/** The pending result of an elementwise operation. */
export function pendingPair(
  node: OnnxNode,
  op: string,
  { inputs, shape, moves }: TwoOperands,
  attributes: object,
): Pending {
  return { kind: "pending", op, name: node.name, inputs, attributes, clamp: noClamp, shape, moves };
}

/**
 * Whether both operands are tensors, or values on a grid of their own and no functions of one value: neither constants nor
 * results that still wait for their quantization are among them. Beside another tensor, values on a grid may have `mostBits`.
 */
export function bothQuantized(node: OnnxNode, reader: GraphReader, mostBits = 16): boolean {
  if (node.inputs.length !== 2) return false;
  const values = [0, 1].map((index) => reader.value(node, index));
  // A constant with several scales is a factor or a summand per channel: table.
  if (
    values.some((value) => value?.kind === "real" && value.tensor.data && value.tensor.quantization.axis !== undefined)
  )
    return false;
  if (values.every((value) => value?.kind === "real")) return true;
  const [a, b] = values.map(realFunction);
  const constants = values.some((value) => value?.kind === "constant" || (value?.kind === "real" && value.tensor.data));
  const bits = constants ? 16 : mostBits;
  const tensors = values.every(
    (value) =>
      value?.kind === "real" ||
      (value?.kind === "codes" && isPlain(value.tensor)) ||
      ((value?.kind === "pending" || value?.kind === "float-input") && exactQuantization(value, bits) !== undefined),
  );
  return tensors && (!a || !b || a.source !== b.source);
}
