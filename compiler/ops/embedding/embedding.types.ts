/** Rows of a constant table, chosen by codes: y[i] = table[index[i]]. */

export interface EmbeddingAttributes {
  readonly rows: number;
  /** Shape of one row; empty for a table of numbers. */
  readonly row: readonly number[];
  /** Codes, row by row. */
  readonly table: Int32Array;
}
