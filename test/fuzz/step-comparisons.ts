/** Comparisons with constants and what is made of their truth, and roundings by Cast. */
import { dataType } from "../helpers/onnx.js";
import { amplitudeOf, type GraphState, isByte, type Pending, type Value } from "./values.js";

/** A number near the values, or one per channel. */
function limit(state: GraphState, { dims, amplitude }: Pending): string {
  const { choices, random } = state;
  const perChannel = dims[1] !== undefined && choices.chance(0.25);
  const shape = perChannel ? [dims[1]!, ...dims.slice(2).map(() => 1)] : [];
  const values = Array.from({ length: perChannel ? dims[1]! : 1 }, () => (random.next() - 0.5) * amplitude);
  return state.constant("float", shape, values, "limit");
}

/** Whether the values exceed a limit: as 0 and 1, or as a choice between two numbers. */
export function compared(state: GraphState, pending: Pending): Pending {
  const { builder, choices } = state;
  const comparison = choices.pick(["Greater", "GreaterOrEqual", "Less", "LessOrEqual"]);
  let name = builder.node(comparison, [pending.name, limit(state, pending)]);
  if (choices.chance(0.3)) name = builder.node("Not", [name]);
  if (choices.chance(0.5))
    return { ...pending, name: builder.node("Cast", [name], { to: dataType.float }), amplitude: 1 };
  const number = () => state.constant("float", [], [choices.real(-2, 2)], "choice");
  return { ...pending, name: builder.node("Where", [name, number(), number()]), amplitude: 2 };
}

/** How two tensors of one shape compare, and sometimes whether that or another comparison holds, as 0 and 1. */
export function compareTensors(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand();
  if (!x) return;
  const y = state.operand(({ dims }) => dims.join() === x.dims.join()) ?? x;
  const [a, b] = [state.real(x), state.real(y)];
  const comparisons = ["Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal"] as const;
  let name = builder.node(choices.pick(comparisons), [a, b]);
  if (choices.chance(0.4)) {
    const zero = state.constant("float", [], [0], "limit");
    name = builder.node(choices.pick(["And", "Or", "Xor"]), [name, builder.node("Less", [b, zero])]);
  }
  const real = builder.node("Cast", [name], { to: dataType.float });
  state.finish({ name: real, dims: x.dims, amplitude: 1 });
}

/** The values without their fractions. */
export function truncated(state: GraphState, pending: Pending): Pending {
  const { builder } = state;
  const whole = builder.node("Cast", [pending.name], { to: dataType.int32 });
  return { ...pending, name: builder.node("Cast", [whole], { to: dataType.float }) };
}

/** One of two tensors, or a tensor and a number, by whether a third exceeds a limit. */
export function choose(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand();
  if (!x) return;
  const alike = ({ dims }: Value) => dims.join() === x.dims.join();
  const other = state.operand(alike) ?? x;
  const decider = state.operand(alike) ?? x;
  const zero = state.constant("float", [], [choices.real(-0.3, 0.3) * amplitudeOf(decider)], "limit");
  const condition = builder.node("Greater", [state.real(decider), zero]);
  if ([x, other].every(isByte) && x.affine.type === other.affine.type && choices.chance(0.25)) {
    const affine = state.affine(amplitudeOf(x), x.affine.type);
    const operands = [x, other].flatMap((value) => [state.codes(value), ...state.parameters(value.affine)]);
    const codes = builder.node(
      "QLinearWhere",
      [condition, ...operands, ...state.parameters(affine)],
      {},
      { domain: "com.microsoft" },
    );
    state.add({ codes, dims: x.dims, affine });
    return;
  }
  const number = choices.chance(0.3);
  const second = number ? state.constant("float", [], [choices.pick([0, -1e9, 1.5])], "choice") : state.real(other);
  const operands = choices.chance(0.5) ? [state.real(x), second] : [second, state.real(x)];
  const amplitude = Math.max(amplitudeOf(x), amplitudeOf(other));
  state.finish({ name: builder.node("Where", [condition, ...operands]), dims: x.dims, amplitude });
}

export function comparison(state: GraphState): void {
  const x = state.operand();
  if (!x) return;
  const pending = { name: state.real(x), dims: x.dims, amplitude: amplitudeOf(x) };
  state.finish(state.choices.chance(0.7) ? compared(state, pending) : truncated(state, pending));
}
