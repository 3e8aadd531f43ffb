/** What drawings share. */

/** Text as SVG takes it. */
export function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  // Control characters are not allowed in XML at all.
  return text.replace(/[&<>"]/g, (letter) => entities[letter]!).replace(/\p{Cc}/gu, " ");
}

/** A drawing of that size in pixels. */
export function drawing(width: number, height: number, elements: readonly string[]): string {
  const style = "font-family: sans-serif; font-size: 11px";
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" style="${style}">`;
  return `${[head, '<rect width="100%" height="100%" fill="white"/>', ...elements].join("\n")}\n</svg>\n`;
}

/** A label; `anchor` is start, middle or end. */
export function label(x: number, y: number, text: string, anchor = "start"): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeXml(text)}</text>`;
}

/** Coordinates to a tenth of a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
