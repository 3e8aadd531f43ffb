/** The layers of a report as a table with totals: what `qcompile check` prints. */
import type { LayerReport, Report } from "./report.js";
import { table } from "./text.js";

/** Names, shapes, widths and costs, ending in a newline. Bits are those of the inputs, of the constants and of the output. */
export function layersText(report: Report): string {
  const header = ["layer", "op", "output", "bits in/weights/out", "MACs", "weight bytes", "activation bytes"];
  const rows = report.layers.map((layer) => [
    layer.name,
    layer.op,
    layer.shape.join("x"),
    widths(layer),
    layer.macs,
    layer.weight_bytes,
    layer.activation_bytes,
  ]);
  const total = ["total", "", "", "", report.macs, report.weight_bytes, report.activation_bytes];
  const head = [
    `model ${report.model}, numerics ${report.numerics}`,
    `input ${report.input.type}[${report.input.shape}], output ${report.output.type}[${report.output.shape}]`,
    `arena ${report.arena_bytes} bytes (lower bound ${report.arena_lower_bound})`,
  ];
  return `${head.join("\n")}\n\n${table(header, [...rows, total])}\n`;
}

/** Such as `8/4/8`; several inputs of different widths as `8+16/-/8`, `-` without constants. */
function widths({ inputs, weights, type }: LayerReport): string {
  const bits = (name: string) => name.replace(/^\D+/, "");
  return [[...new Set(inputs.map(bits))].join("+"), weights === null ? "-" : bits(weights), bits(type)].join("/");
}
