/** The algorithms of nodes, as forms that give the same bytes: those of more flash and scratch, and those of less scratch. */
import { isDeepStrictEqual } from "node:util";
import type { Core } from "../../targets/core.js";
import type { IntegerGraph, IntegerNode, IntegerTensor } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";

/** A node by one of its algorithms. */
export interface Form {
  readonly node: IntegerNode;
  /** Instructions more than by the fastest. */
  readonly added: number;
}

/** The forms of nodes that have several, the fastest first, by their outputs. */
export type Forms = ReadonlyMap<IntegerTensor, readonly Form[]>;

/**
 * The forms of the nodes for which `faster`, a graph of the same nodes, has another algorithm than `graph`: its own, those that
 * take no more flash, and the node's own at last.
 */
export function formsBetween(faster: IntegerGraph, graph: IntegerGraph, core: Core): Forms {
  const forms = new Map<IntegerTensor, readonly Form[]>();
  graph.nodes.forEach((node, i) => {
    const fastest = faster.nodes[i]!;
    if (fastest === node) return;
    const offers = opHomes.get(node.op)!.forSpeed!(node, core);
    const { saved, bytes } = offers.find(({ attributes }) => isDeepStrictEqual(attributes, fastest.attributes))!;
    const others = offers
      .filter((offer) => offer.saved < saved && offer.saved > 0 && offer.bytes <= bytes)
      .sort((a, b) => b.saved - a.saved)
      .map((offer) => ({ node: { ...node, attributes: offer.attributes }, added: saved - offer.saved }));
    forms.set(node.output, [{ node: fastest, added: 0 }, ...others, { node, added: saved }]);
  });
  return forms;
}

/** The graph with every node by the form of least scratch, whose faster ones may be known; undefined where no node has several. */
export function leastScratch(
  graph: IntegerGraph,
  core: Core | undefined,
  faster: Forms = new Map(),
): { readonly graph: IntegerGraph; readonly forms: Forms } | undefined {
  const forms = new Map<IntegerTensor, readonly Form[]>();
  for (const node of graph.nodes) {
    const known = faster.get(node.output) ?? [{ node, added: 0 }];
    const slowest = known.at(-1)!;
    const others = opHomes.get(node.op)!.lessScratch?.(slowest.node, core) ?? [];
    const frugal = others.map(({ attributes, added }) => ({
      node: { ...node, attributes },
      added: slowest.added + added,
    }));
    if (known.length + frugal.length > 1) forms.set(node.output, [...known, ...frugal]);
  }
  if (forms.size === 0) return undefined;
  const nodes = graph.nodes.map((node) => forms.get(node.output)?.at(-1)?.node ?? node);
  return { graph: { ...graph, nodes }, forms };
}

/** What form `index` of a node adds by rows: as much as the slowest of which a row is the same. */
export function byRows(forms: readonly Form[], index: number): number {
  const rowOf = ({ node }: Form) => opHomes.get(node.op)!.rows?.part(node, { first: 0, end: 1 });
  const form = forms[index];
  const row = form && rowOf(form);
  if (row === undefined) return form?.added ?? 0;
  return forms.filter((other) => isDeepStrictEqual(rowOf(other), row)).at(-1)!.added;
}
