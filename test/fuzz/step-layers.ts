/** Layers as networks have them, on inputs of their own: the shapes that the fast kernels of a core are made for. */
import type { Attribute, DataType } from "../helpers/onnx.js";
import { amplitudeOf, count, type GraphState, type Value } from "./values.js";

interface Layer {
  /** Sizes of the input image: channels, height, width. */
  readonly image: readonly [number, number, number];
  readonly outputs: number;
  readonly groups: number;
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
}

type Choose = (choices: GraphState["choices"]) => Layer;

const depthwise: Choose = (c) => {
  const size = c.pick([3, 3, 3, 5, 7]);
  const channels = c.integer(size > 3 ? 1 : 4, size > 3 ? 5 : 9);
  const before = c.integer(0, (size - 1) / 2);
  const stride = c.pick([1, 2]);
  const strides = [stride, c.chance(0.3) ? c.pick([1, 2]) : stride] as const;
  // A few are so high that kernels which run along rows run down columns.
  const height = c.integer(size - 1, size + 3) + (c.chance(0.2) ? 5 : 0);
  const image = [channels, height, c.integer(size - 1, size + 4)] as const;
  const pads = [before, before, (size - 1) / 2, (size - 1) / 2] as const;
  return { image, outputs: channels, groups: channels, kernel: [size, size], strides, pads };
};

/** Depthwise with stride 2, higher than wide: columns may run where rows do. */
const towers: Choose = (c) => {
  const channels = c.integer(4, 9);
  const before = c.integer(0, 1);
  return {
    ...{ image: [channels, c.integer(9, 13), c.integer(4, 7)], outputs: channels, groups: channels },
    ...{ kernel: [3, 3], strides: [2, 2], pads: [before, before, 1, 1] },
  };
};

/** Even sizes at least 8 wide, and channels by fours or 16. */
const tiles: Choose = (c) => {
  const image = [c.pick([4, 8, 16]), 2 * c.pick([1, 2, 2]), 2 * c.integer(4, 6)] as const;
  const stride = c.pick([1, 1, 2]);
  return {
    ...{ image, outputs: 2 * c.pick([1, 2, 2]), groups: 1, kernel: [3, 3], strides: [stride, stride] },
    pads: c.pick([[1, 1, 1, 1] as const, [2, 0, 0, 2] as const]),
  };
};

const pointwise: Choose = (c) => {
  const [least, most] = c.pick([
    [1, 16],
    [1, 32],
    [17, 32],
    [33, 50],
  ] as const);
  const image = [c.integer(least, most), c.integer(1, 3), c.integer(1, 7)] as const;
  return {
    ...{ image, outputs: c.integer(1, 9), groups: 1, kernel: [1, 1] },
    ...{ strides: [1, c.pick([1, 2])], pads: [0, 0, 0, 0] },
  };
};

/** So many channels that sums leave some kernels no room in 32 bits. */
const deep: Choose = (c) => {
  const image = [c.integer(400, 440), 1, c.integer(1, 4)] as const;
  return { ...{ image, outputs: c.integer(2, 3), groups: 1, kernel: [1, 1] }, strides: [1, 1], pads: [0, 0, 0, 0] };
};

/** The first layer of networks for colours or for sound. */
const first: Choose = (c) => {
  const sound = c.chance(0.3);
  const image = sound
    ? ([1, c.integer(8, 14), c.integer(6, 9)] as const)
    : ([3, c.integer(4, 9), c.integer(4, 9)] as const);
  return {
    ...{ image, outputs: c.integer(2, 5), groups: 1, strides: [2, 2] },
    ...(sound ? { kernel: [10, 4], pads: [4, 1, 5, 1] } : { kernel: [3, 3], pads: [0, 0, 1, 1] }),
  };
};

const kinds = [depthwise, depthwise, towers, tiles, tiles, pointwise, pointwise, first, deep];

/** A convolution of int8 weights on a new graph input, in unsaturated 8-bit codes. */
export function layer(state: GraphState): void {
  const { builder, choices, random } = state;
  const { image, outputs, groups, kernel, strides, pads } = choices.pick(kinds)(choices);
  const size = [image[1], image[2]].map((length, axis) => {
    const padded = length + pads[axis]! + pads[2 + axis]!;
    return Math.floor((padded - kernel[axis]!) / strides[axis]!) + 1;
  });
  if (size.some((length) => length < 1)) return;
  const byte = (): DataType => choices.pick(["int8", "uint8"]);
  const affine = state.affine(1, byte());
  const dims = [1, ...image];
  const x: Value = { codes: builder.input(dims, affine.type, `x${builder.inputs.length}`), dims, affine };
  const shape = [outputs, image[0] / groups, ...kernel];
  const most = choices.pick([127, 60, 128]);
  const values = Array.from({ length: count(shape) }, () => random.integer(-most, Math.min(most, 127)));
  const scales = Array.from({ length: outputs }, () => Math.fround((0.5 + random.next()) / most));
  const codes = state.constant("int8", shape, values, "w");
  const zeros = state.constant("int8", [outputs], new Array<number>(outputs).fill(0), "wzp");
  const parts = [codes, state.constant("float", [outputs], scales, "ws"), zeros];
  const weights = builder.node("DequantizeLinear", parts, { axis: 0 });
  const attributes: Record<string, Attribute> = { group: groups, strides: [...strides], pads: [...pads] };
  const name = builder.node("Conv", [state.real(x), weights], attributes);
  const amplitude = amplitudeOf(x) * Math.sqrt(count(shape) / outputs) * choices.pick([0.5, 1, 0.2]);
  const result = state.affine(amplitude, byte());
  state.add({ codes: builder.quantize(name, result), dims: [1, outputs, ...size], affine: result });
}
