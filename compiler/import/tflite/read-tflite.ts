/** TensorFlow Lite operators to the Graph: reads them in order and collects every refusal. */
import { type Diagnostic, fail, QcError } from "../../diagnostics.js";
import type { Graph, GraphNode, Tensor } from "../../ir/graph.js";
import type { Window } from "../../ops/conv2d/conv2d.types.js";
import { opHomes } from "../../ops/index.js";
import { equalQuantization } from "../quantize-rules.js";
import { readTflite, type TfliteModel, type TfliteOperator } from "./model.js";
import { NodeReader, Refusal } from "./node-reader.js";
import { operatorReaders } from "./operators.js";
import { activationOf, codeTypeOf } from "./tensors.js";

/** What a tensor of the file stands for while the graph is read. */
export type Value =
  /** 8-bit codes. */
  | { readonly kind: "codes"; readonly tensor: Tensor }
  /** The real values of such codes (behind DEQUANTIZE). */
  | { readonly kind: "real"; readonly tensor: Tensor }
  /** Codes that a convolution must pad with their zero point: what PAD leaves to it. */
  | { readonly kind: "padded"; readonly tensor: Tensor; readonly pads: Window["pads"] }
  /** A float graph input that a QUANTIZE must follow. */
  | { readonly kind: "float-input" }
  /** Result of an operator that was refused; its consumers are skipped. */
  | { readonly kind: "refused" };

/** Reads model bytes into a Graph. Throws a QcError that lists every unsupported operator at once. */
export function importTflite(bytes: Uint8Array, name: string): Graph {
  return new TfliteGraphReader(readTflite(bytes), name).read();
}

export class TfliteGraphReader {
  readonly values = new Map<number, Value>();
  private readonly nodes: GraphNode[] = [];
  /** Graph inputs by tensor number; those of float type join when they are quantized. */
  private readonly inputs = new Map<number, Tensor>();
  private readonly diagnostics: Diagnostic[] = [];

  constructor(
    readonly model: TfliteModel,
    private readonly name: string,
  ) {}

  read(): Graph {
    for (const index of this.model.inputs) this.readInput(index);
    for (const operator of this.model.operators) this.readOperator(operator);
    const outputs = this.readOutputs();
    if (this.diagnostics.length > 0) throw new QcError(this.diagnostics);
    const inputs = this.model.inputs.flatMap((index) => this.inputs.get(index) ?? []);
    if (inputs.length === 0 || outputs.length === 0) {
      fail(
        "QC1003",
        `the graph has ${inputs.length} quantized inputs and ${outputs.length} outputs; expected at least one of each.`,
      );
    }
    return { name: this.name, inputs, outputs, nodes: this.nodes };
  }

  /** Appends a node and infers its output shape. */
  push(node: Omit<GraphNode, "output">, output: Omit<Tensor, "shape" | "data">): Tensor {
    const tensor: Tensor = { ...output, shape: opHomes.get(node.op)!.inferShape(node) };
    this.nodes.push({ ...node, output: tensor });
    return tensor;
  }

  /** The codes of a float graph input; undefined when an earlier QUANTIZE gave it another quantization. */
  quantizedInput(index: number, codes: Tensor): Tensor | undefined {
    const { name, shape } = this.model.tensors[index]!;
    const tensor = this.inputs.get(index) ?? { ...codes, name, shape };
    this.inputs.set(index, tensor);
    const same = tensor.type === codes.type && equalQuantization(tensor.quantization, codes.quantization);
    return same ? tensor : undefined;
  }

  private readInput(index: number): void {
    const stored = this.model.tensors[index]!;
    const { name, shape } = stored;
    if (this.values.has(index) || stored.data) fail("QC1003", "the graph input is listed twice or holds data.", name);
    if (shape.length > 0 && shape[0] !== 1) {
      fail("QC1004", `the batch dimension is ${shape[0]}; expected 1. Convert with batch size 1.`, name);
    }
    const type = codeTypeOf(stored);
    if (type) {
      const tensor = activationOf(stored, type);
      this.inputs.set(index, tensor);
      this.values.set(index, { kind: "codes", tensor });
    } else if (stored.type === "float32") this.values.set(index, { kind: "float-input" });
    else fail("QC2002", `graph input of type ${stored.type}; expected int8, uint8 or float32.`, name);
  }

  private readOperator(operator: TfliteOperator): void {
    for (const output of operator.outputs) {
      const stored = this.model.tensors[output]!;
      if (this.values.has(output) || stored.data)
        fail("QC1003", `'${stored.name}' is computed twice or holds data.`, operator.name);
    }
    try {
      if (operator.inputs.some((input) => this.values.get(input)?.kind === "refused")) {
        this.refused(operator);
        return;
      }
      const home = operatorReaders.get(operator.code);
      if (!home) {
        this.report("QC2001", operator, `${operator.operator} is not supported.`);
        return;
      }
      if (operator.outputs.length !== 1) throw new Refusal(`${operator.outputs.length} results; expected one`);
      if (operator.options && operator.optionsType !== home.options) {
        throw new Refusal(`options of type ${operator.optionsType}; expected ${home.options}`);
      }
      home.read(new NodeReader(this, operator));
    } catch (error) {
      if (error instanceof Refusal) this.report("QC2002", operator, `${operator.operator}: ${error.message}.`);
      else if (error instanceof QcError) {
        this.diagnostics.push(
          ...error.diagnostics.map((diagnostic) => ({ ...diagnostic, where: diagnostic.where ?? operator.name })),
        );
        this.refused(operator);
      } else throw error;
    }
  }

  private report(code: Diagnostic["code"], operator: TfliteOperator, message: string): void {
    this.diagnostics.push({ code, where: operator.name, message });
    this.refused(operator);
  }

  private refused(operator: TfliteOperator): void {
    for (const output of operator.outputs) this.values.set(output, { kind: "refused" });
  }

  private readOutputs(): Tensor[] {
    return this.model.outputs.flatMap((index) => {
      const value = this.values.get(index);
      if (value?.kind === "refused") return [];
      if (value?.kind === "codes" || value?.kind === "real") return value.tensor;
      const where = this.model.tensors[index]!.name;
      if (!value) this.diagnostics.push({ code: "QC1003", where, message: "the graph output is never computed." });
      else
        this.diagnostics.push({
          code: "QC2002",
          where,
          message: "the graph output is a float input or the result of PAD; expected computed codes.",
        });
      return [];
    });
  }
}
