/** Integer graphs built by hand: random layers of every op, without importing a model. */
import { type RequantizeLayer, type Staircase, staircaseOf } from "../../compiler/arith/index.js";
import {
  type IntegerGraph,
  type IntegerNode,
  type IntegerTensor,
  type IntegerType,
  int8,
  type Shape,
  typeRange,
  uint8,
} from "../../compiler/ir/index.js";
import type { Conv2dAttributes, Window } from "../../compiler/ops/conv2d/conv2d.types.js";
import type { DenseAttributes } from "../../compiler/ops/dense/dense.types.js";
import { isPadded, tapsInside, windowShape } from "../../compiler/ops/window.js";
import type { Random } from "./random.js";

/** Rounding rules; each needs another form of constants. */
export type Rounding = "plain" | "sign" | "parity" | "thresholds";

export class GraphBuilder {
  readonly tensors: IntegerTensor[] = [];
  readonly inputs: IntegerTensor[] = [];
  readonly outputs: IntegerTensor[] = [];
  readonly nodes: IntegerNode[] = [];

  tensor(shape: Shape, type: IntegerType): IntegerTensor {
    const id = this.tensors.length;
    const tensor = { id, name: `t${id}`, shape, type, ranges: [typeRange(type)] };
    this.tensors.push(tensor);
    return tensor;
  }

  input(shape: Shape, type: IntegerType): IntegerTensor {
    const tensor = this.tensor(shape, type);
    this.inputs.push(tensor);
    return tensor;
  }

  node(op: string, inputs: IntegerTensor[], attributes: unknown, shape: Shape, type: IntegerType): IntegerTensor {
    const output = this.tensor(shape, type);
    this.nodes.push({ op, name: `${op} ${this.nodes.length}`, inputs, output, attributes });
    return output;
  }

  graph(): IntegerGraph {
    return {
      name: "cases",
      numerics: "exact",
      inputs: this.inputs,
      outputs: this.outputs,
      tensors: this.tensors,
      nodes: this.nodes,
    };
  }
}

export const anyType = (random: Random) => random.pick([int8, uint8]);

/** A staircase from [lo, hi] to about the whole output range, rounded by the rule. */
export function randomStaircase(
  random: Random,
  lo: number,
  hi: number,
  zeroPoint: number,
  clamp: { lo: number; hi: number },
  rounding: Rounding,
): Staircase {
  const limit = (value: number) => Math.min(clamp.hi, Math.max(clamp.lo, value + zeroPoint));
  const power = Math.max(1, Math.ceil(Math.log2(Math.max(hi, -lo, 2) / random.integer(60, 300))));
  const scale = 2 ** -power;
  const real = scale * (0.6 + random.fraction());
  const value: Record<Rounding, (acc: number) => number> = {
    plain: (acc) => Math.floor(acc * real + 0.5),
    sign: (acc) => Math.floor(acc * real + (acc < 0 ? -0.4 : 0.5)),
    parity: (acc) => {
      const floor = Math.floor(acc * scale);
      const rest = acc * scale - floor;
      return floor + (rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? 1 : 0);
    },
    thresholds: (acc) => Math.sign(acc) * Math.floor(Math.sqrt(Math.abs(acc) * 16000 * scale)),
  };
  return staircaseOf((acc) => limit(value[rounding](acc)), lo, hi);
}

export interface LayerChoice {
  readonly outputType: IntegerType;
  readonly rounding: Rounding;
  /** Saturates inside the type's range, as a fused Clip does. */
  readonly clipped?: boolean;
}

/** A requantize layer for accumulators between `ranges`. */
function randomLayer(
  random: Random,
  ranges: readonly { lo: number; hi: number }[],
  { outputType, rounding, clipped }: LayerChoice,
): RequantizeLayer {
  const full = typeRange(outputType);
  const clamp = clipped ? { lo: full.lo + 20, hi: full.hi - 33 } : full;
  const zeroPoint = random.integer(clamp.lo, clamp.hi);
  const channels = ranges.map(({ lo, hi }) => randomStaircase(random, lo, hi, zeroPoint, clamp, rounding));
  return { channels, zeroPoint, clamp };
}

/** The weight of an output channel and tap; uniform unless given. */
export type WeightChoice = (output: number, tap: number) => number;

/** Weights and biases of `outputs` channels with `taps` taps each, and their requantization. */
function randomProduct(
  random: Random,
  outputs: number,
  taps: number,
  inputType: IntegerType,
  choice: LayerChoice,
  weight?: WeightChoice,
) {
  const codes = typeRange(inputType);
  const inputZeroPoint = random.integer(codes.lo, codes.hi);
  const uniform = () => random.integer(-128, 127);
  const weights = Int8Array.from({ length: outputs * taps }, (_, k) =>
    (weight ?? uniform)(Math.floor(k / taps), k % taps),
  );
  const bias = Int32Array.from({ length: outputs }, () => random.integer(-30000, 30000));
  const ranges = Array.from(bias, (value, o) => {
    let [lo, hi] = [value, value];
    for (const factor of weights.subarray(o * taps, (o + 1) * taps)) {
      const ends = [factor * (codes.lo - inputZeroPoint), factor * (codes.hi - inputZeroPoint)];
      lo += Math.min(...ends, 0);
      hi += Math.max(...ends, 0);
    }
    return { lo, hi };
  });
  return { inputZeroPoint, weights, bias, requantize: randomLayer(random, ranges, choice) };
}

