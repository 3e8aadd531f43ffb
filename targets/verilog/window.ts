/** Parameters of qc_window and how far its line buffer lets a stage run ahead. */
import type { Window } from "../../compiler/ops/conv2d/conv2d.types.js";
import type { Stage } from "./lowering.js";

/** A window over an image of height x width x channels. */
export interface WindowShape extends Window {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** Rows between the first and the last that a window touches, plus one. */
function windowRows({ kernel, dilations }: WindowShape): number {
  return (kernel[0] - 1) * dilations[0] + 1;
}

/** Row slots of the line buffer: the window, and the rows of the next step, which arrive while it is being computed. */
export function bufferRows(shape: WindowShape): number {
  const step = shape.outHeight === 1 ? 1 : shape.strides[0];
  return windowRows(shape) + step;
}

/** The geometry parameters of qc_window. A stride along an axis with one output position is never taken. */
export function windowParameters(shape: WindowShape): Record<string, number> {
  return {
    HEIGHT: shape.height,
    WIDTH: shape.width,
    OUT_HEIGHT: shape.outHeight,
    OUT_WIDTH: shape.outWidth,
    KERNEL_HEIGHT: shape.kernel[0],
    KERNEL_WIDTH: shape.kernel[1],
    STRIDE_Y: shape.strides[0],
    STRIDE_X: shape.strides[1],
    DILATION_Y: shape.dilations[0],
    DILATION_X: shape.dilations[1],
    PAD_TOP: shape.pads[0],
    PAD_LEFT: shape.pads[1],
    ROWS: bufferRows(shape),
  };
}

/**
 * Cycles the window walker needs for one inference with inputs at hand: `rowCycles` per output row, one to start each row,
 * one per dropped input row and one to turn to the next frame.
 */
export function windowRowCycles(shape: WindowShape, rowCycles: number): number {
  return shape.outHeight * (rowCycles + 1) + shape.height + 1;
}

/** When output elements can leave, in input elements: see `Stage.needs` and `Stage.taken`. */
export function windowFlow(shape: WindowShape, outChannels: number): Pick<Stage, "needs" | "taken"> {
  const rowElements = shape.width * shape.channels;
  const outRowElements = shape.outWidth * outChannels;
  const topOf = (index: number) => Math.floor(index / outRowElements) * shape.strides[0] - shape.pads[0];
  const clampRows = (rows: number) => Math.max(1, Math.min(shape.height, rows)) * rowElements;
  return {
    needs: (index) => clampRows(topOf(index) + windowRows(shape)),
    taken: (index) => clampRows(Math.max(0, topOf(index)) + bufferRows(shape)),
  };
}
