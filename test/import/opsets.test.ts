/** Operators whose attributes became inputs (or whose inputs moved) between opsets 7 and 24: every spelling means the same. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { Random, randomInput } from "../hdl/graphs.js";
import { type Attribute, ModelBuilder } from "../helpers/onnx.js";

const affine = { scale: 0.05, zeroPoint: 3 };

interface Spelling {
  readonly opset: number;
  readonly attributes?: Record<string, Attribute>;
  /** Inputs behind the first; `[]` is an absent one. */
  readonly inputs?: readonly (readonly number[])[];
  /** Element type of these inputs. */
  readonly type?: "int64" | "float";
}

const floats = (value: number): Attribute => ({ float: value });
const scales: Attribute = { raw: { type: 6, floats: [1, 1, 2, 2] } };

const spellings: readonly (readonly [opType: string, dims: readonly number[], variants: readonly Spelling[]])[] = [
  [
    "Squeeze",
    [1, 3, 1, 2],
    [
      { opset: 7, attributes: { axes: [0, 2] } },
      { opset: 13, inputs: [[0, 2]] },
      { opset: 24, inputs: [[0, -2]] },
    ],
  ],
  [
    "Unsqueeze",
    [3, 2],
    [
      { opset: 7, attributes: { axes: [0, 3] } },
      { opset: 13, inputs: [[0, 3]] },
      { opset: 24, inputs: [[0, -1]] },
    ],
  ],
  [
    "ReduceSum",
    [2, 3, 4],
    [
      { opset: 7, attributes: { axes: [1] } },
      { opset: 13, inputs: [[1]] },
    ],
  ],
  [
    "ReduceMean",
    [2, 3, 4],
    [
      { opset: 7, attributes: { axes: [2], keepdims: 0 } },
      { opset: 18, attributes: { keepdims: 0 }, inputs: [[2]] },
    ],
  ],
  [
    "ReduceMax",
    [2, 3, 4],
    [
      { opset: 11, attributes: { axes: [0] } },
      { opset: 18, inputs: [[0]] },
      { opset: 24, inputs: [[-3]] },
    ],
  ],
  [
    "Clip",
    [2, 9],
    [
      { opset: 7, attributes: { min: floats(-1), max: floats(2) } },
      { opset: 11, inputs: [[-1], [2]], type: "float" },
    ],
  ],
  [
    "Pad",
    [2, 5],
    [
      { opset: 7, attributes: { pads: [0, 1, 0, 2] } },
      { opset: 11, inputs: [[0, 1, 0, 2]] },
      { opset: 18, inputs: [[1, 2], [], [1]] },
    ],
  ],
  [
    "Slice",
    [4, 7],
    [
      { opset: 7, attributes: { starts: [1, 0], ends: [3, -1] } },
      { opset: 7, attributes: { axes: [1, 0], starts: [0, 1], ends: [6, 3] } },
      {
        opset: 10,
        inputs: [
          [1, 0],
          [3, 6],
        ],
      },
      {
        opset: 24,
        inputs: [
          [0, 1],
          [-1, 3],
          [1, 0],
          [1, 1],
        ],
      },
    ],
  ],
  [
    "Split",
    [6, 2],
    [
      { opset: 7, attributes: { split: [3, 3] } },
      { opset: 13, inputs: [[3, 3]] },
      { opset: 13 },
      { opset: 18, attributes: { num_outputs: 2 } },
    ],
  ],
  [
    "Upsample",
    [1, 2, 3, 3],
    [
      { opset: 7, attributes: { scales } },
      { opset: 9, inputs: [[1, 1, 2, 2]], type: "float" },
    ],
  ],
  [
    "Resize",
    [1, 2, 3, 3],
    [
      { opset: 10, inputs: [[1, 1, 2, 2]], type: "float" },
      {
        opset: 11,
        attributes: { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
        inputs: [[], [1, 1, 2, 2]],
        type: "float",
      },
      {
        opset: 19,
        attributes: { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
        inputs: [[], [1, 1, 2, 2]],
        type: "float",
      },
    ],
  ],
  [
    "Dropout",
    [2, 5],
    [
      { opset: 7, attributes: { ratio: floats(0.5) } },
      { opset: 12, inputs: [[0.5]], type: "float" },
    ],
  ],
];

function model(
  opType: string,
  dims: readonly number[],
  { opset, attributes = {}, inputs = [], type = "int64" }: Spelling,
): ModelBuilder {
  const b = new ModelBuilder();
  b.opset = opset;
  const scalar = opType === "Clip" || opType === "Dropout";
  const others = inputs.map((values) =>
    values.length === 0 ? "" : b.constant("k", type, scalar ? [] : [values.length], values),
  );
  const x = b.dequantize(b.input(dims, "int8"), affine);
  const outputs = opType === "Split" ? ["first", "second"] : ["result"];
  b.node(opType, [x, ...others], attributes, { outputs });
  return b.output(...outputs.map((output) => b.quantize(output, { scale: 0.07, zeroPoint: -2 })));
}

describe("spellings of one operation by opset", () => {
  it.each(spellings)("%s", (opType, dims, variants) => {
    const results = variants.map((variant) => {
      const { integerGraph } = compile(model(opType, dims, variant).bytes());
      const outputs = outputsOf(integerGraph, [randomInput(new Random(5), integerGraph.inputs[0]!)]);
      return integerGraph.outputs.map(({ shape }, i) => ({ shape, codes: Array.from(outputs[i]!) }));
    });
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
    expect(new Set(results[0]![0]!.codes).size).toBeGreaterThan(3);
  });
});
