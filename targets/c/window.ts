/** The geometry literal of qc_window.h. */
import type { IntegerTensor } from "../../compiler/ir/index.js";
import type { Window } from "../../compiler/ops/conv2d/conv2d.types.js";
import { initialiser } from "./tensors.js";

/** Statement that declares `window`. */
export function windowStatement(
  window: Window,
  input: IntegerTensor,
  output: IntegerTensor,
  groups: number,
  padValue: number,
): string {
  const image = ({ shape }: IntegerTensor) => shape.slice(1);
  const { kernel, strides, dilations, pads } = window;
  const values = [...image(input), ...image(output), ...kernel, ...strides, ...dilations, pads[0], pads[1], groups];
  return `static const qc_window window = ${initialiser([...values, `${padValue & 255}u`])};`;
}
