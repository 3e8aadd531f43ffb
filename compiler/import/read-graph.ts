/** ONNX nodes to the Graph: walks the nodes in order, lets the op homes read them, collects every refusal. */
import { type Expression, printExpression } from "../arith/expression.js";
import { type Diagnostic, fail, QcError } from "../diagnostics.js";
import { type Graph, type GraphNode, noClamp, type Quantization, type RealClamp, type Tensor } from "../ir/graph.js";
import { elementCount, type IntegerType, int32, maximumElements, type Shape } from "../ir/types.js";
import { opHomes } from "../ops/index.js";
import { lastAxisBehind } from "../ops/table/real-function.js";
import { borderQuantization } from "./border.js";
import { constantOutput, constantTensor, isNumeric } from "./constant-output.js";
import { foldLimit, foldNode, foldShape, movesElements } from "./fold/fold-node.js";
import { movedAxis } from "./fold/moved-axis.js";
import { constantCodes, gridQuantization } from "./grid.js";
import { inputCodes } from "./input-codes.js";
import { inputShape, pinnedDims } from "./input-shape.js";
import type { ImportOptions, InputCodes, OnnxModel, OnnxNode, OnnxValue } from "./onnx.js";
import { readOnnx } from "./onnx.js";
import { inOrder, pruneUnused, requireSingleDefinitions } from "./prune.js";
import { equalQuantization, shapeOf } from "./quantize-rules.js";
import { rewriteOf } from "./rewrites.js";
import { rulesFor } from "./rule-tables.js";
import type { FloatInput, GraphReader, Move, Pending, Unquantized, Value } from "./rules.js";
import { withStartInput } from "./start-input.js";
import { elementTypeName, integerTypeOf, isFloatType, truthTypeOf } from "./tensor-data.js";
import { chosenQuantization, describeImplied, exactQuantization, type RawOutput, rawOutput } from "./unquantized.js";
import { codesAsConstant, describeValue, equalType, isPlain, movedShape } from "./values.js";

/** Raised by `refuse`; turned into one diagnostic per node. */
class Refusal extends Error {}

/** Reads model bytes into a Graph. Throws a QcError that lists every unsupported node at once. */
export function importModel(bytes: Uint8Array, name: string, options: ImportOptions = {}): Graph {
  const whole = readOnnx(bytes, options);
  requireSingleDefinitions(whole);
  const { model, notes } = withStartInput(inOrder(pruneUnused(whole)));
  const [dims, codes] = [pinnedDims(options.dims, whole.inputs), inputCodes(options.inputs, whole)];
  return new ModelReader(model, name, dims, codes, notes).read();
}

export class ModelReader implements GraphReader {
  readonly opset: number;
  private readonly values = new Map<string, Value>();
  private readonly nodes: GraphNode[] = [];
  private readonly inputs: Tensor[] = [];
  private readonly floatInputs = new Map<string, Tensor>();
  private readonly diagnostics: Diagnostic[] = [];
  /** Elements that constants computed by nodes may still have. */
  private foldable = foldLimit;

  constructor(
    private readonly model: OnnxModel,
    private readonly name: string,
    private readonly pinned: ReadonlyMap<string, number>,
    private readonly declared: ReadonlyMap<string, InputCodes>,
    private readonly notes: Diagnostic[],
  ) {
    this.opset = model.opset;
  }

  read(): Graph {
    for (const [name, constant] of this.model.initializers) this.values.set(name, { kind: "constant", constant });
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
    return { name: this.name, inputs: this.inputs, outputs, nodes: this.nodes, notes: this.notes };
  }

  value(node: OnnxNode, index: number): Value | undefined {
    const name = node.inputs[index];
    if (name === undefined || name === "") return undefined;
    const value = this.values.get(name);
    if (!value)
      return this.refuse(node, `input '${name}' is produced by no earlier node (cycle or missing initialiser)`);
    return value;
  }

  quantized(node: OnnxNode, index: number, mostBits = 16): Tensor {
    const value = this.value(node, index);
    if (value?.kind === "real" || (value?.kind === "codes" && isPlain(value.tensor))) return value.tensor;
    const settled = value && this.settled(node.inputs[index]!, value, mostBits);
    if (settled) return settled;
    return this.refuse(
      node,
      `input ${index} ('${node.inputs[index] ?? ""}') is ${describeValue(value)}; expected the output of DequantizeLinear. Quantize every tensor between operations`,
    );
  }

