/** Lets each op home lower its nodes, and collects what they ask for. */
import type { Requantization, RequantizeLayer } from "../../compiler/arith/index.js";
import { type IntegerNode, typeName } from "../../compiler/ir/index.js";
import { opHomes } from "../../compiler/ops/index.js";
import type { Plan } from "../../compiler/plan/plan.js";
import type { Core } from "../core.js";
import { commentText, type Names } from "../mangle.js";
import { Constants } from "./constants.js";
import { offsetOf } from "./emit.js";
import type { CContext, SharedFunction } from "./lowering.js";

interface EmittedFunction {
  readonly name: string;
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

  constructor(
    readonly plan: Plan,
    readonly core: Core,
    readonly prefix: string,
    readonly names: Names,
    readonly requantization: (layer: RequantizeLayer) => Requantization,
  ) {
    this.constants = new Constants(names);
  }

  /** Lowers one node; returns the name of its function, or undefined when no code runs. */
  layer(node: IntegerNode, index: number): string | undefined {
    const home = opHomes.get(node.op)!;
    const body: string[] = [];
    const where = `layer_${index}_${node.name}`;
    home.c(node, this.#context(node, index, where, body));
    if (body.length === 0) return undefined;
    const name = this.names.unique(where);
    const shapes = [...node.inputs, node.output].map(({ shape, type }) => `${typeName(type)}[${shape}]`);
    const description = `${node.name}: ${node.op} ${shapes.slice(0, -1).join(" ")} -> ${shapes.at(-1)} ${home.print(node.attributes)}`;
    this.layers.push({ name, parameters: "uint8_t *arena", body, comment: commentText(description) });
    return name;
  }

  #context(node: IntegerNode, index: number, where: string, body: string[]): CContext {
    const { plan, prefix } = this;
    const at = (offset: number) => (offset === 0 ? "arena" : `arena + ${offset}`);
    const scratch = plan.scratch.get(index);
    return {
      core: this.core,
      input: (i) => at(offsetOf(plan, node.inputs[i]!)),
      output: at(offsetOf(plan, node.output)),
      scratch: scratch === undefined ? "0" : at(scratch),
      constant: (role, element, values) => this.constants.place(`${prefix}_${where}_${role}`, element, values),
      requantization: this.requantization,
      include: (header) => {
        if (!this.headers.includes(header)) this.headers.push(header);
        this.kernels.set(node.output.id, [...(this.kernels.get(node.output.id) ?? []), header]);
      },
      shared: (definition) => this.#share(definition),
      statement: (code) => body.push(code),
    };
  }

  #share({ role, parameters, body }: SharedFunction): string {
    const key = [...parameters, "{", ...body].join("\n");
    const known = this.#functionNames.get(key);
    if (known !== undefined) return known;
    const name = this.names.unique(role);
    this.#functionNames.set(key, name);
    this.functions.push({ name, parameters: parameters.join(", "), body, comment: "" });
    return name;
  }
}
