/**
 * Removes transpositions by carrying them: each tensor is followed as (stored tensor, steps that would bring it to its
 * logical order). Elementwise ops work on the stored order, ops along axes follow a permutation of them (`permuted`),
 * reshapes join the steps, consumers with constants absorb the order (a dense layer permutes its weight columns), and an
 * order that turns out to be the identity costs nothing. What must run after all runs as one strided copy.
 *   transpose(transpose(x, p), q) = transpose(x, p[q]);  f(transpose(x)) = transpose(f(x)) for elementwise f
 */
import type { Graph, GraphNode, Tensor } from "../ir/graph.js";
import { elementCount } from "../ir/types.js";
import { opHomes } from "../ops/index.js";
import type { OpHome } from "../ops/op.js";
import { inversePermutation, isIdentityOrder, stridedForm, transposeOrder } from "../ops/order.js";
import type { Pass } from "./pass.js";

/** One step from stored to logical order: view the elements under `shape`, then permute its axes. */
interface Step {
  readonly name: string;
  readonly shape: readonly number[];
  readonly permutation: readonly number[];
}

interface View {
  readonly stored: Tensor;
  readonly steps: readonly Step[];
}

export const foldTransposes: Pass<Graph> = { name: "fold-transposes", run: (graph) => new Folder(graph).run() };

class Folder {
  private readonly nodes: GraphNode[] = [];
  private readonly views = new Map<Tensor, View>();

  constructor(private readonly graph: Graph) {}

  run(): Graph {
    for (const node of this.graph.nodes) this.visit(node);
    const outputs = this.graph.outputs.map((tensor) => this.materialise(tensor, tensor.name));
    return { ...this.graph, nodes: this.nodes, outputs };
  }

  private view(tensor: Tensor): View {
    return this.views.get(tensor) ?? { stored: tensor, steps: [] };
  }

  private visit(node: GraphNode): void {
    const home = opHomes.get(node.op)!;
    const first = node.inputs[0]!;
    const view = this.view(first);
    if (home.permutation) {
      const step = { name: node.name, shape: first.shape, permutation: home.permutation(node.attributes) };
      this.views.set(node.output, { stored: view.stored, steps: [...view.steps, step] });
      return;
    }
    if (home.alias && sameQuantization(node) && view.steps.length > 0) {
      this.views.set(node.output, view);
      return;
    }
    if (home.elementwise) {
      this.elementwise(node);
      return;
    }
    if (home.permuted && this.permuted(node, home.permuted)) return;
    const order = storedOrder(view);
    if (order && home.absorbOrder && first.shape.length === 2 && first.shape[0] === 1) {
      const flat = this.reshaped(view.stored, first.shape, first.name);
      this.push(home.absorbOrder({ ...node, inputs: [flat, ...node.inputs.slice(1)] }, order), node.output);
      return;
    }
    this.push({ ...node, inputs: node.inputs.map((input) => this.materialise(input, input.name)) }, node.output);
  }

  /** Works on the first operand's stored order; other operands are brought to it only when theirs differs. */
  private elementwise(node: GraphNode): void {
    const activations = node.inputs.map((input) => this.view(input));
    const orders = activations.map(storedOrder);
    const agree =
      orders.every((order) => sameOrder(order, orders[0])) &&
      activations.every(({ stored }) => sameShape(stored.shape, activations[0]!.stored.shape));
    if (!agree) {
      this.push({ ...node, inputs: node.inputs.map((input) => this.materialise(input, input.name)) }, node.output);
      return;
    }
    const output: Tensor = { ...node.output, shape: activations[0]!.stored.shape };
    this.nodes.push({ ...node, inputs: activations.map(({ stored }) => stored), output });
    this.views.set(node.output, { stored: output, steps: this.stepsTo(activations[0]!, node.inputs[0]!.shape) });
  }

  /** Works on inputs with permuted axes, by the permutation that leaves the fewest elements to move; false when none does. */
  private permuted(node: GraphNode, permuted: NonNullable<OpHome["permuted"]>): boolean {
    if (node.inputs.some(({ data }) => data)) return false;
    const candidates = node.inputs.flatMap((input) => {
      const own = axisOrder(this.view(input), input.shape);
      return own?.some((axis, i) => axis !== i) ? [own] : [];
    });
    const moved = (permutation: readonly number[]) =>
      node.inputs.reduce(
        (sum, input) => sum + (isStoredAs(this.view(input), input.shape, permutation) ? 0 : elementCount(input.shape)),
        0,
      );
    const best = candidates.reduce<{ permutation: readonly number[]; cost: number } | undefined>(
      (found, permutation) => {
        const cost = moved(permutation);
        return found && found.cost <= cost ? found : { permutation, cost };
      },
      undefined,
    );
    const attributes = best && permuted(node, best.permutation);
    if (!attributes || best.cost > moved(node.output.shape.map((_, axis) => axis))) return false;
    const { permutation } = best;
    const inputs = node.inputs.map((input) => {
      const shape = permutation.map((axis) => input.shape[axis]!);
      const view = this.view(input);
      if (isStoredAs(view, input.shape, permutation)) return this.reshaped(view.stored, shape, input.name);
      return this.append("transpose", `${input.name}_moved`, this.materialise(input, input.name), { permutation });
    });
    const output: Tensor = { ...node.output, shape: permutation.map((axis) => node.output.shape[axis]!) };
    this.nodes.push({ ...node, inputs, output, attributes });
    this.views.set(node.output, {
      stored: output,
      steps: [{ name: node.name, shape: output.shape, permutation: inversePermutation(permutation) }],
    });
    return true;
  }

