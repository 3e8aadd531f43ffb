/** Folding while a graph is read: shapes of activations, passing values through, hostile sizes. */
import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/compile.js";
import { importModel } from "../../../compiler/import/read-graph.js";
import { outputsOf } from "../../../compiler/interpreter/interpreter.js";
import { printGraph } from "../../../compiler/ir/print.js";
import { ModelBuilder, oneOp } from "../../helpers/onnx.js";

const graphOf = (model: ModelBuilder) => printGraph(importModel(model.bytes(), "model"));

/** A model whose activation of shape [1, 2, 3, 4] is reshaped to what `target` names. */
const reshaped = (target: (builder: ModelBuilder, x: string) => string) =>
  oneOp([1, 2, 3, 4], (b, x) => b.node("Reshape", [x, target(b, x)], {}, { name: "reshape" }));

const list = (b: ModelBuilder, ...values: number[]) => b.constant("list", "int64", [values.length], values);

describe("a computed shape equals a literal one", () => {
  const literal = reshaped((b) => list(b, 1, -1));
  const computed = reshaped((b, x) => {
    const batch = b.node("Gather", [b.node("Shape", [x]), b.constant("zero", "int64", [], [0])], { axis: 0 });
    return b.node("Concat", [b.node("Unsqueeze", [batch, list(b, 0)]), list(b, -1)], { axis: 0 });
  });
  it("Shape, Gather, Unsqueeze, Concat", () => {
    expect(graphOf(computed)).toBe(graphOf(literal));
    const { integerGraph } = compile(computed.bytes());
    expect(integerGraph.outputs.map(({ shape }) => [...shape])).toEqual([[1, 24]]);
  });

  it("of a float input, of codes, of a value that waits for its quantization", () => {
    const sources: ((b: ModelBuilder) => string)[] = [
      () => "x",
      (b) => b.nodes.find(({ opType }) => opType === "QuantizeLinear")!.outputs[0]!,
      (b) => b.node("Relu", [b.nodes.find(({ opType }) => opType === "DequantizeLinear")!.outputs[0]!]),
    ];
    for (const source of sources) {
      const model = reshaped((b) => {
        const rest = b.node("Div", [b.node("Size", [source(b)]), b.constant("one", "int64", [], [1])]);
        return b.node("Concat", [list(b, 1), b.node("Unsqueeze", [rest, list(b, 0)])], { axis: 0 });
      });
      expect(graphOf(model)).toBe(graphOf(literal));
    }
  });
});

describe("constants", () => {
  it("scales and zero points may be computed", () => {
    const quantized = (scale: (b: ModelBuilder) => string) => {
      const b = new ModelBuilder();
      const zeroPoint = b.node("Cast", [b.constant("zp", "float", [], [3])], { to: 3 });
      const codes = b.node("QuantizeLinear", [b.input([1, 4]), scale(b), zeroPoint]);
      return b.output(b.node("DequantizeLinear", [codes, scale(b), zeroPoint]));
    };
    const literal = quantized((b) => b.constant("scale", "float", [], [0.375]));
    const computed = quantized((b) =>
      b.node("Mul", [b.constant("a", "float", [], [0.25]), b.constant("b", "float", [], [1.5])]),
    );
    expect(graphOf(computed)).toBe(graphOf(literal));
  });

  it("a movement of a dequantized constant moves its codes", () => {
    const product = (weights: (b: ModelBuilder) => string, transposed: number) =>
      oneOp([1, 6], (b, x) => b.node("Gemm", [x, weights(b)], { transB: transposed }, { name: "fc" }));
    const codesOf = (model: ModelBuilder) => compile(model.bytes()).integerGraph;
    const literal = codesOf(product((b) => b.weights([4, 6]), 1));
    const moved = codesOf(product((b) => b.node("Transpose", [b.weights([4, 6])], { perm: [1, 0] }), 0));
    const input = Int32Array.from([1, -2, 3, 50, -60, 7]);
    expect(outputsOf(moved, [input])).toEqual(outputsOf(literal, [input]));
    expect(outputsOf(moved, [input])[0]).not.toEqual(
      outputsOf(codesOf(product((b) => b.node("Reshape", [b.weights([4, 6]), list(b, 6, 4)]), 0)), [input])[0],
    );
  });

  it("Identity and Dropout pass constants and activations through; the mask of Dropout is true everywhere", () => {
    const plain = oneOp([1, 4], (b, x) => b.node("Relu", [x], {}, { name: "relu" }));
    const passed = oneOp([1, 4], (b, x) => {
      const [y, mask] = ["dropped", "mask"];
      b.node("Dropout", [b.node("Identity", [x])], {}, { outputs: [y, mask] });
      const kept = b.node("Cast", [mask], { to: 1 });
      const bound = b.node("ReduceMin", [kept], { keepdims: 0 });
      // Clip to [0, 1 / 0]: the mask is what makes the upper bound infinite.
      const zero = b.node("Sub", [bound, b.constant("one", "float", [], [1])]);
      return b.node("Clip", [y, zero, b.node("Div", [bound, zero])], {}, { name: "relu" });
    });
    expect(graphOf(passed)).toBe(graphOf(plain));
  });
});

