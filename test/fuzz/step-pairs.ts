/** Operations of two or more activations. */
import { followed } from "./step-functions.js";
import { amplitudeOf, count, type GraphState, isByte, type Value } from "./values.js";

const microsoft = { domain: "com.microsoft" };

/** Another value of these dimensions, one that repeats to them, or a constant. */
function second(state: GraphState, x: Value): Value {
  const { builder, choices, random } = state;
  const kind = choices.pick(["same", "same", "same", "repeated", "constant"] as const);
  if (kind === "same") return state.operand(({ dims }) => dims.join() === x.dims.join()) ?? x;
  if (kind === "repeated") {
    const rank = x.dims.length;
    const fits = ({ dims }: Value) => {
      const padded = [...new Array<number>(Math.max(0, rank - dims.length)).fill(1), ...dims];
      const long = padded.map((dim, axis) => (dim === x.dims[axis] ? "long" : dim === 1 ? "one" : "bad"));
      return dims.length <= rank && !long.includes("bad") && count(dims) < count(x.dims);
    };
    const found = state.operand(fits);
    if (found) return found;
  }
  const shapes = [[1], [...x.dims], x.dims.map((dim, axis) => (axis === 1 ? dim : 1))];
  const dims = choices.pick(shapes);
  const affine = state.affine(amplitudeOf(x));
  const { type } = affine;
  const ends = type.startsWith("u") ? [0, 255] : [-128, 127];
  const values = Array.from({ length: count(dims) }, () => random.integer(ends[0]!, ends[1]!));
  const codes = state.constant(type, dims, values, "operand");
  return { codes, real: builder.dequantize(codes, affine), dims, affine };
}

export function pair(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand();
  if (!x) return;
  const y = second(state, x);
  const kind = choices.pick(["Add", "Add", "Mul", "Sub", "Max", "Min"] as const);
  const [a, b] = choices.chance(0.2) ? [y, x] : [x, y];
  const amplitude = kind === "Mul" ? amplitudeOf(a) * amplitudeOf(b) * 0.5 : Math.max(amplitudeOf(a), amplitudeOf(b));
  if ((kind === "Add" || kind === "Mul") && isByte(x) && isByte(y) && choices.chance(0.25)) {
    const affine = state.affine(amplitude, x.affine.type);
    const operands = [a, b].flatMap((value) => [state.codes(value), ...state.parameters(value.affine)]);
    const codes = builder.node(`QLinear${kind}`, [...operands, ...state.parameters(affine)], {}, microsoft);
    state.add({ codes, dims: x.dims, affine });
    return;
  }
  followed(
    state,
    { name: builder.node(kind, [state.real(a), state.real(b)]), dims: x.dims, amplitude },
    kind === "Add" || kind === "Mul" ? "functions" : "bounds",
  );
}

/** Three operands of one shape; sums want one scale. */
export function several(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand();
  if (!x) return;
  const kind = choices.pick(["Max", "Min", "Sum", "Mean"]);
  const sums = kind === "Sum" || kind === "Mean";
  const alike = ({ dims }: Value) => dims.join() === x.dims.join();
  const y = state.operand((value) => alike(value) && (!sums || value.affine.scale === x.affine.scale)) ?? x;
  const shifted = { ...x.affine, zeroPoint: state.zeroPoint(x.affine.type) };
  const z = builder.dequantize(builder.quantize(builder.node("Neg", [state.real(x)]), shifted), shifted);
  const name = builder.node(kind, [state.real(x), state.real(y), z]);
  followed(
    state,
    { name, dims: x.dims, amplitude: amplitudeOf(x) * (kind === "Sum" ? 2 : 1) },
    sums ? "functions" : "bounds",
  );
}

export function concat(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand();
  if (!x) return;
  const axis = choices.chance(0.6) ? Math.min(1, x.dims.length - 1) : choices.integer(0, x.dims.length - 1);
  const fits = ({ dims }: Value) =>
    dims.length === x.dims.length && dims.every((dim, i) => i === axis || dim === x.dims[i]);
  const inputs = [x];
  for (let more = choices.integer(1, 2); more > 0; more--) inputs.push(state.operand(fits) ?? x);
  const dims = x.dims.map((dim, i) => (i === axis ? inputs.reduce((sum, value) => sum + value.dims[i]!, 0) : dim));
  if (count(dims) > 400) return;
  const given = choices.chance(0.3) ? axis - dims.length : axis;
  const amplitude = Math.max(...inputs.map(amplitudeOf));
  const same = inputs.every(({ affine }) => JSON.stringify(affine) === JSON.stringify(x.affine));
  if (inputs.every(isByte) && choices.chance(0.25)) {
    const affine = state.affine(amplitude, x.affine.type);
    const operands = inputs.flatMap((value) => [state.codes(value), ...state.parameters(value.affine)]);
    const codes = builder.node("QLinearConcat", [...state.parameters(affine), ...operands], { axis: given }, microsoft);
    state.add({ codes, dims, affine });
    return;
  }
  if (same && choices.chance(0.4)) {
    state.add({
      codes: builder.node(
        "Concat",
        inputs.map((value) => state.codes(value)),
        { axis: given },
      ),
      dims,
      affine: x.affine,
    });
    return;
  }
  const name = builder.node(
    "Concat",
    inputs.map((value) => state.real(value)),
    { axis: given },
  );
  if (same && choices.chance(0.5)) state.add({ real: name, dims, affine: x.affine });
  else followed(state, { name, dims, amplitude }, "bounds");
}
