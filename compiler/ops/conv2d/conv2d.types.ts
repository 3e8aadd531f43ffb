/** Integer convolution, channels last: y = staircase(bias[o] + sum over taps of (x - inputZeroPoint) * w). */
import type { RequantizeLayer } from "../../arith/requantize-layer.js";
import type { Weights } from "../weights.js";

export interface Window {
  /** Height, width. */
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
}

export interface Conv2dAttributes extends Window {
  readonly groups: number;
  /** Also the value of padding, so that padded taps add nothing. */
  readonly inputZeroPoint: number;
  /** [outChannels][kernelHeight][kernelWidth][inChannels / groups]. */
  readonly weights: Weights;
  /** int32, one per output channel. */
  readonly bias: Int32Array;
  readonly requantize: RequantizeLayer;
  /** By Winograd's algorithm on cores that have a kernel for it; results are the same. */
  readonly winograd?: boolean;
  /** By two-lane products on cores that have a kernel for them; results are the same. */
  readonly lanes?: boolean;
  /** With weights of two bytes on cores that have a kernel for them; results are the same. */
  readonly weights16?: boolean;
  /** Depthwise, by code of its own for this number of channels on cores that have such; results are the same. */
  readonly ownCode?: boolean;
  /** Output pixels that a kernel works on at a time, where a plan wants fewer for less scratch; results are the same. */
  readonly blockPixels?: 1 | 2 | 4;
  /** Depthwise, whether straight from the image where others have rings; single rows are unless given. Results are the same. */
  readonly direct?: boolean;
  /** Depthwise, of how many channels padded patches are made at a time; of as many as 1152 bytes hold unless given. Results are the same. */
  readonly patchChannels?: 4;
}
