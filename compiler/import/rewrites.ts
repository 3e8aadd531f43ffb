/** The nearest supported spelling of ONNX operators that are not read, for hints. */

/** Operators that share an advice; the supported operators it names; the advice in words. */
interface Rewrite {
  readonly of: readonly string[];
  readonly use: readonly string[];
  readonly how: string;
}

const host = "leave it to the host, behind the model";

export const rewrites: readonly Rewrite[] = [
  {
    of: ["Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cos", "Cosh", "Shrink", "Sin", "Sinh", "Tan"],
    use: ["HardSigmoid", "Mul", "Tanh", "Clip"],
    how: "use HardSigmoid + Mul, Tanh or Clip as the activation",
  },
  {
    of: ["DynamicQuantizeLinear", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM"],
    use: ["QuantizeLinear", "DequantizeLinear"],
    how: "use static quantization (calibration): QuantizeLinear/DequantizeLinear with constant scales",
  },
  {
    of: [
      "GroupNormalization",
      "InstanceNormalization",
      "LayerNormalization",
      "LpNormalization",
      "LRN",
      "MeanVarianceNormalization",
      "RMSNormalization",
      "SimplifiedLayerNormalization",
      "SkipLayerNormalization",
      "SkipSimplifiedLayerNormalization",
    ],
    use: ["BatchNormalization"],
    how: "train with BatchNormalization, best folded into the convolution before it",
  },
  { of: ["Hardmax"], use: ["ArgMax"], how: "end with ArgMax" },
  { of: ["NonMaxSuppression", "NonZero", "Unique"], use: [], how: host },
  {
    of: ["DeformConv", "MaxUnpool"],
    use: ["Resize", "Conv"],
    how: "use Resize (nearest) + Conv",
  },
  {
    of: ["GRU", "LSTM", "RNN", "QLinearLSTM"],
    use: ["Gemm", "Sigmoid", "Tanh", "Mul", "Add"],
    how: "export one time step of Gemm, Sigmoid, Tanh, Mul and Add with its state as inputs and outputs",
  },
  { of: ["If", "Loop", "Scan"], use: [], how: "export without control flow, loops unrolled" },
  {
    of: ["Attention", "MultiHeadAttention", "GroupQueryAttention", "QAttention", "Einsum"],
    use: ["MatMul", "Softmax", "Transpose", "Reshape"],
    how: "spell it with MatMul, Transpose, Reshape and Softmax",
  },
  { of: ["GlobalLpPool", "LpPool"], use: ["AveragePool", "GlobalAveragePool"], how: "use AveragePool" },
  {
    of: ["ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceProd", "ReduceSumSquare", "CumSum"],
    use: ["ReduceSum", "ReduceMean", "ReduceMax"],
    how: "use ReduceSum, ReduceMean or ReduceMax",
  },
  {
    of: ["And", "Equal", "IsInf", "IsNaN", "Or", "Xor"],
    use: ["Max", "Min", "Mul"],
    how: "use Max, Min, or Mul with a constant mask",
  },
  {
    of: ["GatherElements", "GatherND", "ScatterElements", "ScatterND"],
    use: ["Gather", "Slice", "Concat"],
    how: "use Gather or Slice with constant indices, and Concat",
  },
  {
    of: ["FusedConv", "NhwcFusedConv", "FusedGemm", "FusedMatMul", "TransposeMatMul"],
    use: ["Conv", "Gemm", "MatMul", "Relu"],
    how: "turn graph optimizations off, so that Conv, Gemm, MatMul and Relu stay apart",
  },
  { of: ["NhwcMaxPool", "MaxRoiPool", "RoiAlign"], use: ["MaxPool"], how: "use MaxPool" },
];

const byOperator = new Map(rewrites.flatMap(({ of, how }) => of.map((operator) => [operator, how] as const)));

/** The advice for an ONNX operator; undefined where there is no better one than for all. */
export function rewriteOf(operator: string): string | undefined {
  return byOperator.get(operator);
}
