/** What an op home gets when it lowers itself to C. */
import type { IntegerNode } from "../../compiler/ir/index.js";
import type { Requantization, RequantizeLayer } from "../../compiler/arith/index.js";
import type { Core } from "../core.js";

export type CElement = "int8_t" | "uint8_t" | "int16_t" | "int32_t" | "uint32_t" | "int64_t";

export interface CContext {
  readonly core: Core;
  /** C expression of the pointer to input `index` or to the output, typed by the tensor. */
  input(index: number): string;
  readonly output: string;
  /** C expression of the node's scratch buffer (`void *`), or "0" when it asked for none. */
  readonly scratch: string;
  /** Places a constant array in the weights file; returns its C name. */
  constant(role: string, element: CElement, values: ArrayLike<number | bigint>): string;
  /** Certified constants for a staircase layer, as this core wants them. */
  requantization(layer: RequantizeLayer): Requantization;
  /** Uses a runtime header such as `qc_conv2d_s8.h` and copies it into the project. */
  include(header: string): void;
  /** Appends one statement to the layer's function. */
  statement(code: string): void;
}

export type CLowering<Attributes> = (node: IntegerNode<Attributes>, context: CContext) => void;
