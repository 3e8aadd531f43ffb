/** Joins tensors of one quantization along an axis. */
export interface ConcatAttributes {
  readonly axis: number;
}
