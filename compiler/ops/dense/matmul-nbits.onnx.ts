/** com.microsoft MatMulNBits: constant weights of a few bits in blocks, packed. Source: onnxruntime docs/ContribOperators.md. */
import { Attributes } from "../../import/attributes.js";
import { withoutBlocks } from "../../import/blocked.js";
import type { OnnxNode, OnnxTensor } from "../../import/onnx.js";
import type { GraphReader, OnnxRule } from "../../import/rules.js";
import type { Tensor } from "../../ir/graph.js";
import { elementCount } from "../../ir/types.js";

interface Packing {
  /** Inputs, outputs, bits of a weight, weights of a block: blocks lie along the inputs. */
  readonly inputs: number;
  readonly outputs: number;
  readonly bits: number;
  readonly size: number;
  readonly blocks: number;
}

/** Entry `index` of rows of `bits`-bit numbers, the first in the lowest bits of a byte; every row begins with a byte. */
function entry(bytes: ArrayLike<number>, bits: number, rowBytes: number, row: number, index: number): number {
  const bit = index * bits;
  return (bytes[row * rowBytes + Math.floor(bit / 8)]! >> (bit % 8)) & (2 ** bits - 1);
}

function constantAt(node: OnnxNode, reader: GraphReader, index: number, count: number): OnnxTensor | undefined {
  const value = reader.value(node, index);
  if (value === undefined) return undefined;
  if (value.kind !== "constant") return reader.refuse(node, `input ${index} must be a constant`);
  const { dims, values } = value.constant;
  if (values.length !== count)
    return reader.refuse(node, `input ${index} has shape [${dims}]; expected ${count} elements`);
  return value.constant;
}

/** The weights [outputs, inputs] less their zero points, with one scale or one per output. */
function weightsOf(node: OnnxNode, reader: GraphReader, { inputs, outputs, bits, size, blocks }: Packing): Tensor {
  const blockBytes = (size * bits) / 8;
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  const packed = constantAt(node, reader, 1, outputs * blocks * blockBytes);
  const scale = constantAt(node, reader, 2, outputs * blocks);
  if (!packed || !scale) return reader.refuse(node, "weights and scales must be constants");
  const zeros = constantAt(node, reader, 3, outputs * zeroBytes);
  const middle = 2 ** (bits - 1);
  const values = Int32Array.from({ length: outputs * inputs }, (_, k) => {
    const [o, i] = [Math.floor(k / inputs), k % inputs];
    const zero = zeros ? entry(zeros.values, bits, zeroBytes, o, Math.floor(i / size)) : middle;
    return entry(packed.values, bits, blocks * blockBytes, o, i) - zero;
  });
  const codes: OnnxTensor = { name: packed.name, dataType: 3, dims: [outputs, inputs], values };
  const found = withoutBlocks(codes, {
    axis: 1,
    size,
    scale: { ...scale, dims: [outputs, blocks] },
    zeroPoint: undefined,
  });
  if (!found || (found.quantization.axis ?? 0) !== 0) {
    return reader.refuse(
      node,
      "the scales of an output's blocks are no small multiples of one number. Quantize the weights per channel",
    );
  }
  return { name: packed.name, shape: [outputs, inputs], ...found };
}

/** The weights of the node as a dense layer's, and the activation; refuses what is no such layer. */
export function readMatMulNBits(
  product: (node: OnnxNode, reader: GraphReader, x: Tensor, weights: Tensor, bias: number) => void,
): OnnxRule {
  return (node, reader) => {
    const x = reader.quantized(node, 0);
    const attributes = new Attributes(node, reader);
    const [inputs, outputs] = [attributes.integer("K", 0), attributes.integer("N", 0)];
    const [bits, size] = [attributes.integer("bits", 4), attributes.integer("block_size", 0)];
    attributes.integer("accuracy_level", 0);
    attributes.integer("weight_prepacked", 0);
    attributes.done();
    if (![2, 4, 8].includes(bits) || size < 16 || !Number.isInteger(Math.log2(size)))
      reader.refuse(node, `${bits} bits in blocks of ${size}; expected 2, 4 or 8 in blocks of 16, 32, 64 ..`);
    if (inputs < 1 || outputs < 1 || x.shape.at(-1) !== inputs || elementCount([inputs, outputs]) > 2 ** 28)
      reader.refuse(node, `an input of shape [${x.shape}] for K ${inputs} and N ${outputs}`);
    if (reader.value(node, 4)) reader.refuse(node, "g_idx, another order of the inputs, is not supported");
    const packing = { inputs, outputs, bits, size, blocks: Math.ceil(inputs / size) };
    product(node, reader, x, weightsOf(node, reader, packing), 5);
    return true;
  };
}
