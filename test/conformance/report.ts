/** Outcomes as Markdown: a summary by corpus, why files are refused, and every file that is not simply equal or refused. */

import { type Outcome, verdicts } from "./case.js";
import { corpora } from "./corpora.js";

const count = (outcomes: readonly Outcome[], keep: (outcome: Outcome) => boolean) => outcomes.filter(keep).length;

const percent = (part: number, whole: number) => (whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`);

const row = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;

/** A cell's text: one line, no column separators. */
const cell = (text: string) => text.replace(/\s+/g, " ").replaceAll("|", "\\|");

const compiles = ({ verdict }: Outcome) => verdict !== "refused" && verdict !== "crashed";

function summary(outcomes: readonly Outcome[]): string[] {
  const header = ["corpus", "files", ...verdicts, "ONNX Runtime runs", "of these compile", ""];
  const line = (name: string, among: readonly Outcome[]) => {
    const runs = among.filter(({ runtime }) => runtime === "runs");
    const compiled = count(runs, compiles);
    const counts = verdicts.map((verdict) => count(among, (outcome) => outcome.verdict === verdict));
    return row([name, among.length, ...counts, runs.length, compiled, percent(compiled, runs.length)]);
  };
  const names = corpora.map(({ name }) => name).filter((name) => outcomes.some(({ corpus }) => corpus === name));
  return [
    row(header),
    row(header.map((_, i) => (i === 0 ? "---" : "---:"))),
    ...names.map((name) =>
      line(
        name,
        outcomes.filter(({ corpus }) => corpus === name),
      ),
    ),
    line("**all**", outcomes),
  ];
}

/** A reason without names and numbers that differ from file to file. */
const kind = (reason: string) =>
  reason
    .replace(/ \(?'[^']*'\)?/g, "")
    .replace(/\[[^\]]*\]/g, "[..]")
    .replace(/-?\b\d+(\.\d+)?\b/g, "N");

/** Kinds of reasons with how many files they stop, most frequent first. */
export function refusals(outcomes: readonly Outcome[]): [reason: string, files: number][] {
  const counts = new Map<string, number>();
  for (const { verdict, reason = "" } of outcomes) {
    if (verdict === "refused") counts.set(kind(reason), (counts.get(kind(reason)) ?? 0) + 1);
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

function details(outcomes: readonly Outcome[], keep: (outcome: Outcome) => boolean): string[] {
  const kept = outcomes.filter(keep);
  if (kept.length === 0) return ["None."];
  return [
    row(["file", "why"]),
    row(["---", "---"]),
    ...kept.map(({ corpus, name, reason = "" }) => row([`${corpus}/${name}`, cell(reason)])),
  ];
}

/** The whole report. The same outcomes give the same bytes. */
export function conformanceReport(outcomes: readonly Outcome[]): string {
  const runnable = outcomes.filter(({ runtime }) => runtime === "runs");
  const reasons = refusals(runnable).map(([reason, files]) => row([files, cell(reason)]));
  const sections = [
    ["# Conformance", "", "Written by `npm run conformance -- --write`.", ""],
    summary(outcomes),
    ["", "## Failed and crashed", ""],
    details(outcomes, ({ verdict }) => verdict === "failed" || verdict === "crashed"),
    ["", "## Close", ""],
    details(outcomes, ({ verdict }) => verdict === "close"),
    ["", "## Refused, of the files that ONNX Runtime runs", ""],
    reasons.length === 0 ? ["None."] : [row(["files", "why"]), row(["---:", "---"]), ...reasons],
  ];
  return `${sections.flat().join("\n")}\n`;
}
