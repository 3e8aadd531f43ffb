/**
 * ONNX operators in exact arithmetic, written from the operator specification (onnx.ai, Operators.md) on ONNX's own
 * layout and one element at a time. Shares no code with the compiler: the oracle of `--numerics exact`.
 */
import { compare, nearestEven, over, plus, type Real, real, times, toNumber, zero } from "./exact.js";
import type { Attribute, BuiltNode, DataType, ModelBuilder } from "./onnx.js";

interface Codes {
  readonly kind: "codes";
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly codes: readonly number[];
}

interface Reals {
  readonly kind: "reals";
  readonly dims: readonly number[];
  readonly reals: readonly Real[];
  /** The codes they are the values of, as long as operations only move or select them: what an output compares. */
  readonly source?: Pick<Codes, "codes" | "type">;
}

type Value = Codes | Reals;

const limits: Partial<Record<DataType, [number, number]>> = { int8: [-128, 127], uint8: [0, 255] };

const size = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);

/** Row-major index of `at` in `dims`. */
const flat = (dims: readonly number[], at: readonly number[]) =>
  at.reduce((index, i, axis) => index * dims[axis]! + i, 0);

/** Every index of `dims`, row-major. */
function* indices(dims: readonly number[]): Generator<number[]> {
  for (let k = 0; k < size(dims); k++) {
    const at = new Array<number>(dims.length);
    for (let axis = dims.length - 1, rest = k; axis >= 0; axis--) {
      at[axis] = rest % dims[axis]!;
      rest = Math.floor(rest / dims[axis]!);
    }
    yield at;
  }
}

const integer = (value: Attribute | undefined, fallback: number) => (typeof value === "number" ? value : fallback);
const list = (value: Attribute | undefined, fallback: readonly number[]) =>
  Array.isArray(value) ? (value as number[]) : fallback;

/** Channel of element `at` for scales along `axis`. */
function parameter(values: readonly number[], at: readonly number[], axis: number): number {
  return values.length === 1 ? values[0]! : values[at[axis]!]!;
}

/** One inference: codes of the graph outputs for the codes of the first input. */
export function evaluateOnnx(model: ModelBuilder, inputCodes: readonly number[]): Codes[] {
  const values = new Map<string, Value>();
  const input = model.inputs[0]!;
  const inputDims = input.dims.map((dim) => (typeof dim === "number" ? dim : 1));
  for (const [name, { type, dims, values: numbers }] of model.constants) {
    values.set(
      name,
      type === "float"
        ? { kind: "reals", dims, reals: numbers.map(real) }
        : { kind: "codes", type, dims, codes: numbers },
    );
  }
  const floats = (name: string) => model.constants.get(name)!.values;
  if (input.type !== "float")
    values.set(input.name, { kind: "codes", type: input.type, dims: inputDims, codes: inputCodes });
  else {
    // Real values that the first QuantizeLinear turns back into the given codes.
    const [, scale, zeroPoint = ""] = model.nodes.find(({ opType }) => opType === "QuantizeLinear")!.inputs;
    const zero = model.constants.get(zeroPoint)?.values[0] ?? 0;
    const reals = inputCodes.map((code) => times(real(floats(scale!)[0]!), real(code - zero)));
    values.set(input.name, { kind: "reals", dims: inputDims, reals });
  }
  for (const node of model.nodes) {
    const operands = node.inputs.map((name) => (name === "" ? undefined : values.get(name)));
    values.set(node.outputs[0]!, operation(node, operands, floats, model));
  }
  // A dequantized output stands for its codes.
  return model.outputs.map((name) => {
    const value = values.get(name)!;
    return value.kind === "codes" ? value : { kind: "codes", dims: value.dims, ...value.source! };
  });
}

