/** One file of a corpus and what became of it. */

import type { Comparison } from "./compare.js";
import type { DenseTensor } from "./element-types.js";

/** Inputs and outputs of one inference that somebody else recorded. */
export interface Recorded {
  /** By name where the record has names that the model knows, else by position. */
  readonly inputs: readonly (DenseTensor & { readonly name?: string })[];
  readonly outputs: readonly DenseTensor[];
}

/** A model of a corpus. */
export interface Case {
  readonly corpus: string;
  /** Path inside the corpus, `/` between folders. */
  readonly name: string;
  readonly read: () => Uint8Array;
  /** Undefined when there is no record; an empty list when there is one that cannot be read. */
  readonly recorded?: () => readonly Recorded[];
  /** The same network in operators that ONNX Runtime knows, where the file itself has others. */
  readonly witness?: () => Uint8Array;
}

/**
 * equal: every value is the witness's. close: the witness computes in float, where bits are not defined, and agrees within what `reason` says.
 * refused: qcompile names what it does not support. failed: values differ. crashed: an error that is no diagnostic.
 */
export const verdicts = ["equal", "close", "refused", "failed", "crashed"] as const;
export type Verdict = (typeof verdicts)[number];

export interface Judgement {
  readonly verdict: Verdict;
  /** Why it is close, refused, failed or crashed. */
  readonly reason?: string | undefined;
  readonly comparisons: readonly Comparison[];
}

export interface Outcome extends Judgement {
  readonly corpus: string;
  readonly name: string;
  /** What ONNX Runtime does with the file as it is. */
  readonly runtime: "runs" | "rejects" | "crashes" | "not ONNX" | "not run";
}

/** From worst to best; a refusal counts only where there is nothing else. */
const severity: readonly Verdict[] = ["crashed", "failed", "close", "equal", "refused"];

/**
 * The worst of several judgements of one file, with the comparisons of all. Of refusals it is the one with the shortest reason, which names
 * the least that is missing.
 */
export function worstOf(judgements: readonly Judgement[]): Judgement {
  const worst = severity.find((verdict) => judgements.some((one) => one.verdict === verdict))!;
  const candidates = judgements.filter(({ verdict }) => verdict === worst);
  const { reason } = candidates.reduce((a, b) => ((b.reason ?? "").length < (a.reason ?? "").length ? b : a));
  return { verdict: worst, reason, comparisons: judgements.flatMap(({ comparisons }) => comparisons) };
}
