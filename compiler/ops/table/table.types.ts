/** Any function of one 8-bit code: y = values[x - low]. */
export interface TableAttributes {
  readonly low: number;
  readonly values: Int16Array;
}
