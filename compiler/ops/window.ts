/** Sliding windows: shapes, and the taps that lie inside the image. */
import { fail } from "../diagnostics.js";
import type { Window } from "./conv2d/conv2d.types.js";

/** Output height and width: floor((size + pads - span) / stride) + 1 per axis. Throws QC2005 when empty. */
export function windowShape(window: Window, height: number, width: number, where: string): [number, number] {
  const outputs = [height, width].map((size, axis) => {
    const span = (window.kernel[axis]! - 1) * window.dilations[axis]! + 1;
    return Math.floor((size + window.pads[axis]! + window.pads[axis + 2]! - span) / window.strides[axis]!) + 1;
  });
  if (outputs[0]! < 1 || outputs[1]! < 1) {
    fail("QC2005", `the kernel [${window.kernel}] does not fit the padded input of ${height} x ${width}.`, where);
  }
  return [outputs[0]!, outputs[1]!];
}

/** Whether some output lies over padding alone, so that a pool has nothing to work on. */
export function hasEmptyWindow(window: Window, height: number, width: number, where: string): boolean {
  const outputs = windowShape(window, height, width, where);
  return [height, width].some((size, axis) =>
    Array.from({ length: outputs[axis]! }, (_, index) => index * window.strides[axis]! - window.pads[axis]!).some(
      (start) =>
        Array.from({ length: window.kernel[axis]! }, (_, tap) => start + tap * window.dilations[axis]!).every(
          (at) => at < 0 || at >= size,
        ),
    ),
  );
}

/** Whether any tap can fall outside the image. */
export function isPadded(window: Window): boolean {
  return window.pads.some((pad) => pad > 0);
}

/** One kernel tap over one image position, both counted row by row. */
export interface Tap {
  readonly tap: number;
  readonly position: number;
}

/** The taps of output (row, column) that lie inside the image of height x width. */
export function tapsInside(window: Window, height: number, width: number, row: number, column: number): Tap[] {
  const taps: Tap[] = [];
  const [kernelHeight, kernelWidth] = window.kernel;
  for (let ky = 0; ky < kernelHeight; ky++) {
    const y = row * window.strides[0] - window.pads[0] + ky * window.dilations[0];
    for (let kx = 0; kx < kernelWidth; kx++) {
      const x = column * window.strides[1] - window.pads[1] + kx * window.dilations[1];
      if (y >= 0 && y < height && x >= 0 && x < width)
        taps.push({ tap: ky * kernelWidth + kx, position: y * width + x });
    }
  }
  return taps;
}

/** `kernel=3x3 strides=1x1 pads=1,1,1,1` for text forms; dilations only when not 1. */
export function printWindow(window: Window): string {
  const dilations = window.dilations.some((d) => d !== 1) ? ` dilations=${window.dilations.join("x")}` : "";
  return `kernel=${window.kernel.join("x")} strides=${window.strides.join("x")} pads=${window.pads.join(",")}${dilations}`;
}
