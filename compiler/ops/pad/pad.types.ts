/** Elements of one code around a tensor. */
export interface PadAttributes {
  /** Elements in front of each axis, then behind each. */
  readonly pads: readonly number[];
  readonly code: number;
}

export interface PadGraphAttributes {
  readonly pads: readonly number[];
  /** Real value of the added elements. */
  readonly value: number;
}
