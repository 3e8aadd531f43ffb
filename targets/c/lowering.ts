/** What an op home gets when it lowers itself to C. */
import type { Requantization, RequantizeLayer } from "../../compiler/arith/index.js";
import type { IntegerNode } from "../../compiler/ir/index.js";
import type { Core } from "../core.js";

export type CElement = "int8_t" | "uint8_t" | "int16_t" | "int32_t" | "uint32_t" | "int64_t";

/** A function that layers with equal parameters and body share. */
export interface SharedFunction {
  /** Describes it in its name, such as `conv2d_plain_34`. */
  readonly role: string;
  /** C parameter declarations. */
  readonly parameters: readonly string[];
  /** Statements. */
  readonly body: readonly string[];
}

export interface CContext {
  readonly core: Core;
  /** C expression of the `const uint8_t *` to input `index`. */
  input(index: number): string;
  /** C expression of the `uint8_t *` to the output. */
  readonly output: string;
  /** Whether input `index` and the output have the same bytes where the home says that they can (`view`, `joins`): nothing moves them. */
  isInPlace(index: number): boolean;
  /** C expression of the node's scratch buffer (`uint8_t *`, aligned as the arena), or "0" when it asked for none. */
  readonly scratch: string;
  /** Places a constant array in the weights file; returns the C expression of its address. Equal arrays are stored once. */
  constant(role: string, element: CElement, values: ArrayLike<number | bigint>): string;
  /** Certified constants for a staircase layer, as this core wants them. */
  requantization(layer: RequantizeLayer): Requantization;
  /** Uses a runtime header such as `qc_add.h` and copies it, and what it includes, into the project. */
  include(header: string): void;
  /** Defines a function, once for all layers that ask for the same one; returns its C name. */
  shared(definition: SharedFunction): string;
  /** Appends one statement to the layer's function. */
  statement(code: string): void;
}

/** Throws QC2002 for what the runtime has no kernel for. */
export type CLowering<Attributes> = (node: IntegerNode<Attributes>, context: CContext) => void;
