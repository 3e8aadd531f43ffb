/** What an op home gives the streaming Verilog back end. */
import type { IntegerNode } from "../../compiler/ir/index.js";

/** Parallelism of a stage: `simd` inputs times `pe` outputs are multiplied in one cycle. */
export interface Folding {
  readonly pe: number;
  readonly simd: number;
}

/** A folding a stage can have, and the cycles one inference then keeps the stage busy. */
export interface FoldingOption extends Folding {
  readonly cycles: number;
}

/** An initialised memory: one word of `width` bits per entry, written as a $readmemh file. */
export interface Memory {
  /** Parameter of the module that takes the file name. */
  readonly parameter: string;
  readonly width: number;
  readonly words: readonly bigint[];
}

/** An instance of an hdl/rtl module that makes the second input stream of a stage: from the node's second input, or of a constant. */
export interface OperandSource {
  readonly module: string;
  /** Width of its elements: parameter BITS. */
  readonly bits: number;
  readonly parameters: Readonly<Record<string, number>>;
  readonly memories: readonly Memory[];
}

/** One instance of an hdl/rtl module: streams in, one out, each as wide as its tensor's type. */
export interface Stage {
  readonly module: string;
  /** Values of its parameters; a text is a Verilog constant. */
  readonly parameters: Readonly<Record<string, number | string>>;
  /** Whether the inputs are one port, the first stream in the lowest bits, instead of one (in) or two (in_a, in_b) ports. */
  readonly bundled?: boolean;
  readonly memories: readonly Memory[];
  /** Stands between the second input and the module, or replaces that input. */
  readonly operand?: OperandSource | undefined;
  /** Elements of input `port` that output element `index` depends on, counted from the first. */
  needs(index: number, port: number): number;
  /** Elements of input `port` the stage can have taken in before output element `index` leaves; at least `needs`. */
  taken(index: number, port: number): number;
}

export interface VerilogContext {
  /** The folding chosen for this node. */
  readonly folding: Folding;
}

export interface VerilogLowering<Attributes = any> {
  /** Every folding of this node, in a fixed order; one entry when it cannot be folded. */
  foldings(node: IntegerNode<Attributes>): readonly FoldingOption[];
  /** The stage, or undefined when the output is the input's elements unchanged: a wire. */
  stage(node: IntegerNode<Attributes>, context: VerilogContext): Stage | undefined;
}