describe("what cannot be folded is refused by name", () => {
  const refusal = (target: (b: ModelBuilder, x: string) => string): string => {
    try {
      importModel(reshaped(target).bytes(), "model");
    } catch (error) {
      return String((error as Error).message);
    }
    return "accepted";
  };
  it.each<[string, (b: ModelBuilder) => string, RegExp]>([
    [
      "a huge Expand",
      (b) => b.node("Expand", [list(b, 1), list(b, 2 ** 31, 2 ** 20)], {}, { name: "node" }),
      /QC2002 'node'.*Expand: a result of shape \[2147483648,1048576\] is more than the 67108864 elements/,
    ],
    [
      "a huge Range",
      (b) =>
        b.node(
          "Range",
          [0, 2 ** 40, 1].map((value) => b.constant("bound", "int64", [], [value])),
          {},
          { name: "node" },
        ),
      /QC2002 'node'.*Range: a result of shape \[1099511627776\] is more than/,
    ],
    [
      "an integer division by 0",
      (b) => b.node("Div", [list(b, 1), list(b, 0)], {}, { name: "node" }),
      /QC2002 'node'.*Div: an integer is divided by 0/,
    ],
    [
      "a number that the target of a Cast does not hold",
      (b) => b.node("Cast", [list(b, 300)], { to: 2 }, { name: "node" }),
      /QC2002 'node'.*Cast: 300 does not fit uint8/,
    ],
    [
      "shapes that do not broadcast",
      (b) => b.node("Add", [list(b, 1, 2), list(b, 1, 2, 3)], {}, { name: "node" }),
      /QC2002 'node'.*Add: shapes \[2\] and \[3\] do not broadcast/,
    ],
    [
      "an unknown attribute",
      (b) => b.node("Neg", [list(b, 1)], { other: 1 }, { name: "node" }),
      /QC2002 'node'.*Neg: attribute 'other' is not supported/,
    ],
  ])("%s", (_, target, expected) => expect(refusal(target)).toMatch(expected));

  it("results that are too much together, in one diagnostic", () => {
    const first = (b: ModelBuilder, count: number) =>
      b.node("Gather", [b.node("ConstantOfShape", [list(b, count)]), list(b, 0)]);
    const message = refusal((b) => b.node("Add", [first(b, 2 ** 25), first(b, 2 ** 25 + 1)]));
    expect(message).toMatch(/ConstantOfShape: a result of shape \[33554433\] is more than the 33554431 elements left/);
    expect(message.match(/QC\d{4}/g)).toHaveLength(1);
  });
});
