/** Sound models to damage: small built ones, and files of the shared data where they are present. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isTflite } from "../../compiler/import/tflite/model.js";
import { dataFolder } from "../../test/helpers/data.js";
import { type Attribute, ModelBuilder, oneOp, smallNetwork } from "../../test/helpers/onnx.js";
import { randomModel } from "../../test/helpers/random-model.js";
import { smallTflite } from "../../test/helpers/small-tflite.js";

export interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly tflite: boolean;
  /** How often it is chosen, relative to others of its size. */
  readonly weight: number;
}

const image = [1, 2, 4, 4];

const op = (type: string, attributes: Record<string, Attribute> = {}, dims = image) =>
  oneOp(dims, (b, x) => b.node(type, [x], attributes));

/** One operation with constants as further inputs. */
const withInts = (type: string, ...lists: number[][]) =>
  oneOp(image, (b, x) => b.node(type, [x, ...lists.map((list) => b.constant("i", "int64", [list.length], list))]));

function qlinear(): ModelBuilder {
  const b = new ModelBuilder();
  const scale = b.constant("s", "float", [], [0.05]);
  const zero = b.constant("z", "int8", [], [3]);
  const x = b.node("QuantizeLinear", [b.input([1, 4]), scale, zero]);
  const w = b.constant("w", "int8", [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
  return b.output(b.node("QLinearMatMul", [x, scale, zero, w, scale, zero, scale, zero]));
}

/** Samples that compile for 10 ms and more: all pairs of codes, transcendental functions, many layers. */
const slow = ["add", "sigmoid", "network", "random"];

/** Small models of one or a few operations, the same on every machine. */
export function builtSamples(): Sample[] {
  const models: Record<string, ModelBuilder> = {
    conv: oneOp(image, (b, x) => b.node("Conv", [x, b.weights([2, 2, 3, 3]), b.bias(2)], { pads: [1, 1, 1, 1] })),
    matmul: oneOp([1, 4], (b, x) => b.node("MatMul", [x, b.weights([4, 3])])),
    gemm: oneOp([1, 4], (b, x) => b.node("Gemm", [x, b.weights([3, 4]), b.bias(3)], { transB: 1 })),
    add: oneOp([1, 4], (b, x) => b.node("Add", [x, x])),
    mul: oneOp([1, 4], (b, x) => b.node("Mul", [x, b.weights([4])])),
    max: oneOp([1, 4], (b, x) => b.node("Max", [x, x])),
    concat: oneOp(image, (b, x) => b.node("Concat", [x, x], { axis: 1 })),
    maxPool: op("MaxPool", { kernel_shape: [2, 2], strides: [2, 2] }),
    averagePool: op("AveragePool", { kernel_shape: [2, 2], pads: [1, 1, 0, 0] }),
    global: op("GlobalAveragePool"),
    softmax: op("Softmax", { axis: -1 }, [1, 5]),
    relu: op("Relu"),
    sigmoid: op("Sigmoid", {}, [1, 4]),
    transpose: op("Transpose", { perm: [0, 2, 3, 1] }),
    flatten: op("Flatten"),
    reduce: op("ReduceMean", { axes: [2, 3], keepdims: 0 }),
    depthToSpace: op("DepthToSpace", { blocksize: 2 }, [1, 4, 2, 2]),
    split: oneOp(image, (b, x) => b.node("Split", [x], { axis: 2 }, { outputs: ["first", "second"] })),
    reshape: withInts("Reshape", [1, -1]),
    slice: withInts("Slice", [1], [3], [2], [1]),
    gather: withInts("Gather", [0]),
    tile: withInts("Tile", [1, 1, 2, 2]),
    expand: withInts("Expand", [1, 2, 4, 4]),
    pad: withInts("Pad", [0, 0, 1, 1, 0, 0, 1, 1]),
    unsqueeze: withInts("Unsqueeze", [0]),
    resize: oneOp(image, (b, x) => b.node("Resize", [x, "", b.constant("f", "float", [4], [1, 1, 2, 2])])),
    qlinear: qlinear(),
    network: smallNetwork(),
    random: randomModel(5, 8),
  };
  return [
    ...Object.entries(models).map(([name, model]) => ({
      name,
      bytes: model.bytes(),
      tflite: false,
      weight: slow.includes(name) ? 1 : 20,
    })),
    { name: "tflite", bytes: smallTflite().bytes(), tflite: true, weight: 10 },
  ];
}

/** Model files of the shared data, each of at most `limit` bytes; none where the folder is absent. */
export function dataSamples(limit: number): Sample[] {
  const root = dataFolder();
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(onnx|tflite)$/.test(name) && statSync(join(root, name)).size <= limit)
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(root, name));
      return { name, bytes, tflite: isTflite(bytes), weight: 1 };
    });
}