  /** The tensor of a value that is on a grid of its own; it then stands for the value everywhere. */
  private settled(name: string, value: Value, mostBits: number): Tensor | undefined {
    let tensor: Tensor | undefined;
    if (value.kind === "constant") {
      const found = isNumeric(value.constant) ? constantCodes(value.constant) : undefined;
      tensor = found && { name, shape: value.constant.dims, ...found };
    } else if (value.kind === "pending" || value.kind === "float-input") {
      const own = exactQuantization(value, mostBits);
      tensor = own && this.quantize(name, value, own.type, own.quantization);
    }
    if (tensor) this.values.set(name, { kind: "real", tensor });
    return tensor;
  }

  numbers(node: OnnxNode, index: number): readonly number[] | undefined {
    const value = this.value(node, index);
    if (value === undefined) return undefined;
    if (value.kind !== "constant") return this.refuse(node, `input ${index} must be a constant`);
    return Array.from(value.constant.values);
  }

  integers(node: OnnxNode, index: number): readonly number[] | undefined {
    const value = this.value(node, index);
    if (value?.kind === "constant" && !integerTypeOf(value.constant.dataType)) {
      return this.refuse(node, `input ${index} is ${describeValue(value)}; expected integers`);
    }
    return this.numbers(node, index);
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
    const tensor = this.quantize(node.outputs[0] ?? pending.name, pending, type, quantization);
    this.define(node, { kind: "codes", tensor });
  }

  quantize(name: string, value: Unquantized, type: IntegerType, quantization: Quantization): Tensor {
    if (value.kind === "float-input") return this.quantizedInput(value, type, quantization);
    const { op, attributes, post, clamp, moves, alikeFrom = Infinity } = value;
    const output = { name, type, quantization };
    const inputs = value.inputs.map((input, i) =>
      i < alikeFrom ? input : this.requantized(input, clamp, { ...output, name: `${value.name}_${i}` }),
    );
    return this.moved(this.push({ op, name: value.name, inputs, attributes, post, clamp }, output), moves);
  }

