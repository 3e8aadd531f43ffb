/** ONNX nodes to the Graph: walks the nodes in order, lets the op homes read them, collects every refusal. */
import { type Diagnostic, fail, QcError } from "../diagnostics.js";
import { type Graph, type GraphNode, noClamp, type Quantization, type RealClamp, type Tensor } from "../ir/graph.js";
import { elementCount, type IntegerType, int8, maximumElements, type Shape } from "../ir/types.js";
import { opHomes } from "../ops/index.js";
import { borderQuantization } from "./border.js";
import { inputShape, pinnedDims } from "./input-shape.js";
import type { ImportOptions, OnnxModel, OnnxNode, OnnxValue } from "./onnx.js";
import { readOnnx } from "./onnx.js";
import { pruneUnused, requireSingleDefinitions } from "./prune.js";
import { equalQuantization, quantizationRules } from "./quantize-rules.js";
import type { GraphReader, Move, OnnxRule, Pending, Value } from "./rules.js";
import { elementTypeName, integerTypeOf, isFloatType } from "./tensor-data.js";

type FloatInput = Extract<Value, { kind: "float-input" }>;

/** Raised by `refuse`; turned into one diagnostic per node. */
class Refusal extends Error {}

/** Reads model bytes into a Graph. Throws a QcError that lists every unsupported node at once. */
export function importModel(bytes: Uint8Array, name: string, options: ImportOptions = {}): Graph {
  const model = readOnnx(bytes, options);
  requireSingleDefinitions(model);
  return new ModelReader(pruneUnused(model), name, pinnedDims(options.dims, model.inputs)).read();
}

/** Rules by ONNX operator type: the quantization rules, then those of the op homes in order of their names. */
function rulesFor(opType: string): OnnxRule[] {
  const rules: OnnxRule[] = [];
  const own = quantizationRules[opType];
  if (own) rules.push(own);
  for (const home of opHomes.values()) {
    const rule = home.onnx[opType];
    if (rule) rules.push(rule);
  }
  return rules;
}

export class ModelReader implements GraphReader {
  readonly opset: number;
  private readonly values = new Map<string, Value>();
  private readonly nodes: GraphNode[] = [];
  private readonly inputs: Tensor[] = [];
  private readonly floatInputs = new Map<string, Tensor>();
  private readonly diagnostics: Diagnostic[] = [];

  constructor(
    private readonly model: OnnxModel,
    private readonly name: string,
    private readonly pinned: ReadonlyMap<string, number>,
  ) {
    this.opset = model.opset;
  }

  read(): Graph {
    for (const constant of this.model.initializers.values()) {
      this.values.set(constant.name, { kind: "constant", constant });
    }
    for (const input of this.model.inputs) this.readInput(input);
    for (const node of this.model.nodes) this.readNode(node);
    const outputs = this.readOutputs();
    if (this.diagnostics.length === 0 && (this.inputs.length === 0 || outputs.length === 0)) {
      fail(
        "QC1003",
        `the graph has ${this.inputs.length} quantized inputs and ${outputs.length} outputs; expected at least one of each.`,
      );
    }
    if (this.diagnostics.length > 0) throw new QcError(this.diagnostics);
    return { name: this.name, inputs: this.inputs, outputs, nodes: this.nodes };
  }

  value(node: OnnxNode, index: number): Value | undefined {
    const name = node.inputs[index];
    if (name === undefined || name === "") return undefined;
    const value = this.values.get(name);
    if (!value)
      return this.refuse(node, `input '${name}' is produced by no earlier node (cycle or missing initialiser)`);
    return value;
  }

  quantized(node: OnnxNode, index: number): Tensor {
    const value = this.value(node, index);
    if (value?.kind === "real" || value?.kind === "codes") return value.tensor;
    return this.refuse(
      node,
      `input ${index} ('${node.inputs[index] ?? ""}') is ${describe(value)}; expected the output of DequantizeLinear. Quantize every tensor between operations`,
    );
  }

