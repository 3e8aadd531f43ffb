/** Matrix product over the last axis with constant weights (fully connected layer). */
import { exact } from "../../arith/definitions/exact.js";
import { evaluateStaircase } from "../../arith/staircase.js";
import { fail } from "../../diagnostics.js";
import { zeroPointOf } from "../../ir/index.js";
import type { OpHome } from "../op.js";
import { lowerProducts, productReach, productUnit } from "../product.js";
import { printRequantize, rangesOf } from "../requantize.js";
import { biasCodes, requirePerTensor, requireScaleAxis, type Weights, weightBytes, weightCodes } from "../weights.js";
import { c, forSpeed, lessScratch, scratchBytes } from "./dense.c.js";
import { channels } from "./dense.channels.js";
import {
  type DenseGraphAttributes,
  matMulNBits,
  readBiasAdd,
  readGemm,
  readMatMul,
  readMatMulInteger,
  readMatMulIntegerToFloat,
  readQGemm,
  readQLinearMatMul,
} from "./dense.onnx.js";
import type { DenseAttributes } from "./dense.types.js";
import { verilog } from "./dense.verilog.js";

export default {
  name: "dense",
  onnx: {
    Gemm: readGemm,
    MatMul: readMatMul,
    MatMulInteger: readMatMulInteger,
    MatMulIntegerToFloat: readMatMulIntegerToFloat,
    MatMulNBits: matMulNBits,
    QLinearMatMul: readQLinearMatMul,
    QGemm: readQGemm,
    Add: readBiasAdd,
  },

  inferShape({ inputs: [x, weights], attributes }) {
    const [outer, inner] = attributes.transposed ? [0, 1] : [1, 0];
    if (weights!.shape[inner] !== x!.shape.at(-1)) {
      fail("QC2005", `weights [${weights!.shape}] do not fit an input of shape [${x!.shape}].`, x!.name);
    }
    return [...x!.shape.slice(0, -1), weights!.shape[outer]!];
  },

  /** Sums of products of codes: whole multiples of the product of both scales. */
  unit: productUnit,
  reach: ({ inputs, attributes }) => productReach(inputs, attributes.transposed ? 0 : 1),
  post: true,
  lower(node, given) {
    const { ranges } = given;
    const [x, weights, bias] = node.inputs;
    const { transposed, ownBias } = node.attributes;
    const context = ownBias ? { ...given, numerics: exact } : given;
    if (context.numerics !== given.numerics) {
      const family = given.numerics.name;
      given.note(
        "QC3003",
        `${family} has no bias of another scale than the products; exact is used for '${node.name}'.`,
      );
    }
    const outputs = weights!.shape[transposed ? 0 : 1]!;
    const inputs = weights!.shape[transposed ? 1 : 0]!;
    requirePerTensor(x!, node.name);
    requireScaleAxis(weights!, transposed ? 0 : 1, node.name);
    const channelOf = transposed ? (k: number) => Math.floor(k / inputs) : (k: number) => k % outputs;
    const stored = weightCodes(weights!, channelOf, node.name);
    const codes = transposed ? stored : transposeMatrix(stored, inputs, outputs);
    const inputRanges = ranges(x!);
    const lowered = lowerProducts(node, context, {
      dense: true,
      weights: codes,
      biases: biasCodes(bias, outputs, node.name),
      rangeOf: (_, k) => inputRanges[inputRanges.length === 1 ? 0 : k]!,
      padded: false,
    });
    return { attributes: { inputZeroPoint: zeroPointOf(x!), ...lowered }, ranges: rangesOf(lowered.requantize) };
  },

  evaluate({ inputs: [input], output, attributes }, [x]) {
    const { inputZeroPoint, weights, bias, requantize } = attributes;
    const inputs = input!.shape.at(-1)!;
    const outputs = output.shape.at(-1)!;
    const rows = x!.length / inputs;
    const y = new Int32Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      for (let o = 0; o < outputs; o++) {
        let acc = bias[o]!;
        for (let i = 0; i < inputs; i++) acc += (x![row * inputs + i]! - inputZeroPoint) * weights[o * inputs + i]!;
        y[row * outputs + o] = evaluateStaircase(requantize.channels[o]!, acc);
      }
    }
    return y;
  },

  absorbOrder(node, order) {
    const [x, weights, ...rest] = node.inputs;
    const { data, shape } = weights!;
    const [inputs, stride, step] = node.attributes.transposed ? [shape[1]!, shape[1]!, 1] : [shape[0]!, 1, shape[1]!];
    const outputs = data!.length / inputs;
    const moved = new Int32Array(data!.length);
    for (let o = 0; o < outputs; o++)
      for (let k = 0; k < inputs; k++) moved[o * stride + order[k]! * step] = data![o * stride + k * step]!;
    return { ...node, inputs: [x!, { ...weights!, data: moved }, ...rest] };
  },

  macs: ({ output, attributes }) => output.shape.slice(0, -1).reduce((a, b) => a * b, 1) * attributes.weights.length,
  weightBytes: ({ attributes }) => weightBytes(attributes),
  requantize: (attributes) => attributes.requantize,
  channels,
  print: (attributes) => printRequantize(attributes.requantize),
  scratchBytes,
  lessScratch,
  forSpeed,
  c,
  verilog,
} satisfies OpHome<DenseGraphAttributes, DenseAttributes>;

/** [rows, columns] to [columns, rows]. */
function transposeMatrix(codes: Weights, rows: number, columns: number): Weights {
  const moved = codes.slice();
  for (let r = 0; r < rows; r++) for (let k = 0; k < columns; k++) moved[k * rows + r] = codes[r * columns + k]!;
  return moved;
}
