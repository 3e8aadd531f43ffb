/** A small int8 image network as a TensorFlow Lite file, with every kind of operator the front end reads. */
import { Random } from "../hdl/graphs.js";
import { TfliteBuilder } from "./tflite.js";

/** Convolution with RELU6, depthwise behind PAD, ADD, pools, MEAN, fully connected, softmax: [1, 6, 6, 2] to [1, 3]. */
export function smallTflite(seed = 1): TfliteBuilder {
  const b = new TfliteBuilder();
  const random = new Random(seed);
  const codes = (count: number, limit: number) => Array.from({ length: count }, () => random.integer(-limit, limit));
  const weights = (shape: readonly number[], channels: number, axis: number) =>
    b.tensor({
      shape,
      axis,
      data: codes(
        shape.reduce((p, dim) => p * dim, 1),
        127,
      ),
      scales: Array.from({ length: channels }, (_, c) => 0.01 + 0.002 * c),
      zeroPoints: Array(channels).fill(0),
    });
  const bias = (count: number) => b.tensor({ shape: [count], type: "int32", data: codes(count, 900) });
  let x = b.input(b.tensor({ name: "image", shape: [1, 6, 6, 2], scales: [0.05], zeroPoints: [-3] }));
  x = b.operator("CONV_2D", [x, weights([4, 3, 3, 2], 4, 0), bias(4)], b.activation([1, 6, 6, 4], 0.0235, -128), {
    1: ["int32", 1],
    2: ["int32", 1],
    3: ["int8", 3],
  });
  const skip = x;
  x = b.operator("PAD", [x, b.numbers([0, 0, 1, 1, 1, 1, 0, 0], [4, 2])], b.activation([1, 8, 8, 4], 0.0235, -128));
  x = b.operator("DEPTHWISE_CONV_2D", [x, weights([1, 3, 3, 4], 4, 3), bias(4)], b.activation([1, 6, 6, 4], 0.04, 5), {
    0: ["int8", 1],
    1: ["int32", 1],
    2: ["int32", 1],
    3: ["int32", 1],
  });
  x = b.operator("ADD", [x, skip], b.activation([1, 6, 6, 4], 0.05, -10), { 0: ["int8", 1] });
  x = b.operator("MAX_POOL_2D", [x], b.activation([1, 3, 3, 4], 0.05, -10), {
    1: ["int32", 2],
    2: ["int32", 2],
    3: ["int32", 2],
    4: ["int32", 2],
  });
  x = b.operator("MEAN", [x, b.numbers([1, 2])], b.activation([1, 4], 0.03, -20), { 0: ["int8", 0] });
  x = b.operator("RESHAPE", [x, b.numbers([1, -1])], b.activation([1, 4], 0.03, -20));
  x = b.operator("FULLY_CONNECTED", [x, weights([3, 4], 1, 0), bias(3)], b.activation([1, 3], 0.1, 2), {
    0: ["int8", 0],
  });
  return b.output(
    b.operator("SOFTMAX", [x], b.tensor({ name: "scores", shape: [1, 3], scales: [1 / 256], zeroPoints: [-128] }), {
      0: ["float32", 1],
    }),
  );
}
