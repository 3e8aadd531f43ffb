/** What an op home declares. Shared code asks the home; it never compares op names. */
import type { CLowering } from "../../targets/c/lowering.js";
import type { Core } from "../../targets/core.js";
import type { VerilogLowering } from "../../targets/verilog/lowering.js";
import type { Numerics } from "../arith/numerics.js";
import type { RequantizeLayer } from "../arith/requantize-layer.js";
import type { Grid } from "../import/grid.js";
import type { OnnxRule } from "../import/rules.js";
import type { Implied } from "../import/unquantized.js";
import type { GraphNode, RealClamp, Tensor } from "../ir/graph.js";
import type { IntegerNode, Range, Shape } from "../ir/index.js";
import type { PartStructure, RowSums } from "./rows.js";

/** Result of lowering a Graph node: integer attributes and the proven range of every output channel. */
export interface Lowered<Attributes> {
  readonly attributes: Attributes;
  readonly ranges: readonly Range[];
}

export interface LowerContext {
  readonly numerics: Numerics;
  /** Proven ranges of an input tensor: one entry, or one per channel. */
  ranges(tensor: Tensor): readonly Range[];
  /** Reports something the user should know; never stops the compile. */
  note(code: string, message: string): void;
}

/** Another algorithm for a node: engines that do not know it ignore these attributes, because results are the same. */
export interface Faster<Attributes> {
  readonly attributes: Attributes;
  /** Expected instructions less. */
  readonly saved: number;
  /** Bytes of constants more. */
  readonly bytes: number;
}

/** How an op's channels (last axes) hang together, for the pass remove-constant-channels. */
export interface ChannelStructure<Attributes> {
  /** Channels of each input that must be kept when exactly the `needed` output channels are. */
  needed(node: IntegerNode<Attributes>, needed: readonly boolean[]): boolean[][];
  /** Channels of the output that must stay because these of the inputs do, where the op cannot drop one alone. */
  bound?(node: IntegerNode<Attributes>, needed: readonly (readonly boolean[])[]): boolean[];
  /** Attributes with only the kept channels; what removed (constant) input channels contribute is folded in. */
  keep(node: IntegerNode<Attributes>, kept: KeptChannels): Attributes;
}

/** Indices of the channels that stay, ascending. */
export interface KeptChannels {
  readonly inputs: readonly (readonly number[])[];
  readonly output: readonly number[];
}

/**
 * One operation: what ONNX nodes it accepts, its real-valued form (`GraphAttributes`), its integer form
 * (`Attributes`), the reference semantics, its cost, and its lowerings to C and Verilog.
 */
