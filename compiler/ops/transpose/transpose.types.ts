/** Axis permutation: output axis i is input axis `permutation[i]`, as ONNX Transpose. */
export interface TransposeAttributes {
  readonly permutation: readonly number[];
}
