/** Who lies where in the arena, over time, as a drawing. */
import type { PlacedPiece, Plan } from "../plan/plan.js";
import { proofText, stepName } from "./memory-map.js";
import { drawing, escapeXml, fitted, grouped, label, lengthOf, round, ticks } from "./svg.js";

const kinds: Readonly<Record<PlacedPiece["kind"], { readonly colour: string; readonly meaning: string }>> = {
  tensor: { colour: "hsl(150 45% 78%)", meaning: "tensor" },
  rows: { colour: "hsl(40 75% 78%)", meaning: "rows of a tensor" },
  scratch: { colour: "hsl(0 0% 80%)", meaning: "scratch of a kernel" },
  weights: { colour: "hsl(270 50% 82%)", meaning: "copied weights" },
};

const [left, top, height, right] = [60, 50, 420, 20];
/** Pixels that step names take below the axis, where they lean. */
const nameHeight = 130;

/** Steps from left to right, addresses from bottom to top, a rectangle per piece with its name. */
export function memoryMapSvg(plan: Plan): string {
  const columns = plan.steps.length + 2;
  const column = Math.max(16, Math.min(90, 1000 / columns));
  const width = Math.max(520, Math.ceil(left + columns * column + right));
  const x = (step: number) => left + (step + 1) * column;
  const y = (bytes: number) => top + height * (1 - bytes / Math.max(plan.arenaBytes, 1));

  const lines = ticks(plan.arenaBytes, "binary").map((bytes) => {
    const line = `<path d="M${left} ${round(y(bytes))}H${width - right}" stroke="#ddd"/>`;
    return `${line}${label(left - 6, y(bytes) + 4, grouped(bytes), "end")}`;
  });
  const limit = `<path d="M${left} ${top}H${width - right}" stroke="#b33" stroke-dasharray="4 3"/>`;
  const boxOf = ({ start, end, offset, bytes }: PlacedPiece): Box => ({
    left: x(start),
    right: x(Math.min(end, plan.steps.length) + 1),
    top: y(offset + bytes),
    bottom: y(offset),
  });
  const boxes = plan.pieces.map((piece) => {
    const { name, kind, offset, bytes, start, end } = piece;
    const { left, top, right, bottom } = boxOf(piece);
    const place = `x="${round(left)}" y="${round(top)}" width="${round(right - left)}" height="${round(bottom - top)}"`;
    const paint = `fill="${kinds[kind].colour}" fill-opacity="0.8" stroke="#555" stroke-width="0.5"`;
    return `<rect ${place} ${paint}><title>${escapeXml(name)}: ${grouped(bytes)} bytes at ${grouped(offset)}, steps ${start} to ${end}</title></rect>`;
  });
  const steps = plan.steps.map((step, i) => {
    const name = stepName(plan, step);
    const text = label(x(i) + column / 2, top + height + 14, `${i} ${fitted(name, nameHeight * 1.1)}`, "end", -50);
    return text.replace("</text>", `<title>${escapeXml(name)}</title></text>`);
  });
  const used = Object.entries(kinds).filter(([kind]) => plan.pieces.some((piece) => piece.kind === kind));
  const legend = used.map(([, { colour, meaning }], i) => {
    const from = left + 130 * i;
    return `<path d="M${from} 28h10v10h-10z" fill="${colour}" stroke="#555" stroke-width="0.5"/>${label(from + 15, 37, meaning)}`;
  });
  const shows = `${plan.graph.name}: arena ${grouped(plan.arenaBytes)} bytes, ${proofText(plan)}`;
  return drawing(width, top + height + 20 + nameHeight, left, shows, [
    ...legend,
    ...lines,
    ...boxes,
    limit,
    ...namesOf(plan.pieces.map((piece) => ({ name: piece.name, box: boxOf(piece) }))),
    ...steps,
  ]);
}

/** Edges in pixels. */
interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Names in their boxes, along or upwards, the largest first; none over another, because pieces of a step by rows can share bytes. */
function namesOf(named: readonly { readonly name: string; readonly box: Box }[]): string[] {
  const [lineHeight, margin] = [12, 3];
  const taken: Box[] = [];
  const area = ({ left, right, top, bottom }: Box) => (right - left) * (bottom - top);
  return [...named]
    .sort((a, b) => area(b.box) - area(a.box))
    .flatMap(({ name, box }) => {
      const { left, right, top, bottom } = box;
      const along = bottom - top < lineHeight ? "" : fitted(name, right - left - 2 * margin);
      const up = right - left < lineHeight ? "" : fitted(name, bottom - top - 2 * margin);
      const turned = up.length > along.length;
      const place = turned
        ? { ...box, right: left + lineHeight, top: bottom - lengthOf(up) - margin }
        : { ...box, bottom: top + lineHeight, right: left + lengthOf(along) + margin };
      const apart = (other: Box) =>
        other.left >= place.right ||
        other.right <= place.left ||
        other.top >= place.bottom ||
        other.bottom <= place.top;
      if ((turned ? up : along) === "" || !taken.every(apart)) return [];
      taken.push(place);
      return [
        turned
          ? label(left + lineHeight, bottom - margin, up, "start", -90)
          : label(left + margin, top + lineHeight - 1, along),
      ];
    });
}
