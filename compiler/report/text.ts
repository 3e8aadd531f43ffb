/** The report as a short text table. */
import type { LayerReport, Report } from "./report.js";

/** Columns aligned with two spaces between them; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [header, ...rows.map((row) => row.map(String))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const numeric = header.map((_, column) => rows.every((row) => typeof row[column] === "number"));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  return cells.map(line).join("\n");
}

/** The report as text, ending in a newline. */
export function reportText(report: Report): string {
  const rows = report.layers.map((entry) => [
    entry.op,
    entry.name,
    entry.shape.join("x"),
    entry.macs,
    entry.weight_bytes,
    entry.activation_bytes,
    proof(entry),
  ]);
  const head = [
    `model ${report.model}, numerics ${report.numerics}`,
    `input ${report.input.type}[${report.input.shape}], output ${report.output.type}[${report.output.shape}]`,
    `${report.macs} MACs, ${report.weight_bytes} weight bytes, arena ${report.arena_bytes} bytes (lower bound ${report.arena_lower_bound})${recomputed(report)}`,
    "",
  ].join("\n");
  const layers = table(["op", "node", "shape", "MACs", "weights", "activation", "certificate"], rows);
  return `${head}\n${layers}\n${report.notes.map((note) => `note: ${note}\n`).join("")}`;
}

function recomputed({ macs, recomputed_macs: again }: Report): string {
  return again === 0 ? "" : `, ${again} MACs (${((100 * again) / macs).toFixed(1)} %) computed again in strips`;
}

function proof({ certificate }: LayerReport): string {
  if (!certificate) return "";
  const constant =
    certificate.constant_channels > 0
      ? `, ${certificate.constant_channels} of ${certificate.channels} channels constant`
      : "";
  return `${certificate.form} >>${certificate.shift}, ${certificate.thresholds} thresholds equal${constant}`;
}