  /** The input with the clamp and the quantization of `output`, through a table unless it has them already. */
  private requantized(input: Tensor, clamp: RealClamp, output: Omit<Tensor, "shape" | "data">): Tensor {
    const same = equalType(input.type, output.type) && equalQuantization(input.quantization, output.quantization);
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
        return this.refuse(node, `the input is ${describeValue(value)}; expected values that are or will be quantized`);
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
      if (this.fold(node)) return;
      const rules = rulesFor(node);
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

  /** Defines the results that follow from constants, or from the shape of the input, alone. */
  private fold(node: OnnxNode): boolean {
    const inputs = node.inputs.map((name) => this.values.get(name));
    const [first] = inputs;
    const moved = first?.kind === "real" && movesElements(node) ? first.tensor : undefined;
    const constants = inputs.map((value) => (value?.kind === "constant" ? value.constant : undefined));
    const axis = moved?.quantization.axis;
    const place =
      axis === undefined ? undefined : movedAxis(node, moved!.shape, axis, constants.slice(1), this.foldable);
    if (moved?.data && (axis === undefined) === (place === undefined))
      constants[0] = codesAsConstant(moved, moved.data);
    const known = node.inputs.every((name, index) => name === "" || constants[index]);
    const results = known ? foldNode(node, constants, this.foldable) : first && foldShape(node, shapeOf(first));
    for (const [index, constant] of results?.entries() ?? []) {
      const { name, dims, values } = constant;
      const shared = constants.some((input) => input?.values === values);
      if (!shared) this.foldable -= values.length;
      const real = moved && {
        ...moved,
        quantization: { ...moved.quantization, axis: place },
        name,
        shape: dims,
        data: values instanceof Int32Array ? values : Int32Array.from(values),
      };
      this.define(node, real ? { kind: "real", tensor: real } : { kind: "constant", constant }, index);
    }
    return results !== undefined;
  }

  private report(code: Diagnostic["code"], node: OnnxNode, message: string): void {
    const hint = code === "QC2001" ? rewriteOf(node.opType) : undefined;
    this.diagnostics.push({ code, where: node.name, message, ...(hint && { hint }) });
    this.refused(node);
  }

  private refused(node: OnnxNode): void {
    for (const output of node.outputs) this.values.set(output, { kind: "refused" });
  }

  private readInput(input: OnnxValue): void {
    const shape = inputShape(input, this.pinned);
    if (this.values.has(input.name)) fail("QC1003", `graph input '${input.name}' is defined twice.`, input.name);
    const declared = this.declared.get(input.name);
    if (declared) {
      const tensor = this.addInput(input.name, shape, declared.type, declared.quantization);
      this.values.set(input.name, { kind: isFloatType(input.dataType) ? "real" : "codes", tensor });
      return;
    }
    if (isFloatType(input.dataType)) {
      this.values.set(input.name, { kind: "float-input", name: input.name, source: shape, shape, moves: [] });
      return;
    }
    const wide = elementTypeName[input.dataType] === "int64";
    if (wide) {
      const message = "the int64 graph input becomes int32; give its codes by --input-type to make it narrower.";
      this.notes.push({ code: "QC2007", where: input.name, message });
    }
    const type = wide ? int32 : (integerTypeOf(input.dataType) ?? truthTypeOf(input.dataType));
    if (!type || (type.bits > 16 && !(type.bits === 32 && type.signed))) {
      fail(
        "QC2002",
        `graph input of type ${elementTypeName[input.dataType] ?? input.dataType}; expected int32, an integer of at most 16 bits, bool, or float.`,
        input.name,
      );
    }
    const tensor = this.addInput(input.name, shape, type, borderQuantization(this.model, input.name));
    this.values.set(input.name, { kind: "codes", tensor });
  }

  /** The codes of a float input after its movements. Refused when an earlier QuantizeLinear gave it another quantization. */
  private quantizedInput(
    { name, source, moves, expression }: FloatInput,
    type: IntegerType,
    quantization: Quantization,
  ): Tensor {
    const tensor = this.floatInputs.get(name) ?? this.addInput(name, source, type, quantization, expression);
    this.floatInputs.set(name, tensor);
    const same = equalType(tensor.type, type) && equalQuantization(tensor.quantization, quantization);
    if (same && printExpression(tensor.border ?? "x") === printExpression(expression ?? "x")) {
      return this.moved(tensor, moves);
    }
    throw new Refusal(`input '${name}' is already quantized with other parameters; expected one QuantizeLinear`);
  }

  /** Registers a graph input of codes. */
  private addInput(
    name: string,
    shape: Shape,
    type: IntegerType,
    quantization: Quantization,
    border?: Expression,
  ): Tensor {
    const tensor: Tensor = { name, shape, type, quantization, ...(border === undefined ? {} : { border }) };
    this.inputs.push(tensor);
    return tensor;
  }

  private readOutputs(): Tensor[] {
    const outputs: Tensor[] = [];
    for (const output of this.model.outputs) {
      const value = this.values.get(output.name);
      if (value?.kind === "refused") continue;
      let tensor: Tensor | undefined;
      try {
        tensor = value && this.outputTensor(output.name, value);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.diagnostics.push({ code: "QC2002", where: output.name, message: `graph output: ${error.message}.` });
        continue;
      }
      if (tensor) outputs.push(tensor);
      else {
        this.diagnostics.push({
          code: "QC2003",
          where: output.name,
          message: `the graph output is ${describeValue(value)}; expected quantized values. Put QuantizeLinear before it.`,
        });
      }
    }
    return outputs;
  }

  /**
   * The tensor of a graph output. An unquantized one is given the integers that it is made of: exact ones where it is on a
   * grid, its accumulators where it is a multiple of them, else 16 bits of qcompile's choice, with a note.
   */
  private outputTensor(name: string, value: Value): Tensor | undefined {
    const constant = constantTensor(name, value);
    if (constant) return constantOutput(this, this.inputs[0], name, constant);
    if (value.kind === "codes" || value.kind === "real") return value.tensor;
    if (value.kind !== "pending" && value.kind !== "float-input") return undefined;
    const exact = exactQuantization(value);
    if (exact) return this.quantize(name, value, exact.type, exact.quantization);
    if (value.kind === "float-input") return undefined;
    const raw = rawOutput(value);
    if (raw) return this.accumulators(name, value, raw);
    const chosen = chosenQuantization(value);
    if (!chosen) return undefined;
    this.notes.push({
      code: "QC2006",
      where: name,
      message: `the float graph output becomes ${describeImplied(chosen)}. Put QuantizeLinear before it to choose.`,
    });
    return this.quantize(name, value, chosen.type, chosen.quantization);
  }

  /** The accumulators of an operation as int32 codes whose scale carries the constants behind it. */
  private accumulators(name: string, value: Pending, { unit, factor }: RawOutput): Tensor {
    const tensor = this.quantize(name, { ...value, post: undefined }, int32, gridQuantization(unit));
    if (factor === 1) return tensor;
    const scales = [factor].flat().map((each) => each * unit);
    const axis =
      scales.length === 1 ? undefined : lastAxisBehind(opHomes.get(value.op)!.inferShape(value), value.moves);
    if (scales.length > 1 && axis === undefined) throw new Refusal("a scale per channel behind a movement");
    const quantization = { scales, zeroPoints: scales.map(() => 0), axis };
    return this.emit("reshape", name, tensor, { shape: tensor.shape }, { quantization });
  }
}