export interface OpHome<GraphAttributes = any, Attributes = any> {
  readonly name: string;
  /** ONNX operator types this home recognises, with the rule that reads each. */
  readonly onnx: Readonly<Record<string, OnnxRule>>;
  /** Shape of the result of a Graph node. */
  inferShape(node: { inputs: readonly Tensor[]; attributes: GraphAttributes }): Shape;
  /** Real-valued op on quantized tensors to integer op: folds scales into staircases and proves ranges. */
  lower(node: GraphNode<GraphAttributes>, context: LowerContext): Lowered<Attributes>;
  /** The definition: computes the output from the inputs, row-major, one Int32Array per tensor. */
  evaluate(node: IntegerNode<Attributes>, inputs: readonly Int32Array[]): Int32Array;
  /** Multiply-accumulate operations of one inference. */
  macs(node: IntegerNode<Attributes>): number;
  /** Parameter bytes as stored on a target (weights and biases). */
  weightBytes(node: IntegerNode<Attributes>): number;
  /** The staircase layer, if this op has one: used for certificates and reports. */
  requantize?(attributes: Attributes): RequantizeLayer | undefined;
  /** Scratch bytes the C kernel needs in the arena while this node runs: on that core, or without one, on any. */
  scratchBytes?(node: IntegerNode<Attributes>, core?: Core): number;
  /**
   * The node by algorithms that need less scratch on that core, each less than the one before, with the instructions that they are expected
   * to add to the fastest; results are the same.
   */
  lessScratch?(
    node: IntegerNode<Attributes>,
    core?: Core,
  ): readonly { readonly attributes: Attributes; readonly added: number }[];
  /** Whether the output may share the buffer of input `index` (element i written only after the last read of element i). */
  inPlace?(node: IntegerNode<Attributes>, index: number): boolean;
  /** How the op computes single rows of its output, where it can. */
  readonly rows?: PartStructure<Attributes>;
  /**
   * Whether that core's kernels, or any core's, let a single row of output overwrite a row of the first input: channel by channel
   * columns are written in order, each after the last read of all columns that no later column's window has.
   */
  overwritesRows?(node: IntegerNode<Attributes>, core?: Core): boolean;
  /** How the op computes single columns of its output, where it can. */
  readonly columns?: PartStructure<Attributes>;
  /** How the op takes its input in row by row, where it sums all rows into one. */
  readonly sumsRows?: RowSums<Attributes>;
  /** True when `lower` takes a function of the real result (`post`): monotone in every channel, so that it is still a staircase. */
  readonly post?: boolean;
  /** The unit of which all real results are whole multiples, and how many at most; undefined where there is none. */
  unit?(node: { readonly inputs: readonly Tensor[]; readonly attributes: GraphAttributes }): Grid | undefined;
  /** Bounds of all real results, where the operation has no unit. */
  reach?(node: { readonly inputs: readonly Tensor[]; readonly attributes: GraphAttributes }): RealClamp;
  /** The quantization of unquantized results at the graph's end, where the operation has a usual one. */
  natural?(attributes: GraphAttributes): Implied;
  /** The node by algorithms that take fewer instructions for more flash and scratch. */
  forSpeed?(node: IntegerNode<Attributes>, core: Core): readonly Faster<Attributes>[];
  /** True when the output is the input's bytes unchanged, so no code runs. */
  readonly alias?: boolean;
  /** First element of the only input from which on its elements are the output's, in their order; undefined where they do not lie together. */
  view?(node: IntegerNode<Attributes>): number | undefined;
  /** Element of the output from which on it has the elements of input `index`, in their order; undefined where they do not lie together. */
  joins?(node: IntegerNode<Attributes>, index: number): number | undefined;
  /** True when the op only moves or selects codes, so quantization passes through it. */
  readonly movesCodes?: boolean;
  /** True when, moving codes, it picks by their order: only functions that never decrease commute with it. */
  readonly selects?: boolean;
  /** Present when the op permutes axes: the pass fold-transposes carries it instead of running it. */
  permutation?(attributes: GraphAttributes): readonly number[];
  /**
   * For ops whose result, axes permuted, is that of other attributes on inputs with the same axes permuted: these
   * attributes, when stored axis i is logical axis `permutation[i]` of every input and of the output; undefined when none do.
   */
  permuted?(
    node: Pick<GraphNode<GraphAttributes>, "inputs" | "output" | "attributes">,
    permutation: readonly number[],
  ): GraphAttributes | undefined;
  /** True when element i of the output depends on element i of each equally shaped input alone: any layout will do. */
  readonly elementwise?: boolean;
  /**
   * Absorbs a reordering of the input's last axis into constants: given that logical element k is stored at
   * `order[k]`, returns the node that reads the stored order.
   */
  absorbOrder?(node: GraphNode<GraphAttributes>, order: Int32Array): GraphNode<GraphAttributes>;
  /** For ops that only add elements of real value 0 around a tensor: how many in front of each axis, then behind each. */
  border?(attributes: GraphAttributes): readonly number[] | undefined;
  /** The node that reads its first input without such a border; undefined when it cannot add it itself. */
  absorbBorder?(
    node: GraphNode<GraphAttributes>,
    input: Tensor,
    pads: readonly number[],
  ): GraphNode<GraphAttributes> | undefined;
  /** True when output channel c (last axis) depends on channel c of each input alone, by attributes that are the same for all channels. */
  readonly channelwise?: boolean;
  /** For ops with other channel structure: which input channels matter, and the node without the others. */
  readonly channels?: ChannelStructure<Attributes>;
  /** For text forms: attributes as short `key=value` words. */
  print(attributes: Attributes): string;
  readonly c: CLowering<Attributes>;
  readonly verilog: VerilogLowering<Attributes>;
}