function operation(
  node: BuiltNode,
  operands: readonly (Value | undefined)[],
  floats: (name: string) => readonly number[],
  model: ModelBuilder,
): Value {
  const { attributes, inputs, opType } = node;
  const reals = (index: number) => operands[index] as Reals;
  const zeroPoints = () => model.constants.get(inputs[2] ?? "");
  switch (opType) {
    case "DequantizeLinear": {
      const { dims, codes, type } = operands[0] as Codes;
      const [scales, zeros] = [floats(inputs[1]!), zeroPoints()?.values ?? [0]];
      const axis = (integer(attributes.axis, 1) + dims.length) % Math.max(dims.length, 1);
      const elements = [...indices(dims)].map((at, k) => {
        const zeroPoint = zeros.length === 1 ? zeros[0]! : parameter(zeros, at, axis);
        return times(real(parameter(scales, at, axis)), real(codes[k]! - zeroPoint));
      });
      return { kind: "reals", dims, reals: elements, source: { codes, type } };
    }
    case "QuantizeLinear": {
      const { dims, reals: elements } = reals(0);
      const type = zeroPoints()?.type ?? "uint8";
      const [lo, hi] = limits[type]!;
      const [scale, zeroPoint] = [real(floats(inputs[1]!)[0]!), zeroPoints()?.values[0] ?? 0];
      const codes = elements.map((element) => {
        const code = nearestEven(element, scale) + BigInt(zeroPoint);
        return Number(code < BigInt(lo) ? BigInt(lo) : code > BigInt(hi) ? BigInt(hi) : code);
      });
      return { kind: "codes", type, dims, codes };
    }
    case "Conv":
      return convolution(node, reals(0), reals(1), operands[2] as Reals | undefined);
    case "MaxPool":
      return select(operands[0]!, (x) => pool(node, x, (taps) => taps.reduce((a, b) => (compare(a, b) >= 0 ? a : b))));
    case "AveragePool":
      return pool(node, reals(0), (taps, window) => {
        const count = integer(attributes.count_include_pad, 0) ? window : taps.length;
        return over(taps.reduce(plus, zero), count);
      });
    case "GlobalAveragePool": {
      const { dims, reals: elements } = reals(0);
      const area = dims[2]! * dims[3]!;
      const means = Array.from({ length: dims[1]! }, (_, c) =>
        over(elements.slice(c * area, (c + 1) * area).reduce(plus, zero), area),
      );
      return { kind: "reals", dims: [1, dims[1]!, 1, 1], reals: means };
    }
    case "Gemm":
    case "MatMul": {
      const transposed = integer(attributes.transB, 0) !== 0;
      const [x, w] = [reals(0), reals(1)];
      const inner = x.dims.at(-1)!;
      const columns = w.dims[transposed ? 0 : 1]!;
      const dims = [...x.dims.slice(0, -1), columns];
      const product = [...indices([size(x.dims) / inner, columns])].map(([row, column]) => {
        let sum = zero;
        for (let k = 0; k < inner; k++) {
          const at = transposed ? column! * inner + k : k * columns + column!;
          sum = plus(sum, times(x.reals[row! * inner + k]!, w.reals[at]!));
        }
        return sum;
      });
      const result: Reals = { kind: "reals", dims, reals: product };
      return operands[2] ? addition(result, operands[2] as Reals) : result;
    }
    case "Add":
      return addition(reals(0), reals(1));
    case "Relu":
      return each(reals(0), (x) => (x.mantissa < 0n ? zero : x));
    case "Clip": {
      const bound = (index: number, name: string) => {
        const given = inputs[index]
          ? floats(inputs[index])[0]
          : (attributes[name] as { float: number } | undefined)?.float;
        return given === undefined ? undefined : real(Math.fround(given));
      };
      const [min, max] = [bound(1, "min"), bound(2, "max")];
      return each(reals(0), (x) => {
        const raised = min && compare(x, min) < 0 ? min : x;
        return max && compare(raised, max) > 0 ? max : raised;
      });
    }
    case "Softmax": {
      const { dims, reals: elements } = reals(0);
      const classes = dims.at(-1)!;
      const numbers = elements.map(toNumber);
      const result = numbers.map((x, k) => {
        const row = numbers.slice(k - (k % classes), k - (k % classes) + classes);
        return Math.exp(x) / row.reduce((sum, other) => sum + Math.exp(other), 0);
      });
      return { kind: "reals", dims, reals: result.map(real) };
    }
    case "Reshape":
    case "Flatten":
    case "Transpose":
      return rearrange(node, operands[0]!, model);
    default:
      throw new Error(`the reference has no ${opType}`);
  }
}

const each = ({ dims, reals }: Reals, f: (value: Real) => Real): Reals => ({
  kind: "reals",
  dims,
  reals: reals.map(f),
});

/** Runs a selection on codes as on reals: codes of one scale compare as their values do. */
function select(value: Value, f: (x: Reals) => Reals): Value {
  const onCodes = ({ codes }: { codes: readonly number[] }) =>
    f({ kind: "reals", dims: value.dims, reals: codes.map(real) });
  if (value.kind === "codes") {
    const { dims, reals } = onCodes(value);
    return { kind: "codes", type: value.type, dims, codes: reals.map(toNumber) };
  }
  const result = f(value);
  if (!value.source) return result;
  return { ...result, source: { type: value.source.type, codes: onCodes(value.source).reals.map(toNumber) } };
}

function addition(a: Reals, b: Reals): Reals {
  const rank = Math.max(a.dims.length, b.dims.length);
  const wide = (dims: readonly number[]) => [...new Array<number>(rank - dims.length).fill(1), ...dims];
  const [da, db] = [wide(a.dims), wide(b.dims)];
  const dims = da.map((dim, axis) => Math.max(dim, db[axis]!));
  const pick = (from: Reals, own: readonly number[], at: readonly number[]) =>
    from.reals[
      flat(
        own,
        at.map((i, axis) => (own[axis] === 1 ? 0 : i)),
      )
    ]!;
  return { kind: "reals", dims, reals: [...indices(dims)].map((at) => plus(pick(a, da, at), pick(b, db, at))) };
}