  numbers(node: OnnxNode, index: number): readonly number[] | undefined {
    const value = this.value(node, index);
    if (value === undefined) return undefined;
    if (value.kind !== "constant") return this.refuse(node, `input ${index} must be a constant`);
    return Array.from(value.constant.values);
  }

  define(node: OnnxNode, value: Value, index = 0): void {
    const output = node.outputs[index];
    if (output === undefined) fail("QC1003", "the node has no output.", node.name);
    if (output === "" && index > 0) return;
    if (this.values.has(output)) fail("QC1003", `value '${output}' is defined twice.`, node.name);
    this.values.set(output, value);
  }

  emit(
    op: string,
    name: string,
    input: Tensor | readonly Tensor[],
    attributes: unknown,
    output: Partial<Tensor> = {},
  ): Tensor {
    const inputs = [input].flat();
    return this.push(
      { op, name, inputs, attributes, clamp: noClamp },
      {
        name: output.name ?? name,
        type: output.type ?? inputs[0]!.type,
        quantization: output.quantization ?? inputs[0]!.quantization,
      },
    );
  }

  finish(node: OnnxNode, pending: Pending, type: IntegerType, quantization: Quantization): void {
    const { op, attributes, clamp, moves, name, alike } = pending;
    const output = { name: node.outputs[0] ?? name, type, quantization };
    const inputs = alike
      ? pending.inputs.map((input, i) => this.requantized(input, clamp, { ...output, name: `${name}_${i}` }))
      : pending.inputs;
    const tensor = this.moved(this.push({ op, name, inputs, attributes, clamp }, output), moves);
    this.define(node, { kind: "codes", tensor });
  }

  /** The input with the clamp and the quantization of `output`, through a table unless it has them already. */
  private requantized(input: Tensor, clamp: RealClamp, output: Omit<Tensor, "shape" | "data">): Tensor {
    const same = input.type.signed === output.type.signed && equalQuantization(input.quantization, output.quantization);
    if (same && clamp.min === -Infinity && clamp.max === Infinity) return input;
    return this.push({ op: "table", name: output.name, inputs: [input], attributes: {}, clamp }, output);
  }

  move(node: OnnxNode, movesFor: (shape: Shape) => readonly Move[], output = 0): boolean {
    const value = this.value(node, 0);
    switch (value?.kind) {
      case "codes":
      case "real":
        this.define(node, { kind: value.kind, tensor: this.moved(value.tensor, movesFor(value.tensor.shape)) }, output);
        return true;
      case "pending":
      case "float-input": {
        const moves = movesFor(value.shape);
        this.define(
          node,
          { ...value, shape: movedShape(value.shape, moves), moves: [...value.moves, ...moves] },
          output,
        );
        return true;
      }
      default:
        return this.refuse(node, `the input is ${describe(value)}; expected values that are or will be quantized`);
    }
  }

  /** Adds the movements behind a tensor. */
  moved(tensor: Tensor, moves: readonly Move[]): Tensor {
    return moves.reduce((input, { op, name, attributes }) => this.emit(op, name, input, attributes), tensor);
  }

  /** Appends a node and infers its output shape. */
  push(node: Omit<GraphNode, "output">, output: Omit<Tensor, "shape" | "data">): Tensor {
    if (node.inputs[0]?.data) {
      throw new Refusal(
        `operand '${node.inputs[0].name}' is a constant; expected an activation. Fold constants before export`,
      );
    }
    const home = opHomes.get(node.op)!;
    const shape = home.inferShape(node);
    const count = elementCount(shape);
    if (!(count >= 1 && count <= maximumElements))
      fail("QC2005", `the result has shape [${shape}]; expected 1 to 2^22 elements.`, node.name);
    const tensor: Tensor = { ...output, shape };
    this.nodes.push({ ...node, output: tensor });
    return tensor;
  }

  refuse(_node: OnnxNode, reason: string): never {
    throw new Refusal(reason);
  }

