/** The events of a row group as kinds: events of one kind run the same C statements. */
import type { IntegerNode, IntegerTensor } from "../../compiler/ir/index.js";
import { opHomes } from "../../compiler/ops/index.js";
import { columnAxis, cut, rowsOf, type Span } from "../../compiler/ops/rows.js";
import { overlayPlace } from "../../compiler/plan/overlays.js";
import type { Plan, RowEvent, RowStep, SlideEvent, Strip } from "../../compiler/plan/plan.js";
import { rowBytes, type Stage, stageOf } from "../../compiler/plan/stages.js";
import { operandColumns, stripNode } from "../../compiler/plan/strips.js";

/** Where rows lie: `offset` bytes behind `base`, plus `perRow` for every row that the counter has counted. */
export interface RowPlace {
  /** The C variable that points to the arena, to an external input, or to a strip's columns of what its step reads or makes. */
  readonly base: "arena" | "input" | "output";
  readonly offset: number;
  readonly perRow: number;
}

export interface ComputeKind {
  readonly kind: "compute";
  readonly stage: Stage;
  /** The node on the rows it reads and writes. */
  readonly part: IntegerNode;
  /** Equal for kinds that differ in places alone. */
  readonly geometry: string;
  readonly inputs: readonly RowPlace[];
  readonly output: RowPlace;
  /** Of a node that sums rows: the first, the last. */
  readonly first: boolean;
  readonly last: boolean;
}

export interface AcceptKind {
  readonly kind: "accept";
  readonly tensor: IntegerTensor;
  readonly place: RowPlace;
  /** Where the row is copied from, in strips; undefined for a row that the caller hands over. */
  readonly source: RowPlace | undefined;
  readonly bytes: number;
}

export type EventKind = ComputeKind | AcceptKind | SlideKind;

/** A slide with the bytes of a row. */
export interface SlideKind extends SlideEvent {
  readonly rowBytes: number;
}

/** The kinds of a step's events, and the kind of each event; in a strip, those of its columns. */
export function kindsOf(plan: Plan, step: RowStep, strip?: Strip): { kinds: EventKind[]; sequence: number[] } {
  const kinds: EventKind[] = [];
  const sequence: number[] = [];
  const known = new Map<string, number>();
  const reader = new EventReader(plan, strip, plan.graph.nodes[step.nodes.at(-1)!]!.output.id);
  for (const event of step.events) {
    const { key, kind } = reader.read(event);
    if (event.kind === "slide" && event.kept === 0) continue;
    if (!known.has(key)) known.set(key, kinds.push(kind()) - 1);
    sequence.push(known.get(key)!);
  }
  return { kinds, sequence };
}

/** Follows where rows lie while events go by. */
class EventReader {
  readonly #starts = new Map<number, number>();
  /** Where the row lies of a tensor that overwrites rows of another. */
  readonly #overlays = new Map<number, number>();
  readonly #stages = new Map<number, Stage>();

  constructor(
    readonly plan: Plan,
    readonly strip: Strip | undefined,
    /** Of a strip, the tensor that outlives the step. */
    readonly made: number,
  ) {}

