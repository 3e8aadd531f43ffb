/** What drawings share. */

/** Text as SVG takes it. */
export function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  // Control characters are not allowed in XML at all.
  return text.replace(/[&<>"]/g, (letter) => entities[letter]!).replace(/\p{Cc}/gu, " ");
}

/** A drawing of that size in pixels; what it shows stands above it, and is read out where it can't be seen. */
export function drawing(
  width: number,
  height: number,
  left: number,
  shows: string,
  elements: readonly string[],
): string {
  const style = "font-family: sans-serif; font-size: 11px";
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" style="${style}">`;
  const title = `<title>${escapeXml(shows)}</title>`;
  const paper = '<rect width="100%" height="100%" fill="white"/>';
  return `${[head, title, paper, label(left, 18, shows), ...elements].join("\n")}\n</svg>\n`;
}

/** A label; `anchor` is start, middle or end; `turn` in degrees, clockwise. */
export function label(x: number, y: number, text: string, anchor = "start", turn = 0): string {
  const place = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`;
  const turned = turn === 0 ? "" : ` transform="rotate(${turn} ${round(x)} ${round(y)})"`;
  return `<text ${place}${turned}>${escapeXml(text)}</text>`;
}

/** Pixels that a letter of a label takes, nearly. */
const letterWidth = 6.5;

/** Pixels that a label takes, nearly. */
export function lengthOf(text: string): number {
  return letterWidth * [...text].length;
}

/** As much of a name as fits into that many pixels: its beginning and end where it is longer, nothing where only a few letters would. */
export function fitted(name: string, pixels: number): string {
  const letters = Math.floor(pixels / letterWidth);
  const all = [...name];
  if (all.length <= letters) return name;
  if (letters < 6) return "";
  const kept = letters - 1;
  return `${all.slice(0, Math.ceil(kept / 2)).join("")}…${all.slice(all.length - Math.floor(kept / 2)).join("")}`;
}

/** Four to eight multiples of a round number from 0 to `most`: of a power of two, or of 1, 2 or 5 times a power of ten. */
export function ticks(most: number, round: "binary" | "decimal"): number[] {
  let step = 1;
  for (let i = 0; most / step > 8; i++) step *= round === "binary" ? 2 : [2, 2.5, 2][i % 3]!;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

/** A whole number with its thousands apart. */
export function grouped(value: number): string {
  return `${value}`.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Coordinates to a tenth of a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
