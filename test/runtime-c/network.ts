/** A small network of layers with odd sizes, one input and one output, for emulated cores. */
import { type IntegerGraph, int8, uint8 } from "../../compiler/ir/index.js";
import { addLinear, addSoftmax, addTable } from "./elementwise-graphs.js";
import { addAveragePool2d, addConv2d, addDense, addMaxPool2d, GraphBuilder } from "./graphs.js";
import { Random } from "./random.js";

/** Convolutions of each kind (also grouped, dilated and with weights of -128), pools, Add, Table, Dense, Softmax. */
export function oddNetwork(): IntegerGraph {
  const random = new Random(7);
  const builder = new GraphBuilder();
  const same = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], kernel: [3, 3] } as const;
  const small = () => random.integer(-100, 100);
  const input = builder.input([1, 11, 13, 3], int8);
  const first = { ...same, strides: [2, 1], pads: [0, 1, 1, 1] } as const;
  const a = addConv2d(builder, random, input, 10, first, 1, { outputType: int8, rounding: "plain" }, small);
  const b = addConv2d(builder, random, a, 10, same, 10, { outputType: int8, rounding: "sign" }, small);
  const c = addConv2d(builder, random, b, 10, { ...same, kernel: [1, 1], pads: [0, 0, 0, 0] }, 1, {
    outputType: int8,
    rounding: "parity",
  });
  const d = addLinear(builder, random, a, c, uint8);
  const dilated = { ...same, dilations: [2, 1], pads: [2, 1, 2, 1] } as const;
  const e = addConv2d(
    builder,
    random,
    d,
    8,
    dilated,
    2,
    { outputType: uint8, rounding: "plain", clipped: true },
    small,
  );
  const f = addMaxPool2d(builder, e, { ...same, kernel: [2, 3] });
  const g = addTable(builder, random, f, int8);
  const pool = { ...same, strides: [2, 2] } as const;
  const h = addAveragePool2d(builder, random, g, pool, false, { outputType: int8, rounding: "thresholds" });
  const [, rows, columns, channels] = h.shape as [number, number, number, number];
  const flat = builder.node("reshape", [h], {}, [1, rows * columns * channels], int8);
  const i = addDense(builder, random, flat, 7, { outputType: int8, rounding: "plain" }, small);
  builder.outputs.push(addSoftmax(builder, random, i, "even", int8));
  return builder.graph();
}
