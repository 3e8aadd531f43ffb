/** Real functions of one value, and what follows an operation before its result is quantized. */
import type { Attribute } from "../helpers/onnx.js";
import { compared, truncated } from "./step-comparisons.js";
import { amplitudeOf, type GraphState, isByte, type Pending, rangeOf, type Value } from "./values.js";

interface RealFunction {
  readonly opType: string;
  readonly attributes?: Record<string, Attribute>;
  readonly domain?: string;
  /** Magnitude of the results, where it is not that of the operand. */
  readonly amplitude?: number;
  /** Never decreasing: it may follow a sum. */
  readonly monotone?: boolean;
  /** Only of values that are not negative. */
  readonly positive?: boolean;
}

const microsoft = "com.microsoft";

const functions: readonly RealFunction[] = [
  { opType: "Abs" },
  { opType: "Sigmoid", amplitude: 1, monotone: true },
  { opType: "Tanh", amplitude: 1, monotone: true },
  { opType: "LeakyRelu", attributes: { alpha: { float: 0.1 } }, monotone: true },
  { opType: "HardSwish" },
  { opType: "HardSigmoid", amplitude: 1, monotone: true },
  { opType: "Elu", monotone: true },
  { opType: "Celu", attributes: { alpha: { float: 0.7 } }, monotone: true },
  { opType: "Selu", monotone: true },
  { opType: "Neg" },
  { opType: "Ceil", monotone: true },
  { opType: "Floor", monotone: true },
  { opType: "Round", monotone: true },
  { opType: "Sign", amplitude: 1, monotone: true },
  { opType: "Erf", amplitude: 1, monotone: true },
  { opType: "Exp", amplitude: 20, monotone: true },
  { opType: "Gelu" },
  { opType: "Gelu", attributes: { approximate: "tanh" } },
  { opType: "FastGelu", domain: microsoft },
  { opType: "QuickGelu", domain: microsoft },
  { opType: "Mish" },
  { opType: "Reciprocal", amplitude: 5 },
  { opType: "Softplus", monotone: true },
  { opType: "Softsign", amplitude: 1, monotone: true },
  { opType: "Swish" },
  { opType: "ThresholdedRelu", attributes: { alpha: { float: 0.5 } }, monotone: true },
  { opType: "Sqrt", amplitude: 3, positive: true },
  { opType: "Log", amplitude: 4, positive: true },
];

function apply(state: GraphState, { opType, attributes = {}, domain = "" }: RealFunction, x: string): string {
  return state.builder.node(opType, [x], attributes, { domain });
}

/** Bounds in the spellings of ONNX. */
function clip(state: GraphState, x: string, amplitude: number): string {
  const { builder, choices } = state;
  if (choices.chance(0.5)) return builder.node("Relu", [x]);
  const [lo, hi] = choices.pick([
    [0, 6],
    [-1, 1],
    [0, amplitude / 2],
    [-amplitude / 3, amplitude],
  ]);
  const bound = (value: number) => state.constant("float", [], [value], "bound");
  return builder.node("Clip", [x, choices.chance(0.1) ? "" : bound(lo!), bound(hi!)]);
}

/** Normalization of axis 1; a negative scale turns the order around. */
function normalized(state: GraphState, x: string, channels: number, amplitude: number): string {
  const { random } = state;
  const constants = (value: () => number) =>
    state.constant("float", [channels], Array.from({ length: channels }, value), "bn");
  const inputs = [
    constants(() => 0.3 + random.next() * (random.next() < 0.15 ? -1 : 1)),
    constants(() => (random.next() - 0.5) * amplitude),
    constants(() => (random.next() - 0.5) * amplitude),
    constants(() => 0.2 + random.next()),
  ];
  return state.builder.node("BatchNormalization", [x, ...inputs], { epsilon: { float: 0.001 } });
}

/** What may stand behind an operation: bounds, also functions that never decrease, also a normalization of axis 1. */
export type Followers = "bounds" | "functions" | "normalization";

/** Quantizes a result, sometimes behind other operations. */
export function followed(state: GraphState, pending: Pending, followers: Followers): void {
  const { choices } = state;
  let { name, amplitude } = pending;
  const channels = pending.dims[1];
  if (followers === "normalization" && channels !== undefined && choices.chance(0.12))
    name = normalized(state, name, channels, amplitude);
  if (choices.chance(0.35)) name = clip(state, name, amplitude);
  if (followers !== "bounds" && choices.chance(0.1)) {
    const chosen = choices.pick(functions.filter(({ monotone }) => monotone));
    name = apply(state, chosen, name);
    amplitude = chosen.amplitude ?? amplitude;
  }
  const last = { ...pending, name, amplitude };
  if (followers !== "bounds" && choices.chance(0.06))
    state.finish(choices.chance(0.7) ? compared(state, last) : truncated(state, last));
  else state.finish(last);
}

