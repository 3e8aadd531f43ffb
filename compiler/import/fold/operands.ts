/** A node's constant inputs and attributes, as the folds take them. */
import { fail } from "../../diagnostics.js";
import { elementCount, type Shape } from "../../ir/types.js";
import { axisOf } from "../../ops/axis.js";
import { Attributes } from "../attributes.js";
import type { OnnxNode, OnnxTensor } from "../onnx.js";
import { elementTypeName, maximumRank } from "../tensor-data.js";
import { type ElementType, elementTypeOf, isExact } from "./element-type.js";

/** A result before it has its name. */
export type Folded = Omit<OnnxTensor, "name">;

/** Computes the results of one node, in the order of its outputs; refuses it through `operands`. */
export type Fold = (operands: Operands) => readonly Folded[];

export class Operands {
  readonly attributes: Attributes;

  /** `limit` bounds the elements of a result, and the steps of the work on it. */
  constructor(
    readonly node: OnnxNode,
    private readonly inputs: readonly (OnnxTensor | undefined)[],
    private readonly limit: number,
  ) {
    this.attributes = new Attributes(node, this);
  }

  /** Refuses the node with QC2002. */
  refuse(_node: OnnxNode, reason: string): never {
    return this.wrong(reason);
  }

  /** Refuses the node with QC2002. */
  wrong(reason: string): never {
    return fail("QC2002", `${this.node.opType}: ${reason}.`, this.node.name);
  }

  /** Input `index`; refuses the node when it is absent. */
  input(index: number): OnnxTensor {
    return this.optional(index) ?? this.wrong(`input ${index} is missing`);
  }

  /** Input `index`; undefined when the optional input is absent. */
  optional(index: number): OnnxTensor | undefined {
    return this.inputs[index];
  }

  /**
   * Input `index` for computing with its numbers, which must be of one of the `kinds` where any are given; refuses integers
   * that a double cannot hold, such as the open ends of slices.
   */
  numbers(index: number, ...kinds: readonly ElementType["kind"][]): OnnxTensor {
    const tensor = this.input(index);
    const { kind } = this.type(tensor.dataType, ...kinds);
    const { values } = tensor;
    if (kind === "integer") {
      for (let k = 0; k < values.length; k++)
        if (!isExact(values[k]!)) this.wrong(`input ${index} holds an integer of more than 53 bits`);
    }
    return tensor;
  }

  /** All inputs, at least one, for computing with their numbers; refuses different element types. */
  allNumbers(...kinds: readonly ElementType["kind"][]): readonly OnnxTensor[] {
    const tensors = this.all().map((_, index) => this.numbers(index, ...kinds));
    if (tensors.some(({ dataType }) => dataType !== tensors[0]!.dataType))
      this.wrong("the operands have different types");
    return tensors;
  }

  /** All inputs, at least one. */
  all(): readonly OnnxTensor[] {
    if (this.inputs.length === 0) this.wrong("got no input; expected at least one");
    return this.inputs.map((_, index) => this.input(index));
  }

  /** The only element of input `index`; undefined when the input is absent. */
  scalar(index: number): number | undefined {
    const tensor = this.optional(index);
    if (!tensor) return undefined;
    if (tensor.values.length !== 1) this.wrong(`input ${index} has shape [${tensor.dims}]; expected one element`);
    return tensor.values[0]!;
  }

  /** Numbers of input `index` or else of the attribute: older operator sets keep there what newer ones take as an input. */
  list(index: number, attribute?: string): readonly number[] | undefined {
    const own =
      attribute !== undefined && this.node.attributes.has(attribute)
        ? this.attributes.integers(attribute, [])
        : undefined;
    const tensor = this.optional(index);
    if (!tensor) return own;
    if (tensor.dims.length > 1) this.wrong(`input ${index} has shape [${tensor.dims}]; expected a list`);
    return Array.from(tensor.values);
  }

  /** The axis counted from the front; refuses one that `shape` does not have. */
  axis(axis: number, shape: Shape): number {
    return axisOf(axis, shape.length) ?? this.wrong(`axis ${axis} of an input of shape [${shape}]`);
  }

  /** Axes counted from the front; refuses those that `rank` axes do not have, or have twice. */
  axes(axes: readonly number[], rank: number): ReadonlySet<number> {
    const own = axes.map((axis) => axisOf(axis, rank) ?? this.wrong(`axes [${axes}] of ${rank} axes`));
    if (new Set(own).size !== own.length) this.wrong(`axes [${axes}] name one twice`);
    return new Set(own);
  }

  /** The element type; refuses types that folding does not compute with, and those that are not among `kinds`. */
  type(dataType: number, ...kinds: readonly ElementType["kind"][]): ElementType {
    const type = elementTypeOf(dataType);
    if (!type || (kinds.length > 0 && !kinds.includes(type.kind)))
      return this.wrong(`constants of type ${elementTypeName[dataType] ?? dataType} are not supported`);
    return type;
  }

  /** Number of elements of a shape; refuses what is none. */
  shape(dims: Shape): number {
    if (dims.length > maximumRank || dims.some((dim) => !Number.isSafeInteger(dim) || dim < 0))
      this.wrong(`the result would have shape [${dims.slice(0, maximumRank)}]`);
    return elementCount(dims);
  }

  /** Number of elements of a new result; refuses shapes that are none, and results above the limit. */
  count(dims: Shape): number {
    const count = this.shape(dims);
    if (!(count <= this.limit) || dims.some((dim) => dim > this.limit)) this.tooLarge(`a result of shape [${dims}]`);
    return count;
  }

  /** Refuses work of more than the limit. */
  work(steps: number, of: string): void {
    if (steps > this.limit) this.tooLarge(of);
  }

  private tooLarge(what: string): never {
    return this.wrong(
      `${what} is more than the ${this.limit} elements left for constants that nodes compute; store the constant in the model`,
    );
  }

  /** A result computed element by element and stored as `dataType`. */
  build(dataType: number, dims: Shape, element: (index: number) => number | bigint): Folded {
    const { store } = this.type(dataType);
    const values = new Float64Array(this.count(dims));
    for (let k = 0; k < values.length; k++) {
      const value = element(k);
      values[k] =
        store(value) ?? this.wrong(`the result ${value} is no ${elementTypeName[dataType]} of at most 53 bits`);
    }
    return { dataType, dims, values };
  }
}
