/** One operator of a TensorFlow Lite file, as the readers in operators.ts see it. */
import { fail } from "../../diagnostics.js";
import { type GraphNode, noClamp, type RealClamp, type Tensor } from "../../ir/graph.js";
import { elementCount, int32, type Shape, typeName } from "../../ir/types.js";
import type { Window } from "../../ops/conv2d/conv2d.types.js";
import { equalQuantization } from "../quantize-rules.js";
import { FlatBytes, type FlatTable } from "./flat-table.js";
import type { TfliteOperator, TfliteTensor } from "./model.js";
import type { TfliteGraphReader } from "./read-tflite.js";
import { activationOf, codeTypeOf, quantizationOf, requireShape, valuesOf } from "./tensors.js";

/** Raised by `refuse`; turned into one diagnostic per operator. */
export class Refusal extends Error {}

/** A table without fields: every option has its default. */
const noOptions = new FlatBytes(Uint8Array.of(8, 0, 0, 0, 4, 0, 4, 0, 4, 0, 0, 0)).root();

/** ActivationFunctionType numbers of the schema. */
const activationBounds: ReadonlyMap<number, RealClamp> = new Map([
  [0, noClamp],
  [1, { min: 0, max: Infinity }],
  [2, { min: -1, max: 1 }],
  [3, { min: 0, max: 6 }],
]);

export class NodeReader {
  readonly options: FlatTable;

  constructor(
    private readonly graph: TfliteGraphReader,
    private readonly operator: TfliteOperator,
  ) {
    this.options = operator.options ?? noOptions;
  }

  get name(): string {
    return this.operator.name;
  }

  /** Refuses the operator: throws, is collected with all others. */
  refuse(reason: string): never {
    throw new Refusal(reason);
  }

  /** What the operator's result is declared to be. */
  get output(): Tensor {
    const stored = this.stored(this.operator.outputs[0]!);
    const type = codeTypeOf(stored);
    if (!type) return this.refuse(`the result '${stored.name}' is ${stored.type}; expected int8 or uint8`);
    return activationOf(stored, type);
  }

  /** The 8-bit activation at input `index`. */
  activation(index: number): Tensor {
    const stored = this.input(index);
    if (!stored) return this.refuse(`input ${index} is missing`);
    const value = this.graph.values.get(this.operator.inputs[index]!);
    if (value?.kind === "codes") return value.tensor;
    if (value?.kind === "padded")
      return this.refuse(`input ${index} is the result of PAD, which only convolutions can read`);
    if (stored.data) return this.refuse(`input ${index} ('${stored.name}') is a constant; expected an activation`);
    if (!codeTypeOf(stored))
      return this.refuse(`input ${index} ('${stored.name}') is ${stored.type}; expected int8 or uint8`);
    return fail("QC1003", `input '${stored.name}' is computed by no earlier operator.`, this.name);
  }

  /** The activation at input `index` as an image [1, height, width, channels]. */
  image(index: number): Tensor {
    const tensor = this.activation(index);
    if (tensor.shape.length !== 4 || tensor.shape[0] !== 1)
      this.refuse(`input of shape [${tensor.shape}]; expected [1, H, W, C]`);
    return tensor;
  }

  /** An image and the pads (top, left, bottom, right) that PAD operators before this one ask for. */
  paddedImage(index: number): { readonly x: Tensor; readonly pads: Window["pads"] } {
    const value = this.graph.values.get(this.operator.inputs[index] ?? -1);
    return value?.kind === "padded"
      ? { x: value.tensor, pads: value.pads }
      : { x: this.image(index), pads: [0, 0, 0, 0] };
  }

  /** Constant 8-bit weights of `rank` dimensions. */
  weights(index: number, rank: number): Tensor {
    const stored = this.input(index);
    const type = stored && codeTypeOf(stored);
    if (!stored || !type) return this.refuse(`the weights are ${stored?.type ?? "missing"}; expected int8 or uint8`);
    if (!stored.data) return this.refuse("the weights must be constants");
    requireShape(stored);
    if (stored.shape.length !== rank) this.refuse(`weights of shape [${stored.shape}]; expected ${rank} dimensions`);
    const quantization = quantizationOf(stored, type);
    return { name: stored.name, shape: stored.shape, type, quantization, data: Int32Array.from(this.values(stored)) };
  }

  /** The constant int32 bias at input `index`; without scales of its own it counts in units of input times weight scale. */
  bias(index: number, x: Tensor, weights: Tensor): Tensor | undefined {
    const stored = this.input(index);
    if (!stored) return undefined;
    if (stored.type !== "int32") this.refuse(`the bias is ${stored.type}; expected int32`);
    if (!stored.data) this.refuse("the bias must be a constant");
    const data = Int32Array.from(this.values(stored));
    const products = weights.quantization.scales.map((scale) => scale * x.quantization.scales[0]!);
    const quantization =
      stored.scales.length > 0
        ? quantizationOf(stored, int32)
        : { scales: products, zeroPoints: products.map(() => 0), axis: products.length === 1 ? undefined : 0 };
    return { name: stored.name, shape: [data.length], type: int32, quantization, data };
  }

