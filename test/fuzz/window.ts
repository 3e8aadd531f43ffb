/** Images and signals, and windows on them. */
import type { Attribute } from "../helpers/onnx.js";
import type { GraphState, Value } from "./values.js";

export interface Plane {
  readonly channels: number;
  /** One or two spatial sizes. */
  readonly size: readonly number[];
}

/** The value as an image [1, C, H, W] or a signal [1, C, L]. */
export function planeOf({ dims }: Value): Plane | undefined {
  return dims[0] === 1 && (dims.length === 3 || dims.length === 4)
    ? { channels: dims[1]!, size: dims.slice(2) }
    : undefined;
}

interface Chosen {
  readonly kernel: readonly number[];
  readonly attributes: Record<string, Attribute>;
  readonly result: readonly number[];
}

/** A random window on these spatial sizes; `pool` windows are at least 2 wide, have pads below the kernel and may use ceil_mode. */
export function window(
  state: GraphState,
  size: readonly number[],
  given: { dilations?: boolean; pool?: boolean },
): Chosen {
  const { choices } = state;
  const same = choices.chance(0.25) ? choices.pick(["SAME_UPPER", "SAME_LOWER"]) : undefined;
  const axes = size.map((length) => {
    const kernel = Math.min(choices.integer(given.pool ? 2 : 1, 4), length + (given.pool ? 0 : 1));
    const stride = choices.pick([1, 1, 2, 3]);
    const dilation = given.dilations && choices.chance(0.15) ? 2 : 1;
    const span = (kernel - 1) * dilation + 1;
    const least = Math.max(0, span - length);
    const most = Math.max(0, kernel - 1);
    const pad = () => (least > 0 || choices.chance(0.4) ? choices.integer(Math.min(least, most), most) : 0);
    const [before, after] = [pad(), pad()];
    return { length, kernel, stride, dilation, span, before, after };
  });
  const fits = axes.every(({ length, before, after, span }) => length + before + after >= span);
  const ceil = given.pool === true && !same && choices.chance(0.2);
  const results = axes.map(({ length, stride, span, before, after }) => {
    if (same) return Math.ceil(length / stride);
    const all = length + (fits ? before + after : 2 * span) - span;
    const outputs = (ceil ? Math.ceil(all / stride) : Math.floor(all / stride)) + 1;
    // With ceil_mode no window begins behind the padded input.
    return ceil && (outputs - 1) * stride >= length + before ? outputs - 1 : outputs;
  });
  const pads = [
    ...axes.map(({ before, span }) => (fits ? before : span)),
    ...axes.map(({ after, span }) => (fits ? after : span)),
  ];
  const attributes: Record<string, Attribute> = {
    kernel_shape: axes.map(({ kernel }) => kernel),
    strides: axes.map(({ stride }) => stride),
    ...(axes.some(({ dilation }) => dilation > 1) ? { dilations: axes.map(({ dilation }) => dilation) } : {}),
    ...(same ? { auto_pad: same } : pads.some((pad) => pad > 0) ? { pads } : {}),
    ...(ceil ? { ceil_mode: 1 } : {}),
  };
  return { kernel: axes.map(({ kernel }) => kernel), attributes, result: results };
}
