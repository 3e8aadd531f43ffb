/** Values of a graph under construction, their quantizations, and the constants beside them. */
import { typeRange } from "../../compiler/ir/index.js";
import { Random } from "../hdl/graphs.js";
import { type Affine, type DataType, ModelBuilder } from "../helpers/onnx.js";
import type { Choices } from "./choices.js";

/** A quantized tensor: its codes, its dequantized values, or both by name. */
export interface Value {
  codes?: string | undefined;
  real?: string | undefined;
  readonly dims: readonly number[];
  readonly affine: Required<Affine>;
}

/** An unquantized result. */
export interface Pending {
  readonly name: string;
  readonly dims: readonly number[];
  /** Largest magnitude to be expected. */
  readonly amplitude: number;
  /** Element type of results that are no floats. */
  readonly type?: DataType;
}

export const mostElements = 400;

export const count = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);

const bitsOf = (type: DataType) => Number(/\d+$/.exec(type)![0]);

/** Ends of an integer type by its ONNX name. */
export function rangeOf(type: DataType): { lo: number; hi: number } {
  return typeRange({ bits: bitsOf(type), signed: !type.startsWith("u") });
}

export const isByte = (value: Value) => bitsOf(value.affine.type) === 8;

/** Largest magnitude of a value's reals. */
export function amplitudeOf({ affine: { scale, zeroPoint, type } }: Value): number {
  const { lo, hi } = rangeOf(type);
  return scale * Math.max(zeroPoint - lo, hi - zeroPoint);
}

/** The model under construction with the values that later operations may read. */
export class GraphState {
  readonly builder = new ModelBuilder();
  readonly pool: Value[] = [];
  /** Results that stay unquantized: graph outputs as they are. */
  readonly loose: Pending[] = [];
  random = new Random(0);

  constructor(
    public choices: Choices,
    /** Whether activations may have 16 bits. */
    readonly wide: boolean,
  ) {}

  /** A value of the pool, the latest for choice 0; undefined when none fits. */
  operand(fits: (value: Value) => boolean = () => true): Value | undefined {
    const candidates = this.pool.filter(fits);
    return candidates[candidates.length - 1 - (this.choices.next() % Math.max(1, candidates.length))];
  }

  /** The dequantized name of a value; some graphs dequantize anew for each reader. */
  real(value: Value): string {
    if (value.real === undefined || (value.codes !== undefined && this.choices.chance(0.15)))
      value.real = this.builder.dequantize(value.codes!, value.affine);
    return value.real;
  }

  /** The name of a value's codes. */
  codes(value: Value): string {
    value.codes ??= this.builder.quantize(value.real!, value.affine);
    return value.codes;
  }

  add(value: Value): void {
    if (count(value.dims) <= mostElements) this.pool.push(value);
  }

  /** A scale near `target`: any float32, a short decimal, or a power of two. */
  scale(target: number): number {
    const wild = this.choices.chance(0.1) ? this.choices.pick([0.02, 8, 100, 0.001]) : 1;
    const value = target * wild * this.choices.real(0.5, 1.5);
    const style = this.choices.pick(["decimal", "power", "any"] as const);
    if (style === "decimal") return Math.fround(Number(value.toPrecision(2)));
    return style === "power" ? 2 ** Math.round(Math.log2(value)) : Math.fround(value);
  }

  activationType(): DataType {
    const narrow: readonly DataType[] = ["int8", "uint8"];
    return this.choices.pick(this.wide ? [...narrow, "int16", "uint16"] : narrow);
  }

  zeroPoint(type: DataType): number {
    const { lo, hi } = rangeOf(type);
    const middle = Math.ceil((lo + hi) / 2);
    const kinds = [
      () => middle,
      () => middle + Math.round(this.choices.real(-0.25, 0.25) * (hi - lo)),
      () => lo,
      () => this.choices.integer(lo, hi),
      () => hi,
    ];
    return this.choices.pick([0, 1, 1, 1, 2, 3, 4].map((kind) => kinds[kind]!))();
  }

  /** Parameters for reals of this magnitude. */
  affine(amplitude: number, type = this.activationType()): Required<Affine> {
    const { lo, hi } = rangeOf(type);
    return { scale: this.scale((2 * amplitude) / (hi - lo)), zeroPoint: this.zeroPoint(type), type };
  }

  constant(type: DataType, dims: readonly number[], values: readonly number[], name = "c"): string {
    return this.builder.constant(name, type, dims, values);
  }

  shape(values: readonly number[]): string {
    return this.constant("int64", [values.length], values, "shape");
  }

  /** Scale and zero point inputs of a QLinear operator. */
  parameters({ scale, zeroPoint, type }: Required<Affine>): [string, string] {
    return [this.constant("float", [], [scale], "scale"), this.constant(type, [], [zeroPoint], "zp")];
  }

  /** Quantizes a result, often behind an activation function, or leaves it as it is. */
  finish(pending: Pending): void {
    if (this.choices.chance(0.04)) {
      this.loose.push(pending);
      return;
    }
    const affine = this.affine(pending.amplitude);
    this.add({ codes: this.builder.quantize(pending.name, affine), dims: pending.dims, affine });
  }
}