/** Whether no code of the value is negative. */
const nonNegative = ({ affine: { zeroPoint, type } }: Value) => zeroPoint === rangeOf(type).lo;

export function realFunction(state: GraphState): void {
  const { choices } = state;
  const x = state.operand();
  if (!x) return;
  const chosen = choices.pick(functions.filter(({ positive }) => !positive || nonNegative(x)));
  let name = apply(state, chosen, state.real(x));
  // A product of a value with a function of itself, as in Swish.
  if (choices.chance(0.2)) name = state.builder.node("Mul", [state.real(x), name]);
  state.finish({ name, dims: x.dims, amplitude: chosen.amplitude ?? amplitudeOf(x) });
}

const qlinear = [
  { opType: "QLinearSigmoid", attributes: {}, amplitude: 1 },
  { opType: "QLinearLeakyRelu", attributes: { alpha: { float: 0.2 } }, amplitude: undefined },
] as const;

export function qlinearFunction(state: GraphState): void {
  const x = state.operand(isByte);
  if (!x) return;
  const { opType, attributes, amplitude } = state.choices.pick(qlinear);
  const affine = state.affine(amplitude ?? amplitudeOf(x), x.affine.type);
  const inputs = [state.codes(x), ...state.parameters(x.affine), ...state.parameters(affine)];
  state.add({ codes: state.builder.node(opType, inputs, attributes, { domain: microsoft }), dims: x.dims, affine });
}

/** Arithmetic with constants: one number, or one per channel. */
export function arithmetic(state: GraphState): void {
  const { builder, choices, random } = state;
  const x = state.operand();
  if (!x) return;
  const kind = choices.pick(["Mul", "Add", "Sub", "Div", "Max", "Min", "PRelu", "Pow"] as const);
  const amplitude = amplitudeOf(x);
  const [channels, spatial] = [x.dims[1], x.dims.slice(2).map(() => 1)];
  const perChannel = channels !== undefined && kind !== "Pow" && choices.chance(0.3);
  const number = () => {
    if (kind === "Mul" || kind === "Div" || kind === "PRelu") return 0.25 + random.next();
    return kind === "Pow" ? choices.pick([2, 3]) : (random.next() - 0.5) * amplitude;
  };
  const values = perChannel ? Array.from({ length: channels! }, number) : [number()];
  const constant = state.constant("float", perChannel ? [channels!, ...spatial] : [], values, "operand");
  const swapped = (kind === "Add" || kind === "Sub" || kind === "Mul") && choices.chance(0.2);
  const inputs = swapped ? [constant, state.real(x)] : [state.real(x), constant];
  const name = builder.node(kind, inputs);
  const power = kind === "Pow" ? Math.min(amplitude ** values[0]!, 1e6) : amplitude;
  followed(state, { name, dims: x.dims, amplitude: power }, "functions");
}

export function softmax(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand(({ dims }) => dims.at(-1)! <= 255);
  if (!x) return;
  const unit: Value["affine"] = choices.pick([
    { scale: 1 / 256, zeroPoint: -128, type: "int8" },
    { scale: 1 / 256, zeroPoint: 0, type: "uint8" },
  ]);
  if (isByte(x) && choices.chance(0.3)) {
    const affine =
      x.affine.type === unit.type
        ? unit
        : { scale: 1 / 256, zeroPoint: rangeOf(x.affine.type).lo, type: x.affine.type };
    const inputs = [state.codes(x), ...state.parameters(x.affine), ...state.parameters(affine)];
    const codes = builder.node("QLinearSoftmax", inputs, { axis: -1, opset: 13 }, { domain: microsoft });
    state.add({ codes, dims: x.dims, affine });
    return;
  }
  const axis = choices.chance(0.5) ? -1 : x.dims.length - 1;
  if (choices.chance(0.25)) {
    const amplitude = 2 * amplitudeOf(x) + 1;
    state.finish({ name: builder.node("LogSoftmax", [state.real(x)], { axis }), dims: x.dims, amplitude });
    return;
  }
  const name = builder.node("Softmax", [state.real(x)], { axis });
  if (choices.chance(0.2)) state.finish({ name, dims: x.dims, amplitude: 1 });
  else state.add({ codes: builder.quantize(name, unit), dims: x.dims, affine: unit });
}

/** Quantization with other parameters, or bounds on a quantized tensor. */
export function requantize(state: GraphState): void {
  const x = state.operand();
  if (!x) return;
  const name = state.choices.chance(0.5) ? clip(state, state.real(x), amplitudeOf(x)) : state.real(x);
  if (name === x.real && state.choices.chance(0.7)) return;
  state.finish({ name, dims: x.dims, amplitude: amplitudeOf(x) });
}
