/** Operations that make images larger by computing between their elements. */
import { followed } from "./step-functions.js";
import { amplitudeOf, count, type GraphState, mostElements } from "./values.js";
import { bias, weights } from "./weights.js";
import { type Plane, planeOf } from "./window.js";

export function convTranspose(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand((value) => planeOf(value) !== undefined);
  if (!x) return;
  const { channels, size } = planeOf(x) as Plane;
  const group = choices.pick([1, 1, 1, channels % 2 === 0 ? 2 : 1, channels]);
  const perGroup = choices.integer(1, 3);
  const axes = size.map((length) => {
    const [kernel, stride] = [choices.integer(1, 4), choices.pick([1, 2, 2, 3])];
    const dilation = choices.chance(0.15) ? 2 : 1;
    const after = choices.chance(0.3) ? choices.integer(0, stride - 1) : 0;
    const full = (length - 1) * stride + (kernel - 1) * dilation + 1 + after;
    const pad = (most: number) => (choices.chance(0.4) ? choices.integer(0, Math.max(0, Math.min(kernel, most))) : 0);
    const first = pad(full - 1);
    const last = pad(full - 1 - first);
    return { kernel, stride, dilation, after, pads: [first, last] as const, result: full - first - last };
  });
  const dims = [1, group * perGroup, ...axes.map(({ result }) => result)];
  if (count(dims) > mostElements) return;
  const kernel = axes.map((axis) => axis.kernel);
  const w = weights(state, [channels, perGroup, ...kernel], 1);
  const attributes = {
    kernel_shape: kernel,
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    pads: [0, 1].flatMap((side) => axes.map(({ pads }) => pads[side]!)),
    output_padding: axes.map(({ after }) => after),
    group,
  };
  // Scales of weights are those of one group's outputs, which all groups share.
  const scales = w.scales.length === 1 ? w.scales : Array.from({ length: group }, () => w.scales).flat();
  const inputs = [state.real(x), w.real, ...bias(state, x.affine, { ...w, scales }, group * perGroup)];
  const taps = (channels / group) * count(axes.map(({ kernel: k, stride }) => Math.ceil(k / stride)));
  const amplitude = amplitudeOf(x) * w.amplitude * Math.sqrt(taps) * 0.5;
  followed(state, { name: builder.node("ConvTranspose", inputs, attributes), dims, amplitude }, "normalization");
}

/** Resize by linear interpolation, to larger and to smaller sizes. */
export function interpolate(state: GraphState): void {
  const { builder, choices } = state;
  const x = state.operand((value) => planeOf(value) !== undefined);
  if (!x) return;
  const { size } = planeOf(x) as Plane;
  const mode = choices.pick(["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]);
  const attributes = { mode: "linear", coordinate_transformation_mode: mode };
  const whole = choices.chance(0.6);
  const factors = size.map(() => choices.pick([1, 2, 2, 3, 4]));
  const sizes = size.map((length, axis) => (whole ? length * factors[axis]! : choices.integer(1, 2 * length + 1)));
  const dims = [...x.dims.slice(0, 2), ...sizes];
  if (count(dims) > mostElements) return;
  const scales = () => state.constant("float", [dims.length], [1, 1, ...factors], "scales");
  const inputs = [state.real(x), "", ...(whole && choices.chance(0.5) ? [scales()] : ["", state.shape(dims)])];
  followed(state, { name: builder.node("Resize", inputs, attributes), dims, amplitude: amplitudeOf(x) }, "bounds");
}
