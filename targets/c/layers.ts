/** Lets each op home lower its nodes, and collects what they ask for. */
import type { Requantization, RequantizeLayer } from "../../compiler/arith/index.js";
import { type IntegerNode, typeName } from "../../compiler/ir/index.js";
import { opHomes } from "../../compiler/ops/index.js";
import type { Plan } from "../../compiler/plan/plan.js";
import { isInPlace } from "../../compiler/plan/views.js";
import type { Core } from "../core.js";
import { commentText, type Names } from "../mangle.js";
import { Constants } from "./constants.js";
import { offsetOf } from "./emit.js";
import type { CContext, CElement, SharedFunction } from "./lowering.js";

/** Where a lowering finds its operands: C expressions. */
export type Places = Pick<CContext, "input" | "output" | "scratch"> & Partial<Pick<CContext, "isInPlace">>;

interface EmittedFunction {
  readonly name: string;
  /** Of the result. */
  readonly type: string;
  /** Joined by commas. */
  readonly parameters: string;
  readonly body: readonly string[];
  readonly comment: string;
}

export class LayerEmitter {
  readonly constants: Constants;
  readonly functions: EmittedFunction[] = [];
  readonly layers: EmittedFunction[] = [];
  /** Directly included runtime headers, in order of first use. */
  readonly headers: string[] = [];
  /** Runtime headers by the id of the tensor that a layer computes: they name its kernel. */
  readonly kernels = new Map<number, string[]>();
  readonly #functionNames = new Map<string, string>();
  readonly #lastConstants = new Map<string, { values: ArrayLike<number | bigint>; name: string }>();

  constructor(
    readonly plan: Plan,
    readonly core: Core,
    readonly prefix: string,
    readonly names: Names,
    readonly requantization: (layer: RequantizeLayer) => Requantization,
  ) {
    this.constants = new Constants(names, plan.weights?.fetches);
  }

  /**
   * Statements of a lowering whose operands are these C expressions; constants are called after `where`. Its headers are
   * those of the kernel that computes the tensor of id `computes`.
   */
  lowered(where: string, places: Places, lower: (context: CContext) => void, computes?: number): string[] {
    const body: string[] = [];
    lower(this.#context(where, places, body, computes));
    return body;
  }

  /** Adds a function to the model's file; returns its name. */
  define(wanted: string, parameters: string, body: readonly string[], comment: string, type = "void"): string {
    const name = this.names.unique(wanted);
    this.layers.push({ name, type, parameters, body, comment: commentText(comment) });
    return name;
  }

  /** Uses a runtime header. */
  include(header: string): void {
    if (!this.headers.includes(header)) this.headers.push(header);
  }

  /** What a node does, for comments. */
  describe(node: IntegerNode): string {
    const shapes = [...node.inputs, node.output].map(({ shape, type }) => `${typeName(type)}[${shape}]`);
    const attributes = opHomes.get(node.op)!.print(node.attributes);
    return `${node.name}: ${node.op} ${shapes.slice(0, -1).join(" ")} -> ${shapes.at(-1)} ${attributes}`;
  }

  /** Lowers one node; returns the name of its function, or undefined when no code runs. */
  layer(node: IntegerNode, index: number): string | undefined {
    const { plan } = this;
    const at = (offset: number) => (offset === 0 ? "arena" : `arena + ${offset}`);
    const scratch = plan.scratch.get(index);
    const places = {
      input: (i: number) => (plan.external.has(node.inputs[i]!.id) ? "input" : at(offsetOf(plan, node.inputs[i]!))),
      output: plan.external.has(node.output.id) ? "0" : at(offsetOf(plan, node.output)),
      scratch: scratch === undefined ? "0" : at(scratch),
      isInPlace: (i: number) => isInPlace(plan, node, i),
    };
    const where = `layer_${index}_${node.name}`;
    const body = this.lowered(where, places, (context) => opHomes.get(node.op)!.c(node, context), node.output.id);
    if (body.length === 0) return undefined;
    const parameters = this.readsInput(node) ? "uint8_t *arena, const uint8_t *input" : "uint8_t *arena";
    return this.define(where, parameters, body, this.describe(node));
  }

  /** Whether a node reads an input outside the arena. */
  readsInput({ inputs }: IntegerNode): boolean {
    return inputs.some(({ id }) => this.plan.external.has(id));
  }

  #context(where: string, places: Places, body: string[], computes?: number): CContext {
    const { prefix } = this;
    return {
      core: this.core,
      input: places.input,
      isInPlace: places.isInPlace ?? (() => false),
      get output() {
        return places.output;
      },
      get scratch() {
        return places.scratch;
      },
      constant: (role, element, values) => this.#constant(`${prefix}_${where}_${role}`, element, values),
      requantization: this.requantization,
      include: (header) => {
        this.include(header);
        if (computes !== undefined) this.kernels.set(computes, [...(this.kernels.get(computes) ?? []), header]);
      },
      shared: (definition) => this.shared(definition),
      statement: (code) => body.push(code),
    };
  }

  /** Nodes that run by rows ask for the same constants once per kind of row. */
  #constant(wanted: string, element: CElement, values: ArrayLike<number | bigint>): string {
    const last = this.#lastConstants.get(wanted);
    if (last && same(last.values, values)) return this.constants.read(last.name);
    const name = this.constants.place(wanted, element, values);
    this.#lastConstants.set(wanted, { values, name });
    return this.constants.read(name);
  }

  /** Defines a function, once for all that ask for the same one; returns its name. */
  shared({ role, parameters, body }: SharedFunction): string {
    const key = [...parameters, "{", ...body].join("\n");
    const known = this.#functionNames.get(key);
    if (known !== undefined) return known;
    const name = this.names.unique(role);
    this.#functionNames.set(key, name);
    this.functions.push({ name, type: "void", parameters: parameters.join(", "), body, comment: "" });
    return name;
  }
}

function same(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}
