/** Strips: columns of the output of the first nodes, computed one strip after the other, and what they need of every tensor. */
import type { IntegerNode } from "../ir/index.js";
import { opHomes } from "../ops/index.js";
import { columnAxis, cut, type Span } from "../ops/rows.js";
import type { Strip } from "./plan.js";
import type { Stage } from "./stages.js";

/** Columns of an operand that a strip of the node's output depends on. */
export function operandColumns(node: IntegerNode, index: number, strip: Strip): Span {
  return opHomes.get(node.op)!.columns!.needs(node, index, strip.get(node.output.id)!);
}

/** The node that computes a strip: its images hold only the columns it reads and writes. */
export function stripNode(node: IntegerNode, strip: Strip): IntegerNode {
  const columns = strip.get(node.output.id)!;
  return {
    ...node,
    inputs: node.inputs.map((input, i) => cut(input, columnAxis, operandColumns(node, i, strip))),
    output: cut(node.output, columnAxis, columns),
    attributes: opHomes.get(node.op)!.columns!.part(node, columns),
  };
}

/**
 * What a strip of the last stage's output needs of every tensor; undefined where several rows would be read at once of a
 * tensor that has more columns, for another reader: kernels see rows without gaps.
 */
export function stripOf(stages: readonly Stage[], columns: Span): Strip | undefined {
  const strip = new Map<number, Span>([[stages.at(-1)!.node.output.id, columns]]);
  for (const { node } of [...stages].reverse()) {
    if (!strip.has(node.output.id)) return undefined;
    node.inputs.forEach(({ id }, i) => {
      const needed = operandColumns(node, i, strip);
      const { first, end } = strip.get(id) ?? needed;
      strip.set(id, { first: Math.min(first, needed.first), end: Math.max(end, needed.end) });
    });
  }
  const gapless = stages.every(({ node, mostNeeded }) =>
    node.inputs.every(({ id }, i) => {
      const [held, needed] = [strip.get(id)!, operandColumns(node, i, strip)];
      return mostNeeded[i] === 1 || (held.first === needed.first && held.end === needed.end);
    }),
  );
  return gapless ? strip : undefined;
}

/** Columns that the strips at both ends may have more than an even share, and the others less: they have a neighbour less. */
const mostUneven = 3;

/**
 * Ways to cut `width` columns into `count` strips. All but the first and the last are of one width, so that at most three
 * geometries are computed.
 */
export function* layoutsOf(width: number, count: number): Generator<Span[]> {
  const inner = count - 2;
  const widest = inner === 0 ? 0 : Math.ceil(width / count);
  for (let middle = widest; middle >= Math.max(inner === 0 ? 0 : 1, widest - mostUneven); middle--) {
    const rest = width - inner * middle;
    for (
      let first = Math.max(1, Math.floor(rest / 2) - 1);
      first <= Math.min(rest - 1, Math.ceil(rest / 2) + 1);
      first++
    ) {
      const widths = [first, ...new Array<number>(inner).fill(middle), rest - first];
      const ends = widths.map((_, i) => widths.slice(0, i + 1).reduce((sum, columns) => sum + columns, 0));
      yield ends.map((end, i) => ({ first: end - widths[i]!, end }));
    }
  }
}
