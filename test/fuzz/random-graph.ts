/** Random ONNX models from lists of choices. */
import fc from "fast-check";
import { Random } from "../hdl/graphs.js";
import { type DataType, dataType, type ModelBuilder } from "../helpers/onnx.js";
import { Choices, choiceCount } from "./choices.js";
import { planningChoices } from "./planning.js";
import { blockedProduct } from "./step-blocks.js";
import { choose, compareTensors, comparison } from "./step-comparisons.js";
import { arithmetic, qlinearFunction, realFunction, requantize, softmax } from "./step-functions.js";
import { bitShift, castCodes, integerSums, matMulIntegerToFloat } from "./step-integers.js";
import { layer } from "./step-layers.js";
import { move, split } from "./step-moves.js";
import { concat, pair, several } from "./step-pairs.js";
import { globalPool, pool, reduce } from "./step-pools.js";
import { conv, dense, matmul } from "./step-products.js";
import { quant } from "./step-qonnx.js";
import { convTranspose, interpolate } from "./step-resampling.js";
import { search } from "./step-search.js";
import { GraphState } from "./values.js";

/** The decisions behind one model. */
export interface Recipe {
  readonly head: readonly number[];
  readonly steps: readonly (readonly number[])[];
  readonly planning: readonly number[];
}

export interface RandomGraph {
  readonly numerics: string;
  readonly bytes: Uint8Array;
  /** Element types of graph inputs and outputs by name. */
  readonly types: ReadonlyMap<string, DataType>;
  readonly outputs: readonly string[];
  /** ONNX operators in the model. */
  readonly operators: readonly string[];
  /** The choices behind its plan. */
  readonly planning: readonly number[];
}

const choice = fc.noBias(fc.nat(choiceCount - 1));
const choices = (length: number) => fc.array(choice, { minLength: length, maxLength: length });

export const recipes: fc.Arbitrary<Recipe> = fc.record({
  head: choices(24),
  steps: fc.noBias(fc.array(choices(48), { minLength: 1, maxLength: 8, size: "max" })),
  planning: choices(planningChoices),
});

/** More layers of networks, convolutions and sums than a uniform choice would give. */
const steps = [
  ...[requantize, conv, conv, conv, dense, dense, pair, pair, move, move, pool, concat],
  ...[globalPool, reduce, realFunction, arithmetic, softmax, matmul, split, qlinearFunction],
  ...[
    layer,
    layer,
    layer,
    layer,
    convTranspose,
    interpolate,
    search,
    integerSums,
    matMulIntegerToFloat,
    castCodes,
    bitShift,
    comparison,
    choose,
    compareTensors,
    several,
    quant,
    blockedProduct,
  ],
];

const shapes = [
  (c: Choices) => [1, c.integer(1, 6), c.integer(1, 7), c.integer(1, 7)],
  (c: Choices) => [1, c.integer(1, 6), c.integer(2, 7), c.integer(2, 7)],
  (c: Choices) => [1, c.integer(1, 30)],
  (c: Choices) => [c.integer(2, 5), c.integer(1, 9)],
  (c: Choices) => [1, c.integer(1, 6), c.integer(1, 9)],
  (c: Choices) => [c.integer(1, 3), c.integer(1, 5), c.integer(1, 6)],
] as const;

function addInput(state: GraphState, index: number): void {
  const { builder, choices: c, pool: known } = state;
  const again = known.length > 0 && c.chance(0.5);
  const dims = again ? known[0]!.dims : c.pick(shapes)(c);
  const affine = state.affine(c.pick([1, 6, 0.3, 40]));
  const name = `x${index}`;
  if (dims.length === 4 && c.chance(0.3)) {
    // An image with its channels last, whose rows can come one by one.
    const [batch, channels, height, width] = dims as readonly [number, number, number, number];
    const image = builder.input([batch, height, width, channels], affine.type as DataType, name);
    const codes = builder.node("Transpose", [image], { perm: [0, 3, 1, 2] });
    known.push({ codes, dims, affine });
    return;
  }
  if (c.chance(0.5)) known.push({ codes: builder.input(dims, affine.type as DataType, name), dims, affine });
  else known.push({ codes: builder.quantize(builder.input(dims, "float", name), affine), dims, affine });
}

/** Names the results that nothing reads as graph outputs. */
function addOutputs(state: GraphState): Map<string, DataType> {
  const { builder, choices: c, pool, loose } = state;
  const outputs = new Map<string, DataType>();
  const read = new Set(builder.nodes.flatMap(({ inputs }) => inputs));
  const leaves = pool.filter((value) =>
    [value.codes, value.real].every((name) => name === undefined || !read.has(name)),
  );
  for (const { name, type = "float" } of loose.slice(-2)) outputs.set(name, type);
  const chosen = leaves.slice(-3);
  if (chosen.length + outputs.size === 0) chosen.push(pool.at(-1)!);
  if (pool.length > 3 && c.chance(0.15)) chosen.push(pool[2]!);
  for (const value of chosen) {
    if (value.codes === undefined || c.chance(0.15)) outputs.set(state.real(value), "float");
    else outputs.set(value.codes, value.affine.type);
  }
  if (c.chance(0.08)) outputs.set(builder.constant("fixed", "int8", [2, 3], [1, -2, 3, -128, 127, 0]), "int8");
  return outputs;
}

function bytesOf(builder: ModelBuilder, outputs: ReadonlyMap<string, DataType>): Uint8Array {
  builder.output(...outputs.keys());
  const types = new Set([...builder.constants.values()].map(({ type }) => type));
  builder.opset = types.has("int2") || types.has("uint2") ? 25 : 21;
  return builder.bytes((proto) => {
    proto.irVersion = builder.opset === 25 ? 12 : 10;
    for (const domain of new Set(builder.nodes.map((node) => node.domain))) {
      if (domain !== "") proto.opsetImport.push({ domain, version: 1 });
    }
    for (const value of proto.graph.output) {
      value.type.tensorType = { elemType: dataType[outputs.get(value.name)!] };
    }
  });
}

type Step = (state: GraphState) => void;

/** The model of a recipe, by steps of `from`; the same recipe gives the same bytes. */
export function randomGraph({ head, steps: lists, planning }: Recipe, from: readonly Step[] = steps): RandomGraph {
  const c = new Choices(head);
  const numerics = c.pick(["exact", "exact", "onnxruntime", "tflite"]);
  const state = new GraphState(c, c.chance(0.12));
  state.random = new Random(c.next());
  for (let more = c.pick([1, 1, 2, 3]), k = 0; k < more; k++) addInput(state, k);
  for (const list of lists) {
    const own = new Choices(list);
    state.choices = own;
    state.random = new Random(own.next());
    own.pick(from)(state);
  }
  state.choices = new Choices(head.slice(-4));
  if (state.pool.every(({ codes }) => state.builder.inputs.some(({ name }) => name === codes))) requantize(state);
  const outputs = addOutputs(state);
  const inputs = state.builder.inputs.map(({ name, type }) => [name, type] as const);
  const types = new Map<string, DataType>([...inputs, ...outputs]);
  const operators = state.builder.nodes.map(({ opType }) => opType);
  return { numerics, bytes: bytesOf(state.builder, outputs), types, outputs: [...outputs.keys()], operators, planning };
}