  private readNode(node: OnnxNode): void {
    try {
      if (node.inputs.some((name) => this.values.get(name)?.kind === "refused")) {
        this.refused(node);
        return;
      }
      const rules = node.domain === "" || node.domain === "com.microsoft" ? rulesFor(node.opType) : [];
      const known = node.domain === "" ? node.opType : `${node.domain}.${node.opType}`;
      if (rules.length === 0) {
        this.report("QC2001", node, `${known} is not supported.`);
      } else if (!rules.some((rule) => rule(node, this))) {
        this.report("QC2002", node, `${known} is not supported with these inputs.`);
      }
    } catch (error) {
      if (error instanceof Refusal) this.report("QC2002", node, `${node.opType}: ${error.message}.`);
      else if (error instanceof QcError) {
        this.diagnostics.push(...error.diagnostics.map((d) => ({ ...d, where: d.where ?? node.name })));
        this.refused(node);
      } else throw error;
    }
  }

  private report(code: Diagnostic["code"], node: OnnxNode, message: string): void {
    this.diagnostics.push({ code, where: node.name, message });
    this.refused(node);
  }

  private refused(node: OnnxNode): void {
    for (const output of node.outputs) this.values.set(output, { kind: "refused" });
  }

  private readInput(input: OnnxValue): void {
    const shape = inputShape(input, this.pinned);
    if (this.values.has(input.name)) fail("QC1003", `graph input '${input.name}' is defined twice.`, input.name);
    if (isFloatType(input.dataType)) {
      this.values.set(input.name, { kind: "float-input", name: input.name, source: shape, shape, moves: [] });
      return;
    }
    const type = integerTypeOf(input.dataType);
    if (!type || type.bits > 8) {
      fail(
        "QC2002",
        `graph input of type ${elementTypeName[input.dataType] ?? input.dataType}; expected int8, uint8, a narrower integer or float.`,
        input.name,
      );
    }
    const tensor = this.addInput(input.name, shape, type, borderQuantization(this.model, input.name));
    this.values.set(input.name, { kind: "codes", tensor });
  }

  /** The codes of a float input after its movements; undefined when an earlier QuantizeLinear gave it another quantization. */
  quantizedInput(
    { name, source, moves }: FloatInput,
    type: Tensor["type"],
    quantization: Quantization,
  ): Tensor | undefined {
    const tensor = this.floatInputs.get(name) ?? this.addInput(name, source, type, quantization);
    this.floatInputs.set(name, tensor);
    const same = tensor.type.signed === type.signed && equalQuantization(tensor.quantization, quantization);
    return same ? this.moved(tensor, moves) : undefined;
  }

  /** Registers a graph input of codes. */
  addInput(name: string, shape: Tensor["shape"], type: Tensor["type"], quantization: Quantization): Tensor {
    const tensor: Tensor = { name, shape, type, quantization };
    this.inputs.push(tensor);
    return tensor;
  }

  private readOutputs(): Tensor[] {
    const outputs: Tensor[] = [];
    for (const output of this.model.outputs) {
      const value = this.values.get(output.name);
      if (value?.kind === "refused") continue;
      if ((value?.kind === "codes" || value?.kind === "real") && !value.tensor.data) outputs.push(value.tensor);
      else {
        this.diagnostics.push({
          code: "QC2003",
          where: output.name,
          message: `the graph output is ${describe(value)}; expected quantized values. Put QuantizeLinear before it.`,
        });
      }
    }
    return outputs;
  }
}

/** Shape of a tensor after movements that see nothing but its shape. */
function movedShape(shape: Shape, moves: readonly Move[]): Shape {
  const quantization = { scales: [1], zeroPoints: [0] };
  return moves.reduce((current, { op, name, attributes }) => {
    const input: Tensor = { name, shape: current, type: int8, quantization };
    return opHomes.get(op)!.inferShape({ inputs: [input], attributes });
  }, shape);
}

function describe(value: Value | undefined): string {
  if (!value) return "missing";
  switch (value.kind) {
    case "constant":
      return `a ${elementTypeName[value.constant.dataType] ?? "constant"} constant`;
    case "pending":
      return `the unquantized result of '${value.name}'`;
    case "float-input":
      return "a float graph input";
    case "refused":
      return "a refused result";
    default:
      return value.tensor.data ? "a constant" : value.kind;
  }
}