function rearrange({ opType, attributes, inputs }: BuiltNode, value: Value, model: ModelBuilder): Value {
  const { dims } = value;
  const total = size(dims);
  const put = (shape: readonly number[], order?: readonly number[]): Value => {
    const pick = <T>(elements: readonly T[]) => (order ? order.map((k) => elements[k]!) : elements);
    if (value.kind === "codes") return { ...value, dims: shape, codes: pick(value.codes) };
    const source = value.source && { type: value.source.type, codes: pick(value.source.codes) };
    return { kind: "reals", dims: shape, reals: pick(value.reals), ...(source && { source }) };
  };
  if (opType === "Flatten") {
    const axis = integer(attributes.axis, 1);
    const outer = size(dims.slice(0, axis < 0 ? axis + dims.length : axis));
    return put([outer, total / outer]);
  }
  if (opType === "Reshape") {
    const target = model.constants.get(inputs[1] ?? "")?.values ?? list(attributes.shape, []);
    const zeros = target.map((dim, axis) => (dim === 0 ? dims[axis]! : dim));
    const known = size(zeros.filter((dim) => dim !== -1));
    return put(zeros.map((dim) => (dim === -1 ? total / known : dim)));
  }
  const permutation = list(
    attributes.perm,
    dims.map((_, axis) => dims.length - 1 - axis),
  );
  const shape = permutation.map((axis) => dims[axis]!);
  const order = [...indices(shape)].map((at) => {
    const from = new Array<number>(dims.length);
    permutation.forEach((axis, i) => {
      from[axis] = at[i]!;
    });
    return flat(dims, from);
  });
  return put(shape, order);
}

interface Geometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begin: readonly number[];
  readonly outputs: readonly number[];
}

/** Pads and output sizes of the two spatial axes, as the specification of Conv and the pools gives them. */
function geometry({ attributes }: BuiltNode, spatial: readonly number[], weights: readonly number[]): Geometry {
  const kernel = list(attributes.kernel_shape, weights);
  const strides = list(attributes.strides, [1, 1]);
  const dilations = list(attributes.dilations, [1, 1]);
  const mode = (attributes.auto_pad as string | undefined) ?? "NOTSET";
  const pads = mode === "NOTSET" ? list(attributes.pads, [0, 0, 0, 0]) : [0, 0, 0, 0];
  const begin: number[] = [];
  const outputs: number[] = [];
  for (const axis of [0, 1]) {
    const effective = (kernel[axis]! - 1) * dilations[axis]! + 1;
    let [before, after] = [pads[axis]!, pads[axis + 2]!];
    if (mode.startsWith("SAME")) {
      const wanted = Math.ceil(spatial[axis]! / strides[axis]!);
      const missing = Math.max(0, (wanted - 1) * strides[axis]! + effective - spatial[axis]!);
      const half = Math.floor(missing / 2);
      [before, after] = mode === "SAME_UPPER" ? [half, missing - half] : [missing - half, half];
    }
    begin.push(before);
    outputs.push(Math.floor((spatial[axis]! + before + after - effective) / strides[axis]!) + 1);
  }
  return { kernel, strides, dilations, begin, outputs };
}

/** Kernel positions over output pixel (row, column) that lie inside the image. */
function inside(
  g: Geometry,
  spatial: readonly number[],
  row: number,
  column: number,
): { ky: number; kx: number; y: number; x: number }[] {
  const found: { ky: number; kx: number; y: number; x: number }[] = [];
  for (const [ky, kx] of indices(g.kernel)) {
    const y = row * g.strides[0]! + ky! * g.dilations[0]! - g.begin[0]!;
    const x = column * g.strides[1]! + kx! * g.dilations[1]! - g.begin[1]!;
    if (y >= 0 && x >= 0 && y < spatial[0]! && x < spatial[1]!) found.push({ ky: ky!, kx: kx!, y, x });
  }
  return found;
}

function pool(node: BuiltNode, { dims, reals }: Reals, reduce: (taps: Real[], window: number) => Real): Reals {
  const spatial = dims.slice(2);
  const g = geometry(node, spatial, []);
  const shape = [1, dims[1]!, ...g.outputs];
  const elements = [...indices(shape)].map(([, channel, row, column]) => {
    const taps = inside(g, spatial, row!, column!).map(({ y, x }) => reals[flat(dims, [0, channel!, y, x])]!);
    return reduce(taps, size(g.kernel));
  });
  return { kind: "reals", dims: shape, reals: elements };
}

function convolution(node: BuiltNode, x: Reals, w: Reals, bias: Reals | undefined): Reals {
  const spatial = x.dims.slice(2);
  const g = geometry(node, spatial, w.dims.slice(2));
  const groups = integer(node.attributes.group, 1);
  const [outputs, perGroup] = w.dims as [number, number];
  const shape = [1, outputs, ...g.outputs];
  const elements = [...indices(shape)].map(([, o, row, column]) => {
    let sum = bias ? bias.reals[o!]! : zero;
    const group = Math.floor(o! / (outputs / groups));
    for (const { ky, kx, y, x: column0 } of inside(g, spatial, row!, column!))
      for (let i = 0; i < perGroup; i++)
        sum = plus(
          sum,
          times(x.reals[flat(x.dims, [0, group * perGroup + i, y, column0])]!, w.reals[flat(w.dims, [o!, i, ky, kx])]!),
        );
    return sum;
  });
  return { kind: "reals", dims: shape, reals: elements };
}