  /** Steps that also end in `shape`, so that a reshaped view keeps its logical shape. */
  private stepsTo(view: View, shape: readonly number[]): readonly Step[] {
    if (view.steps.length === 0 && sameShape(view.stored.shape, shape)) return [];
    const keep = shape.map((_, axis) => axis);
    return [...view.steps, { name: view.stored.name, shape, permutation: keep }];
  }

  /** A tensor that holds the logical order, adding what nodes it takes. */
  private materialise(tensor: Tensor, name: string): Tensor {
    if (tensor.data) return tensor;
    const view = this.view(tensor);
    if (view.steps.length === 0) return this.reshaped(view.stored, tensor.shape, name);
    let current = view.stored;
    const order = storedOrder(view);
    const form = order && view.steps.filter(moves).length > 1 ? stridedForm(order) : undefined;
    if (form) current = this.append("strided", name, current, { shape: tensor.shape, ...form });
    else if (order) {
      for (const step of view.steps) {
        const source = this.reshaped(current, step.shape, `${step.name}_in`);
        if (!moves(step)) {
          current = this.reshaped(
            source,
            step.permutation.map((axis) => step.shape[axis]!),
            step.name,
          );
          continue;
        }
        current = this.append("transpose", step.name, source, { permutation: step.permutation });
      }
    }
    current = this.reshaped(current, tensor.shape, name);
    this.views.set(tensor, { stored: current, steps: [] });
    return current;
  }

  private reshaped(tensor: Tensor, shape: readonly number[], name: string): Tensor {
    return sameShape(tensor.shape, shape) ? tensor : this.append("reshape", name, tensor, { shape });
  }

  private append(op: string, name: string, input: Tensor, attributes: unknown): Tensor {
    const home = opHomes.get(op)!;
    const shape = home.inferShape({ inputs: [input], attributes });
    const output: Tensor = { ...input, name, shape };
    this.nodes.push({ op, name, inputs: [input], output, attributes, clamp: { min: -Infinity, max: Infinity } });
    return output;
  }

  private push(node: GraphNode, logical: Tensor): void {
    const output: Tensor = { ...node.output };
    this.nodes.push({ ...node, output });
    this.views.set(logical, { stored: output, steps: [] });
  }
}

/** Whether a step changes the order of the elements, not only their shape. */
function moves({ shape, permutation }: Step): boolean {
  return !isIdentityOrder(transposeOrder(shape, permutation));
}

/** The permutation by which a tensor of `shape` is stored (stored axis i is its axis `permutation[i]`), if it is one of its axes. */
function axisOrder({ stored, steps }: View, shape: readonly number[]): readonly number[] | undefined {
  let permutation = shape.map((_, axis) => axis);
  let current = stored.shape;
  for (const step of steps) {
    if (!sameShape(step.shape, current)) return undefined;
    current = step.permutation.map((axis) => step.shape[axis]!);
    permutation = step.permutation.map((axis) => permutation[axis]!);
  }
  return sameShape(current, shape) ? inversePermutation(permutation) : undefined;
}

/** Whether the stored elements are those of a tensor of `shape` whose axes were permuted so. */
function isStoredAs(view: View, shape: readonly number[], permutation: readonly number[]): boolean {
  const own = transposeOrder(
    permutation.map((axis) => shape[axis]!),
    inversePermutation(permutation),
  );
  return sameOrder(storedOrder(view), isIdentityOrder(own) ? undefined : own);
}

/** Where logical element k is stored; undefined when it is stored at k. */
function storedOrder({ stored, steps }: View): Int32Array | undefined {
  let order: Int32Array | undefined;
  for (const { shape, permutation } of steps) {
    const next = transposeOrder(shape, permutation);
    if (isIdentityOrder(next)) continue;
    const previous = order;
    order = previous ? next.map((k) => previous[k]!) : next;
  }
  return order && order.length === elementCount(stored.shape) && !isIdentityOrder(order) ? order : undefined;
}

function sameQuantization({ inputs: [input], output }: GraphNode): boolean {
  return input!.quantization === output.quantization;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

function sameOrder(a: Int32Array | undefined, b: Int32Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.length === b.length && a.every((at, k) => at === b[k]));
}
