/** Hand-made IntegerGraphs for the hardware tests, from a seeded generator. */
import { type RequantizeLayer, type Staircase, staircaseOf } from "../../compiler/arith/index.js";
import {
  bytesPerElement,
  elementCount,
  type IntegerGraph,
  type IntegerNode,
  type IntegerTensor,
  type IntegerType,
  int8,
  type Range,
  type Shape,
  typeRange,
} from "../../compiler/ir/index.js";

/** A small deterministic generator of integers (mulberry32). */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed >>> 0;
  }
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  integer(lo: number, hi: number): number {
    return lo + Math.floor(this.next() * (hi - lo + 1));
  }
  codes(count: number, { lo, hi }: Range): Int32Array {
    return Int32Array.from({ length: count }, () => this.integer(lo, hi));
  }
}

/** Rounding rules of the staircases under test: each needs another form of the requantizer. */
export type Rounding = "up" | "double" | "even" | "curve";

const rounding: Record<Rounding, (acc: number, scale: number) => number> = {
  up: (acc, scale) => Math.floor(acc * scale + 0.5),
  /** TFLite: the doubling high product is rounded, then its shift, away from zero. */
  double: (acc, scale) => {
    const exponent = Math.max(1, -Math.floor(Math.log2(scale)) - 1);
    const high = Math.floor(acc * scale * 2 ** exponent + 0.5);
    return Math.sign(high) * Math.floor(Math.abs(high) / 2 ** exponent + 0.5);
  },
  even: (acc, scale) => {
    const floor = Math.floor(acc * scale);
    const rest = acc * scale - floor;
    return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  },
  /** No line comes near it: only the threshold form can compute it. */
  curve: (acc, scale) => Math.round(Math.cbrt(acc * scale) * 20),
};

/** The staircase of clamp(round(acc * scale) + zeroPoint) over [lo, hi]. */
export function scaledStaircase(
  lo: number,
  hi: number,
  scale: number,
  zeroPoint: number,
  clamp: Range,
  rule: Rounding,
): Staircase {
  const value = (acc: number) => Math.min(clamp.hi, Math.max(clamp.lo, rounding[rule](acc, scale) + zeroPoint));
  return staircaseOf(value, lo, hi, (code) => (code - zeroPoint) / scale);
}

/** Codes between the ends of a type and zero points. */
function margin({ bits }: IntegerType): number {
  return Math.floor(2 ** bits / 12);
}

/** A requantize layer whose accumulators spread over the whole output range. */
export function requantizeLayer(
  random: Random,
  intervals: readonly Range[],
  type: IntegerType = int8,
  rule: Rounding = "up",
  zeroPoint = random.integer(typeRange(type).lo + margin(type), typeRange(type).hi - margin(type)),
): RequantizeLayer {
  const clamp = typeRange(type);
  const codes = clamp.hi - clamp.lo + 1;
  const channels = intervals.map(({ lo, hi }) => {
    const span = Math.max(1, hi - lo);
    const even = 2 ** -Math.max(1, Math.round(Math.log2(span / (1.6 * codes))));
    const scale = rule === "even" || rule === "curve" ? even : (random.next() + 0.5) * ((2.4 * codes) / span);
    return scaledStaircase(lo, hi, scale, zeroPoint, clamp, rule);
  });
  return { channels, zeroPoint, clamp };
}

/** Builds graphs tensor by tensor. */
export class GraphBuilder {
  readonly tensors: IntegerTensor[] = [];
  readonly nodes: IntegerNode[] = [];

  tensor(shape: Shape, type: IntegerType = int8): IntegerTensor {
    const id = this.tensors.length;
    const tensor = { id, name: `tensor_${id}`, shape, type, ranges: [typeRange(type)] };
    this.tensors.push(tensor);
    return tensor;
  }

  node(
    op: string,
    inputs: readonly IntegerTensor[],
    shape: Shape,
    attributes: unknown,
    type: IntegerType = int8,
  ): IntegerTensor {
    const output = this.tensor(shape, type);
    this.nodes.push({ op, name: `${op}_${this.nodes.length}`, inputs, output, attributes });
    return output;
  }

  graph(
    name: string,
    inputs: IntegerTensor | readonly IntegerTensor[],
    outputs: IntegerTensor | readonly IntegerTensor[],
  ): IntegerGraph {
    const { tensors, nodes } = this;
    return { name, numerics: "exact", inputs: [inputs].flat(), outputs: [outputs].flat(), tensors, nodes };
  }
}

/** Elements as stream bytes, little-endian. */
export function toBytes(codes: ArrayLike<number>, { type } = { type: int8 }): Uint8Array {
  const size = bytesPerElement(type);
  return Uint8Array.from({ length: codes.length * size }, (_, i) => codes[Math.floor(i / size)]! >> (8 * (i % size)));
}

/** Random inputs of a tensor, with the extreme codes among them. */
export function randomInput(random: Random, tensor: IntegerTensor): Int32Array {
  const range = typeRange(tensor.type);
  const codes = random.codes(elementCount(tensor.shape), range);
  codes[0] = range.lo;
  codes[codes.length - 1] = range.hi;
  return codes;
}
