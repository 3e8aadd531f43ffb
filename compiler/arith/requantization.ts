/** Certified constants that compute a requantize layer with integer multiply, add and shift. */
import type { Range } from "../ir/types.js";

/**
 * `plain`      y = (acc*m + b) >> s
 * `sign`       y = (acc*m + b - (acc < 0 ? d : 0)) >> s
 * `parity`     u = acc*m + b;  y = (u - (((u >> s) ^ zeroPoint) & 1 ? d : 0)) >> s
 * `thresholds` y = first + number of thresholds <= acc
 * All then clamp to the layer's codes. `>>` floors. Names and identities as in SPEC.md, "Staircases".
 */
export type RequantizationForm = "plain" | "sign" | "parity" | "thresholds";

export interface ChannelConstants {
  /** 0 <= multiplier < 2^31. */
  readonly multiplier: number;
  /** b; the output zero point is inside. |b| <= 2^61. */
  readonly offset: bigint;
  /** d; zero in the plain form. 0 <= d <= 2^shift. */
  readonly correction: bigint;
}

export interface Requantization {
  readonly form: RequantizationForm;
  /** One shift for the whole layer. */
  readonly shift: number;
  /** One per channel of the layer, or one for all. Empty in the thresholds form. */
  readonly channels: readonly ChannelConstants[];
  readonly zeroPoint: number;
  readonly clamp: Range;
  readonly certificate: Certificate;
}

/** What was proved: every threshold and both interval ends of every channel were compared exactly. */
export interface Certificate {
  readonly channels: number;
  readonly thresholds: number;
  /** Channels whose staircase has no threshold in its reachable interval. */
  readonly constantChannels: number;
  /** Smallest distance, in units of 2^-shift of an output step, of any threshold to failing. */
  readonly smallestMargin: bigint;
}
