/** What an op home gets when it lowers itself to a streaming Verilog stage. */
import type { IntegerNode } from "../../compiler/ir/index.js";

/** Parallelism of a stage: `simd` inputs times `pe` outputs are multiplied in one cycle. */
export interface Folding {
  readonly pe: number;
  readonly simd: number;
}

/** An initialised memory: one hexadecimal word of `width` bits per entry, written as a $readmemh file. */
export interface Memory {
  readonly parameter: string;
  readonly width: number;
  readonly words: readonly bigint[];
}

/** One instance of an hdl/rtl module between two (or three) 8-bit AXI4-Streams. */
export interface Stage {
  readonly module: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly memories: readonly Memory[];
  /** Module files the stage needs, `module` included. */
  readonly sources: readonly string[];
}

export interface VerilogContext {
  /** The folding chosen for this node. */
  readonly folding: Folding;
}

export type VerilogLowering<Attributes> = (node: IntegerNode<Attributes>, context: VerilogContext) => Stage;