  /** Bytes of a held row, of whole columns or of the strip's. */
  #heldBytes({ id }: IntegerTensor): number {
    const tensor = this.plan.graph.tensors[id]!;
    const columns = this.strip?.get(id);
    return rowBytes(columns ? cut(tensor, columnAxis, columns) : tensor);
  }

  /**
   * `perCount`: by how many rows of the tensor the place moves when the event's counter counts one; `column`: of the strip's
   * columns the first that is meant.
   */
  #place({ id }: IntegerTensor, first: number, row: number, perCount: number, column = 0): RowPlace {
    const tensor = this.plan.graph.tensors[id]!;
    const offset = this.#overlays.get(id) ?? this.plan.offsets.get(id)!;
    const held = this.plan.rows.get(id);
    const before = (column * rowBytes(tensor)) / tensor.shape[columnAxis]!;
    if (held === undefined) {
      const perRow = perCount * rowBytes(tensor);
      const moved = first * rowBytes(tensor) - row * perRow + before;
      if (this.strip) return { base: id === this.made ? "output" : "input", offset: moved, perRow };
      if (this.plan.external.has(id)) return { base: "input", offset: moved, perRow };
      return { base: "arena", offset: offset + moved, perRow };
    }
    const start = held === 1 ? first : (this.#starts.get(id) ?? 0);
    return { base: "arena", offset: offset + (first - start) * this.#heldBytes(tensor) + before, perRow: 0 };
  }

  read(event: RowEvent): { key: string; kind: () => EventKind } {
    if (event.kind === "slide") {
      const { tensor, dropped, kept } = event;
      this.#starts.set(tensor.id, (this.#starts.get(tensor.id) ?? 0) + dropped);
      const kind = () => ({ ...event, rowBytes: this.#heldBytes(tensor) });
      return { key: `slide ${tensor.id} ${dropped} ${kept}`, kind };
    }
    if (event.kind === "accept") {
      const { tensor, row } = event;
      const place = this.#place(tensor, row, row, 1);
      const source: RowPlace | undefined = this.strip && { base: "input", offset: 0, perRow: rowBytes(tensor) };
      const kind = () => ({ kind: "accept" as const, tensor, place, source, bytes: this.#heldBytes(tensor) });
      return { key: `accept ${JSON.stringify(place)}`, kind };
    }
    const { node: index, row, over } = event;
    const full = this.plan.graph.nodes[index]!;
    const node = this.strip ? stripNode(full, this.strip) : full;
    const stage = this.#stages.get(index) ?? stageOf(node, index, this.plan.core)!;
    this.#stages.set(index, stage);
    const needed = node.inputs.map((_, input) => stage.needs(input, row));
    const columns = node.inputs.map(({ id }, i) =>
      this.strip ? operandColumns(full, i, this.strip).first - this.strip.get(id)!.first : 0,
    );
    const inputs = node.inputs.map((tensor, i) =>
      this.#place(tensor, needed[i]!.first, row, moves(stage, i, row), columns[i]),
    );
    if (over) this.#overlays.set(node.output.id, overlayPlace(this.plan, node, over));
    const output = this.#place(node.output, stage.sums ? 0 : row, row, stage.sums ? 0 : 1);
    const part = partOf(node, stage, row);
    const shapes = [...part.inputs, part.output].map(({ shape }) => shape.join("x")).join(" ");
    const [first, last] = [stage.sums && row === 0, stage.sums && row === stage.steps - 1];
    const geometry = `${index} ${shapes} ${opHomes.get(node.op)!.print(part.attributes)}`;
    const key = `${geometry} ${first} ${last} ${JSON.stringify([inputs, output])}`;
    return { key, kind: () => ({ kind: "compute", stage, part, geometry, inputs, output, first, last }) };
  }
}

/** How many input rows the window moves with the output row; 0 where the image's border holds it. */
function moves(stage: Stage, input: number, row: number): number {
  const here = stage.needs(input, row).first;
  const step = (next: number): number => Math.abs(stage.needs(input, next).first - here);
  const around: number[] = [];
  if (row + 1 < stage.steps) around.push(step(row + 1));
  if (row > 0) around.push(step(row - 1));
  return here === 0 ? 0 : Math.max(...around, 0);
}

const one = (row: number): Span => ({ first: row, end: row + 1 });

function partOf(node: IntegerNode, stage: Stage, row: number): IntegerNode {
  if (!stage.sums) return rowsOf(node, opHomes.get(node.op)!.rows!, one(row));
  const [x] = node.inputs;
  return { ...node, inputs: [{ ...x!, shape: x!.shape.map((dim, axis) => (axis === 1 ? 1 : dim)) }] };
}
