/** What an op home gets when it reads an ONNX node. */
import type { Expression } from "../arith/expression.js";
import type { Quantization, RealClamp, Tensor } from "../ir/graph.js";
import type { IntegerType, Shape } from "../ir/types.js";
import type { OnnxNode, OnnxTensor } from "./onnx.js";

/** A real-valued operation whose result has not been quantized yet. */
export interface Pending {
  readonly kind: "pending";
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: unknown;
  /** Function of the operation's real value, applied before the clamp; only where the home says `post`. */
  readonly post?: Expression | undefined;
  readonly clamp: RealClamp;
  /** Set when the op moves codes of its inputs from this one on: a table first brings each to the quantization of the result. */
  readonly alikeFrom?: number;
  /** Shape after `moves`. */
  readonly shape: Shape;
  /** Movements of the codes once they are quantized, such as back to ONNX's order: quantization commutes with them. */
  readonly moves: readonly Move[];
}

/** A node that moves codes without looking at them. */
export interface Move {
  readonly op: string;
  readonly name: string;
  readonly attributes: unknown;
}

/** What an ONNX value name stands for while the graph is read. */
export type Value =
  /** Integer codes with known quantization. */
  | { readonly kind: "codes"; readonly tensor: Tensor }
  /** The real values of such codes (behind DequantizeLinear). */
  | { readonly kind: "real"; readonly tensor: Tensor }
  | Pending
  /** A constant that is not (yet) quantized. */
  | { readonly kind: "constant"; readonly constant: OnnxTensor }
  /** A float graph input that a QuantizeLinear must follow. */
  | {
      readonly kind: "float-input";
      readonly name: string;
      /** Shape of the graph input, and after `moves`. */
      readonly source: Shape;
      readonly shape: Shape;
      readonly moves: readonly Move[];
      /** Function of the input, still to be quantized; absent for the input itself. */
      readonly expression?: Expression | undefined;
    }
  /** Result of a node that was refused; its consumers are skipped. */
  | { readonly kind: "refused" };

export type FloatInput = Extract<Value, { kind: "float-input" }>;

/** A value without a quantization yet. */
export type Unquantized = Pending | FloatInput;

/** The importer as seen from a rule. */
export interface GraphReader {
  readonly opset: number;
  /** Value of input `index`; undefined when the optional input is absent. */
  value(node: OnnxNode, index: number): Value | undefined;
  /** Quantized tensor behind a real or codes value, or behind one on a grid of codes of at most so many bits (16 unless given); refuses the node otherwise. */
  quantized(node: OnnxNode, index: number, mostBits?: number): Tensor;
  /** Numbers of a constant input (scales, bounds). */
  numbers(node: OnnxNode, index: number): readonly number[] | undefined;
  /** Numbers of a constant input of an integer type (shapes, axes, positions). */
  integers(node: OnnxNode, index: number): readonly number[] | undefined;
  /** Names the node's result `output`: its first input, of the given shape, moved; it may still be waiting for its quantization. */
  move(node: OnnxNode, moves: (shape: Shape) => readonly Move[], output?: number): boolean;
  /** Names the node's result `output`, the first unless given; results that the node leaves unnamed are dropped. */
  define(node: OnnxNode, value: Value, output?: number): void;
  /** Adds a Graph node that moves or maps codes, keeping the quantization of the (first) input unless `output` says otherwise. */
  emit(
    op: string,
    name: string,
    input: Tensor | readonly Tensor[],
    attributes: unknown,
    output?: Partial<Tensor>,
  ): Tensor;
  /** Quantizes a pending result: adds its node, brings it back to ONNX's layout, and names it. */
  finish(node: OnnxNode, pending: Pending, type: IntegerType, quantization: Quantization): void;
  /** Quantizes a pending result or a float input: its tensor in ONNX's layout, behind its movements. */
  quantize(name: string, value: Unquantized, type: IntegerType, quantization: Quantization): Tensor;
  /** Refuses the node: throws, is collected with all others. */
  refuse(node: OnnxNode, reason: string): never;
}

/** Reads one node. Returns false when the node is not for this home, so that another home may try. */
export type OnnxRule = (node: OnnxNode, reader: GraphReader) => boolean;
