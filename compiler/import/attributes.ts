/** Typed access to ONNX attributes. A wrong type or an unknown attribute refuses the node by name. */
import type { OnnxNode, OnnxTensor } from "./onnx.js";
import type { GraphReader } from "./rules.js";

export class Attributes {
  private readonly used = new Set<string>();

  constructor(
    private readonly node: OnnxNode,
    private readonly reader: Pick<GraphReader, "refuse">,
  ) {}

  integer(name: string, fallback: number): number {
    const value = this.take(name);
    if (value === undefined) return fallback;
    if (typeof value !== "number" || !Number.isSafeInteger(value)) this.wrong(name, "an integer");
    return value as number;
  }

  float(name: string, fallback: number): number {
    const value = this.take(name);
    if (value === undefined) return fallback;
    if (typeof value !== "number") this.wrong(name, "a number");
    return value as number;
  }

  /** A number, also where it is a tensor of one element. */
  number(name: string, fallback: number): number {
    const value = this.take(name);
    if (value === undefined) return fallback;
    const tensor = typeof value === "object" && !Array.isArray(value) ? (value as OnnxTensor).values : undefined;
    const found = tensor?.length === 1 ? tensor[0] : value;
    if (typeof found !== "number") this.wrong(name, "a number");
    return found as number;
  }

  text(name: string, fallback: string): string {
    const value = this.take(name);
    if (value === undefined) return fallback;
    if (typeof value !== "string") this.wrong(name, "a string");
    return value as string;
  }

  integers(name: string, fallback: readonly number[]): readonly number[] {
    const value = this.take(name);
    if (value === undefined) return fallback;
    if (!Array.isArray(value) || !value.every(Number.isSafeInteger)) this.wrong(name, "a list of integers");
    return value as readonly number[];
  }

  floats(name: string, fallback: readonly number[]): readonly number[] {
    const value = this.take(name);
    if (value === undefined) return fallback;
    if (!Array.isArray(value)) this.wrong(name, "a list of numbers");
    return value as readonly number[];
  }

  tensor(name: string): OnnxTensor | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    // Lists have a method of the name that tensors have their numbers in.
    if (typeof value !== "object" || Array.isArray(value) || !("values" in value)) this.wrong(name, "a tensor");
    return value as OnnxTensor;
  }

  /** Refuses attributes that no call asked for: an ignored attribute could change the meaning. */
  done(): void {
    for (const name of this.node.attributes.keys()) {
      if (!this.used.has(name)) this.reader.refuse(this.node, `attribute '${name}' is not supported`);
    }
  }

  private take(name: string) {
    this.used.add(name);
    return this.node.attributes.get(name);
  }

  private wrong(name: string, expected: string): never {
    return this.reader.refuse(this.node, `attribute '${name}' must be ${expected}`);
  }
}

/** The entry of a table that a model names: never what every object inherits, such as `constructor`. */
export function named<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
