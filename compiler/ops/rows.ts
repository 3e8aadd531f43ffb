/** Operations whose output rows depend on a few input rows, so that they can run a row at a time. Images are [1, height, width, channels]. */
import type { CContext } from "../../targets/c/lowering.js";
import type { IntegerNode, IntegerTensor } from "../ir/index.js";
import type { Window } from "./conv2d/conv2d.types.js";

/** Rows first <= row < end of an image. */
export interface RowRange {
  readonly first: number;
  readonly end: number;
}

/** How an operation runs by rows. */
export interface RowStructure<Attributes = any> {
  /** Whether this node can. */
  applies(node: IntegerNode<Attributes>): boolean;
  /** Rows of input `index` that the output rows depend on; not empty, and neither end ever decreases with the output row. */
  needs(node: IntegerNode<Attributes>, index: number, rows: RowRange): RowRange;
  /** Attributes of the node that computes these output rows from the rows they need. */
  part(node: IntegerNode<Attributes>, rows: RowRange): Attributes;
}

/** How an operation that gives one row takes in one row of its input after the other. */
export interface RowSums<Attributes = any> {
  applies(node: IntegerNode<Attributes>): boolean;
  /** Bytes of the sums. */
  bytes(node: IntegerNode<Attributes>): number;
  /** Adds the row at `input(0)` to the sums at `scratch`; the C expression `first` tells whether they begin. */
  add(node: IntegerNode<Attributes>, context: CContext, first: string): void;
  /** Makes the output of the sums at `scratch`. */
  finish(node: IntegerNode<Attributes>, context: CContext): void;
}

/** Rows of an image; undefined for tensors that are none. */
export function imageRows({ shape }: IntegerTensor): number | undefined {
  return shape.length === 4 && shape[0] === 1 ? shape[1]! : undefined;
}

/** The node that computes output rows `rows`: its images hold only the rows it reads and writes. */
export function rowsOf(node: IntegerNode, structure: RowStructure, rows: RowRange): IntegerNode {
  const cut = (tensor: IntegerTensor, { first, end }: RowRange): IntegerTensor => ({
    ...tensor,
    shape: tensor.shape.map((dim, axis) => (axis === 1 ? end - first : dim)),
  });
  return {
    ...node,
    inputs: node.inputs.map((input, index) => cut(input, structure.needs(node, index, rows))),
    output: cut(node.output, rows),
    attributes: structure.part(node, rows),
  };
}

/** First and last position under the window's rows, border included. */
function reach({ kernel, strides, dilations, pads }: Window, { first, end }: RowRange): RowRange {
  const from = first * strides[0] - pads[0];
  return { first: from, end: (end - 1) * strides[0] - pads[0] + (kernel[0] - 1) * dilations[0] + 1 };
}

/** The rows of the image that output rows depend on. */
function inside({ inputs, attributes }: IntegerNode<Window>, rows: RowRange): RowRange {
  const { first, end } = reach(attributes, rows);
  return { first: Math.max(first, 0), end: Math.min(end, imageRows(inputs[0]!)!) };
}

/** Sliding windows: the border above and below becomes the part's own. */
export function windowRows<Attributes extends Window>(): RowStructure<Attributes> {
  return {
    applies({ inputs, output, attributes }) {
      const [height, rows] = [imageRows(inputs[0]!), imageRows(output)];
      if (height === undefined || rows === undefined) return false;
      // Every window must touch the image.
      const { first } = reach(attributes, { first: rows - 1, end: rows });
      return first < height && reach(attributes, { first: 0, end: 1 }).end > 0;
    },
    needs: (node, _, rows) => inside(node, rows),
    part(node, rows) {
      const { first, end } = reach(node.attributes, rows);
      const image = inside(node, rows);
      const [, left, , right] = node.attributes.pads;
      return { ...node.attributes, pads: [image.first - first, left, end - image.end, right] };
    },
  };
}

/** Element i of the output depends on element i of every input alone. */
export const elementwiseRows: RowStructure = {
  applies: ({ inputs, output }) =>
    imageRows(output) !== undefined && inputs.every(({ shape }) => shape.join() === output.shape.join()),
  needs: (_, __, rows) => rows,
  part: ({ attributes }) => attributes,
};