export function addDense(
  builder: GraphBuilder,
  random: Random,
  input: IntegerTensor,
  outputs: number,
  choice: LayerChoice,
  weight?: WeightChoice,
): IntegerTensor {
  const inputs = input.shape.at(-1)!;
  const attributes: DenseAttributes = randomProduct(random, outputs, inputs, input.type, choice, weight);
  return builder.node("dense", [input], attributes, [...input.shape.slice(0, -1), outputs], choice.outputType);
}

export function addConv2d(
  builder: GraphBuilder,
  random: Random,
  input: IntegerTensor,
  outputs: number,
  window: Window,
  groups: number,
  choice: LayerChoice,
  weight?: WeightChoice,
): IntegerTensor {
  const [, height, width, channels] = input.shape as [number, number, number, number];
  const taps = (window.kernel[0] * window.kernel[1] * channels) / groups;
  const attributes: Conv2dAttributes = {
    ...window,
    groups,
    ...randomProduct(random, outputs, taps, input.type, choice, weight),
  };
  const shape = [1, ...windowShape(window, height, width, "conv2d"), outputs];
  return builder.node("conv2d", [input], attributes, shape, choice.outputType);
}

/** A window that fits an image, with asymmetric pads smaller than its span. */
export function randomWindow(random: Random, height: number, width: number, largest: number): Window {
  for (;;) {
    const kernel: [number, number] = [random.integer(1, largest), random.integer(1, largest)];
    const dilations: [number, number] = [random.pick([1, 1, 2]), random.pick([1, 1, 3])];
    const spans = kernel.map((size, axis) => (size - 1) * dilations[axis]! + 1);
    const pads = [0, 1, 2, 3].map((side) => random.integer(0, Math.min(2, spans[side % 2]! - 1))) as [
      number,
      number,
      number,
      number,
    ];
    const window = {
      kernel,
      strides: [random.integer(1, 3), random.integer(1, 2)] as [number, number],
      dilations,
      pads,
    };
    if (spans[0]! > height + pads[0] + pads[2] || spans[1]! > width + pads[1] + pads[3]) continue;
    if (!everyWindowMeetsTheImage(window, height, width)) continue;
    return window;
  }
}

function everyWindowMeetsTheImage(window: Window, height: number, width: number): boolean {
  const [rows, columns] = windowShape(window, height, width, "window");
  for (let pixel = 0; pixel < rows * columns; pixel++) {
    if (tapsInside(window, height, width, Math.floor(pixel / columns), pixel % columns).length === 0) return false;
  }
  return true;
}

export function addAveragePool2d(
  builder: GraphBuilder,
  random: Random,
  input: IntegerTensor,
  window: Window,
  includePad: boolean,
  choice: LayerChoice,
): IntegerTensor {
  const [, height, width, channels] = input.shape as [number, number, number, number];
  const [rows, columns] = windowShape(window, height, width, "average-pool2d");
  const { lo, hi } = typeRange(input.type);
  const full = typeRange(choice.outputType);
  const zeroPoint = random.integer(full.lo, full.hi);
  const counts = new Set<number>();
  for (let pixel = 0; pixel < rows * columns; pixel++) {
    const inside = tapsInside(window, height, width, Math.floor(pixel / columns), pixel % columns).length;
    counts.add(includePad || !isPadded(window) ? window.kernel[0] * window.kernel[1] : inside);
  }
  const byCount = [...counts]
    .sort((a, b) => a - b)
    .map((count) => {
      const staircase = randomStaircase(random, count * lo, count * hi, zeroPoint, full, choice.rounding);
      return { count, requantize: { channels: [staircase], zeroPoint, clamp: full } };
    });
  const attributes = { ...window, includePad, padValue: random.integer(lo, hi), byCount };
  return builder.node("average-pool2d", [input], attributes, [1, rows, columns, channels], choice.outputType);
}

export function addMaxPool2d(
  builder: GraphBuilder,
  input: IntegerTensor,
  window: Window,
  least = false,
): IntegerTensor {
  const [, height, width, channels] = input.shape as [number, number, number, number];
  return builder.node(
    "max-pool2d",
    [input],
    least ? { ...window, least } : window,
    [1, ...windowShape(window, height, width, "max-pool2d"), channels!],
    input.type,
  );
}
