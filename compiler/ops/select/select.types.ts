/** Choice by a condition: y = a where the condition is not 0, else b. */

/** Real values of operands that are one number everywhere; the others are inputs behind the condition, a before b. */
export interface SelectGraphAttributes {
  readonly a?: number | undefined;
  readonly b?: number | undefined;
}

/** The same as codes of the result. */
export interface SelectAttributes {
  readonly a?: number | undefined;
  readonly b?: number | undefined;
}