  /** Numbers of a constant integer input: shapes, axes. */
  numbers(index: number): readonly number[] | undefined {
    const stored = this.input(index);
    if (!stored) return undefined;
    if (!stored.data) {
      // An empty list has no data either.
      if (stored.shape.length === 1 && stored.shape[0] === 0) return [];
      return this.refuse(`input ${index} ('${stored.name}') must be a constant. Convert with a fixed batch size`);
    }
    return this.values(stored);
  }

  /** Bounds of the fused activation whose number is option `field`. */
  clamp(field: number): RealClamp {
    const activation = this.options.int8(field);
    return (
      activationBounds.get(activation) ??
      this.refuse(`fused activation ${activation}; expected none, RELU, RELU6 or RELU_N1_TO_1`)
    );
  }

  /** Refuses a result whose quantization differs from its input's: TensorFlow Lite moves codes as they are. */
  requireSameQuantization(x: Tensor): void {
    const { type, quantization } = this.output;
    if (type !== x.type || !equalQuantization(quantization, x.quantization)) {
      this.refuse(
        `input (${describe(x)}) and result (${describe(this.output)}) are quantized differently; expected the same`,
      );
    }
  }

  /** The same codes under another shape. */
  reshaped(x: Tensor, shape: Shape): Tensor {
    if (sameShape(x.shape, shape)) return x;
    if (elementCount(shape) !== elementCount(x.shape)) this.refuse(`[${x.shape}] cannot become [${shape}]`);
    return this.add({ op: "reshape", inputs: [x], attributes: { shape } }, x);
  }

  /** Adds a Graph node of the operator's name; its result has the quantization of `like`. */
  add(node: Pick<GraphNode, "op" | "inputs" | "attributes"> & { readonly clamp?: RealClamp }, like: Tensor): Tensor {
    const { name, type, quantization } = like;
    return this.graph.push({ clamp: noClamp, ...node, name: this.name }, { name, type, quantization });
  }

  /** Names the operator's result. Throws QC2005 when the file declares another shape. */
  define(tensor: Tensor): void {
    this.requireDeclared(tensor.shape);
    this.graph.values.set(this.operator.outputs[0]!, { kind: "codes", tensor });
  }

  /** PAD by zero points: the convolution that reads the result pads instead. */
  definePadded(tensor: Tensor, pads: Window["pads"]): void {
    const [batch, height, width, channels] = tensor.shape as [number, number, number, number];
    this.requireDeclared([batch, height + pads[0] + pads[2], width + pads[1] + pads[3], channels]);
    this.graph.values.set(this.operator.outputs[0]!, { kind: "padded", tensor, pads });
  }

  /** QUANTIZE: codes of a float graph input or of a real value, or codes of another quantization. */
  quantize(): void {
    const { output } = this;
    const index = this.operator.inputs[0] ?? -1;
    const value = this.graph.values.get(index);
    if (value?.kind === "float-input") {
      const tensor = this.graph.quantizedInput(index, output);
      this.define(
        tensor ?? this.refuse("the graph input is already quantized with other parameters; expected one QUANTIZE"),
      );
      return;
    }
    const x = value?.kind === "real" ? value.tensor : this.activation(0);
    this.define(this.add({ op: "table", inputs: [x], attributes: {} }, output));
  }

  /** DEQUANTIZE: real values, for a graph output or another QUANTIZE. */
  dequantize(): void {
    const tensor = this.activation(0);
    const index = this.operator.outputs[0]!;
    const { name, type } = this.stored(index);
    if (type !== "float32") this.refuse(`the result '${name}' is ${type}; expected float32`);
    this.graph.values.set(index, { kind: "real", tensor });
  }

  private requireDeclared(shape: Shape): void {
    const declared = this.stored(this.operator.outputs[0]!);
    if (!sameShape(shape, declared.shape)) {
      fail(
        "QC2005",
        `the result '${declared.name}' has shape [${shape}]; the file declares [${declared.shape}].`,
        this.name,
      );
    }
  }

  private stored(index: number): TfliteTensor {
    return this.graph.model.tensors[index]!;
  }

  private input(index: number): TfliteTensor | undefined {
    const number = this.operator.inputs[index];
    return number === undefined || number === -1 ? undefined : this.stored(number);
  }

  private values(stored: TfliteTensor): number[] {
    this.graph.model.spend(stored.data!.length);
    return valuesOf(stored) ?? this.refuse(`'${stored.name}' is ${stored.type}; expected integers`);
  }
}

/** Whether two shapes have the same dimensions. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

function describe({ type, quantization: { scales, zeroPoints } }: Tensor): string {
  return `${typeName(type)}, scale ${scales[0]}, zero point ${zeroPoints[0]}`;
}
