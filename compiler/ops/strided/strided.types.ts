/** A strided copy: element k of the output, k in the mixed radix `dims`, is one element of the input (ops/order.ts). */
import type { Shape } from "../../ir/types.js";
import type { StridedOrder } from "../order.js";

export type StridedAttributes = StridedOrder;

export interface StridedGraphAttributes extends StridedOrder {
  /** Shape of the output, as many elements as `dims` has. */
  readonly shape: Shape;
}
