/**
 * Operations whose output rows, or columns, depend on a few of the input's, so that they can run a part at a time. Images are
 * [1, height, width, channels].
 */
import type { CContext } from "../../targets/c/lowering.js";
import type { IntegerNode, IntegerTensor } from "../ir/index.js";
import type { Window } from "./conv2d/conv2d.types.js";

/** Rows, or columns, first <= i < end of an image. */
export interface Span {
  readonly first: number;
  readonly end: number;
}

/** How an operation runs by parts of its output along one axis. */
export interface PartStructure<Attributes = any> {
  /** Whether this node can. */
  applies(node: IntegerNode<Attributes>): boolean;
  /** What of input `index` a span of the output depends on; not empty, and neither end ever decreases with the output's. */
  needs(node: IntegerNode<Attributes>, index: number, span: Span): Span;
  /** Attributes of the node that computes this span of the output from the spans it needs. */
  part(node: IntegerNode<Attributes>, span: Span): Attributes;
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

/** The axes of an image along which nodes are cut. */
export const rowAxis = 1;
export const columnAxis = 2;

/** The part of an image between two positions along an axis. */
export function cut(tensor: IntegerTensor, axis: number, { first, end }: Span): IntegerTensor {
  return { ...tensor, shape: tensor.shape.map((dim, i) => (i === axis ? end - first : dim)) };
}

/** The node that computes output rows `rows`: its images hold only the rows it reads and writes. */
export function rowsOf(node: IntegerNode, structure: PartStructure, rows: Span): IntegerNode {
  return {
    ...node,
    inputs: node.inputs.map((input, index) => cut(input, rowAxis, structure.needs(node, index, rows))),
    output: cut(node.output, rowAxis, rows),
    attributes: structure.part(node, rows),
  };
}

/** Sliding windows: the border at both ends becomes the part's own. */
function windowParts<Attributes extends Window>(axis: typeof rowAxis | typeof columnAxis): PartStructure<Attributes> {
  const [before, behind] = axis === rowAxis ? ([0, 2] as const) : ([1, 3] as const);
  /** First and last position under the windows, border included. */
  const reach = ({ kernel, strides, dilations, pads }: Window, { first, end }: Span): Span => {
    const from = first * strides[before] - pads[before];
    return {
      first: from,
      end: from + (end - 1 - first) * strides[before] + (kernel[before] - 1) * dilations[before] + 1,
    };
  };
  /** The positions of the image that output positions depend on. */
  const inside = ({ inputs, attributes }: IntegerNode<Window>, span: Span): Span => {
    const { first, end } = reach(attributes, span);
    return { first: Math.max(first, 0), end: Math.min(end, inputs[0]!.shape[axis]!) };
  };
  return {
    applies({ inputs: [input], output, attributes }) {
      if (imageRows(input!) === undefined || imageRows(output) === undefined) return false;
      const [size, positions] = [input!.shape[axis]!, output.shape[axis]!];
      // Every window must touch the image.
      const { first } = reach(attributes, { first: positions - 1, end: positions });
      return first < size && reach(attributes, { first: 0, end: 1 }).end > 0;
    },
    needs: (node, _, span) => inside(node, span),
    part(node, span) {
      const { first, end } = reach(node.attributes, span);
      const image = inside(node, span);
      const pads: [number, number, number, number] = [...node.attributes.pads];
      pads[before] = image.first - first;
      pads[behind] = end - image.end;
      return { ...node.attributes, pads };
    },
  };
}

/** Rows of sliding windows. */
export const windowRows = <Attributes extends Window>() => windowParts<Attributes>(rowAxis);

/** Columns of sliding windows. */
export const windowColumns = <Attributes extends Window>() => windowParts<Attributes>(columnAxis);

/** Element i of the output depends on element i of every input alone: along rows, and along columns. */
export const elementwiseParts: PartStructure = {
  applies: ({ inputs, output }) =>
    imageRows(output) !== undefined && inputs.every(({ shape }) => shape.join() === output.shape.join()),
  needs: (_, __, span) => span,
  part: ({ attributes }) => attributes,
};
