/** The axes of a padding as few as they can be. */
import type { Shape } from "../../ir/types.js";

/** One axis of the output: `before` padded elements, `inside` ones of the input, `after` padded ones. */
export interface PadAxis {
  readonly before: number;
  readonly inside: number;
  readonly after: number;
}

/** Axes of a padded tensor, outermost first; an axis without padding becomes part of the one around it. */
export function padAxes(shape: Shape, pads: readonly number[]): PadAxis[] {
  const merged: PadAxis[] = [];
  shape.forEach((size, axis) => {
    const own = { before: pads[axis]!, inside: size, after: pads[axis + shape.length]! };
    const outer = merged.at(-1);
    if (!outer || own.before + own.after > 0) merged.push(own);
    else
      merged[merged.length - 1] = {
        before: outer.before * size,
        inside: outer.inside * size,
        after: outer.after * size,
      };
  });
  return merged.filter(({ before, inside, after }, i) => before + inside + after > 1 || i === merged.length - 1);
}

/** Shape of a tensor with `pads` in front of each axis, then behind each. */
export function paddedShape(shape: Shape, pads: readonly number[]): Shape {
  return shape.map((dim, axis) => pads[axis]! + dim + pads[axis + shape.length]!);
}
