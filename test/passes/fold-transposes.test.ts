/** fold-transposes, before and after, as text. */
import { describe, expect, it } from "vitest";
import { importModel } from "../../compiler/import/read-graph.js";
import { printForm } from "../../compiler/ir/print.js";
import { foldTransposes } from "../../compiler/passes/fold-transposes.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";

const q: Affine = { scale: 0.5, zeroPoint: 0 };
const nhwc = [0, 2, 3, 1];
const nchw = [0, 3, 1, 2];

/** The lines of a graph that say what runs: operations, operands and shapes. */
function shape(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.includes(" = ") || line.includes("output"))
    .map((line) =>
      line
        .trim()
        .replace(/ scale=\S+ zp=-?[\d[\]]+/g, "")
        .replace(/ kernel=\S+ strides=\S+ dilations=\S+ pads=\S+ groups=\d+/g, ""),
    );
}

function folded(model: ModelBuilder): { before: string[]; after: string[] } {
  const graph = importModel(model.bytes(), "test");
  return { before: shape(printForm(graph)), after: shape(printForm(foldTransposes.run(graph))) };
}

const conv1x1 = (b: ModelBuilder, x: string, channels = 2) =>
  b.qdq(b.node("Conv", [x, b.weights([channels, channels, 1, 1])], {}), q);

describe("fold-transposes", () => {
  it("NCHW spelling: inner transposes vanish, those at the graph's borders stay", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.input([1, 2, 3, 4]), q);
    expect(folded(b.output(conv1x1(b, conv1x1(b, x))))).toEqual({
      before: [
        "%1 = transpose(%0) permutation=0,2,3,1: int8[1,3,4,2]",
        "%2 = conv2d(%1, const int8[2,2,1,1]): int8[1,3,4,2]",
        "%3 = transpose(%2) permutation=0,3,1,2: int8[1,2,3,4]",
        "%4 = transpose(%3) permutation=0,2,3,1: int8[1,3,4,2]",
        "%5 = conv2d(%4, const int8[2,2,1,1]): int8[1,3,4,2]",
        "%6 = transpose(%5) permutation=0,3,1,2: int8[1,2,3,4]",
        "output %6",
      ],
      after: [
        "%1 = transpose(%0) permutation=0,2,3,1: int8[1,3,4,2]",
        "%2 = conv2d(%1, const int8[2,2,1,1]): int8[1,3,4,2]",
        "%3 = conv2d(%2, const int8[2,2,1,1]): int8[1,3,4,2]",
        "%4 = transpose(%3) permutation=0,3,1,2: int8[1,2,3,4]",
        "output %4",
      ],
    });
  });

  it("NHWC spelling (a converted model): no transpose is left at all", () => {
    const b = new ModelBuilder();
    const x = b.node("Transpose", [b.qdq(b.input([1, 3, 4, 2]), q)], { perm: nchw });
    expect(folded(b.output(b.node("Transpose", [conv1x1(b, x)], { perm: nhwc }))).after).toEqual([
      "%1 = conv2d(%0, const int8[2,2,1,1]): int8[1,3,4,2]",
      "output %1",
    ]);
  });

  it("an image of one channel, or of one pixel, needs no transpose: a reshape says the same", () => {
    const one = new ModelBuilder();
    expect(folded(one.output(conv1x1(one, one.qdq(one.input([1, 1, 3, 4]), q), 1))).after).toEqual([
      "%1 = reshape(%0) shape=1,3,4,1: int8[1,3,4,1]",
      "%2 = conv2d(%1, const int8[1,1,1,1]): int8[1,3,4,1]",
      "%3 = reshape(%2) shape=1,1,3,4: int8[1,1,3,4]",
      "output %3",
    ]);
  });

  it("flatten then Gemm: the weight columns take the order, and both weight orders move alike", () => {
    for (const transB of [0, 1]) {
      const b = new ModelBuilder();
      const x = conv1x1(b, b.qdq(b.input([1, 2, 1, 3]), q));
      const weights = b.weights(transB ? [1, 6] : [6, 1]);
      const y = b.qdq(b.node("Gemm", [b.node("Flatten", [x]), weights], { transB }), q);
      const graph = importModel(b.output(y).bytes(), "test");
      const dense = (nodes: typeof graph.nodes) => nodes.find(({ op }) => op === "dense")!.inputs[1]!.data!;
      const before = Array.from(dense(graph.nodes));
      const after = foldTransposes.run(graph);
      // Stored as [pixel][channel]: logical element c*3 + p lies at p*2 + c.
      expect(Array.from(dense(after.nodes))).toEqual([0, 3, 1, 4, 2, 5].map((k) => before[k]));
      expect(shape(printForm(after)).filter((line) => line.includes("= transpose"))).toHaveLength(1); // the input's own
    }
  });

  it("a product over several rows does not take an order: the transpose runs", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.input([1, 2, 3]), q);
    const turned = b.node("Reshape", [
      b.node("Transpose", [x], { perm: [0, 2, 1] }),
      b.constant("r", "int64", [2], [3, 2]),
    ]);
    expect(folded(b.output(b.qdq(b.node("Gemm", [turned, b.weights([2, 4])]), q))).after).toEqual([
      "%1 = transpose(%0) permutation=0,2,1: int8[1,3,2]",
      "%2 = reshape(%1) shape=3,2: int8[3,2]",
      "%3 = dense(%2, const int8[2,4]) transposed=false: int8[3,4]",
      "output %3",
    ]);
  });

  it("elementwise operations run on the stored order", () => {
    const b = new ModelBuilder();
    const x = conv1x1(b, b.qdq(b.input([1, 2, 3, 4]), q));
    const y = b.qdq(b.node("Relu", [x]), { scale: 0.25, zeroPoint: -128 });
    expect(folded(b.output(b.node("Transpose", [y], { perm: nhwc }))).after).toEqual([
      "%1 = transpose(%0) permutation=0,2,3,1: int8[1,3,4,2]",
      "%2 = conv2d(%1, const int8[2,2,1,1]): int8[1,3,4,2]",
      "%3 = table(%2) clamp=0..Infinity: int8[1,3,4,2]",
      "output %3",
    ]);
  });

  it("a residual of one layout adds in that layout", () => {
    const b = new ModelBuilder();
    const x = conv1x1(b, b.qdq(b.input([1, 2, 3, 4]), q));
    const y = conv1x1(b, x);
    expect(folded(b.output(b.qdq(b.node("Add", [x, y]), q))).after).toEqual([
      "%1 = transpose(%0) permutation=0,2,3,1: int8[1,3,4,2]",
      "%2 = conv2d(%1, const int8[2,2,1,1]): int8[1,3,4,2]",
      "%3 = conv2d(%2, const int8[2,2,1,1]): int8[1,3,4,2]",
      "%4 = add(%2, %3): int8[1,3,4,2]",
      "%5 = transpose(%4) permutation=0,3,1,2: int8[1,2,3,4]",
      "output %5",
    ]);
  });

  it("a residual of two layouts brings both to the logical one", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.input([1, 2, 3, 4]), q);
    expect(folded(b.output(b.qdq(b.node("Add", [x, conv1x1(b, x)]), q))).after).toEqual([
      "%1 = transpose(%0) permutation=0,2,3,1: int8[1,3,4,2]",
      "%2 = conv2d(%1, const int8[2,2,1,1]): int8[1,3,4,2]",
      "%3 = transpose(%2) permutation=0,3,1,2: int8[1,2,3,4]",
      "%4 = add(%0, %3): int8[1,2,3,4]",
      "output %4",
    ]);
  });

  it("two transposes join, and a permutation back to the start leaves nothing", () => {
    const b = new ModelBuilder();
    const x = b.quantize(b.input([1, 2, 3, 4]), q);
    const there = b.node("Transpose", [x], { perm: [0, 2, 3, 1] });
    const back = b.node("Transpose", [there], { perm: [0, 3, 1, 2] });
    expect(folded(b.output(back)).after).toEqual(["output %0"]);
  });

  it("another quantization stops the walk: the codes are the same, their meaning is not", () => {
    const b = new ModelBuilder();
    const turned = b.node("Transpose", [b.quantize(b.input([1, 2, 3]), q)], { perm: [0, 2, 1] });
    const x = b.dequantize(turned, { scale: 0.25, zeroPoint: 1 });
    expect(folded(b.output(b.qdq(b.node("MatMul", [x, b.weights([2, 2])]), q))).after).toEqual([
      "%1 = transpose(%0) permutation=0,2,1: int8[1,3,2]",
      "%2 = reshape(%1) shape=1,3,2: int8[1,3,2]",
      "%3 = dense(%2, const int8[2,2]) transposed=false: int8[1,3,2]",
      "output %3",
    ]);
  });

  it("ops along axes follow the stored order: slice, pad and concat run channels last", () => {
    const b = new ModelBuilder();
    const ints = (...values: number[]) => b.constant("ints", "int64", [values.length], values);
    const x = conv1x1(b, b.qdq(b.input([1, 2, 3, 4]), q));
    const part = b.node("Slice", [x, ints(1), ints(2), ints(1)]);
    const padded = b.node("Pad", [part, ints(0, 1, 0, 0, 0, 0, 0, 0)]);
    const joined = b.node("Concat", [x, padded], { axis: 1 });
    expect(folded(b.output(conv1x1(b, joined, 4))).after).toEqual([
      "%1 = transpose(%0) permutation=0,2,3,1: int8[1,3,4,2]",
      "%2 = conv2d(%1, const int8[2,2,1,1]): int8[1,3,4,2]",
      "%3 = strided(%2) shape=1,3,4,1 dims=12 strides=2 offset=1: int8[1,3,4,1]",
      "%4 = pad(%3) pads=0,0,0,1,0,0,0,0 value=0: int8[1,3,4,2]",
      "%5 = concat(%2, %4) axis=3: int8[1,3,4,4]",
      "%6 = conv2d(%5, const int8[4,4,1,1]): int8[1,3,4,4]",
      "%7 = transpose(%6) permutation=0,3,1,2: int8[1,4,3,4]",
      "output %7",
    ]);
  });

  it("of two layouts the one that moves fewer elements wins", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.input([1, 2, 3, 4]), q);
    const joined = b.node("Concat", [conv1x1(b, x), x, x], { axis: 1 });
    expect(folded(b.output(joined)).after).toEqual([
      "%1 = transpose(%0) permutation=0,2,3,1: int8[1,3,4,2]",
      "%2 = conv2d(%1, const int8[2,2,1,1]): int8[1,3,4,2]",
      "%3 = transpose(%2) permutation=0,3,1,2: int8[1,2,3,4]",
      "%4 = concat(%3, %0, %0) axis=1: int8[1,6,3,4]",
      "output %4",
    ]);
  });

  it("two transpositions with a view between them run as one strided copy", () => {
    const b = new ModelBuilder();
    const ints = (...values: number[]) => b.constant("ints", "int64", [values.length], values);
    const x = b.quantize(b.input([1, 4, 3]), q);
    const there = b.node("Reshape", [b.node("Transpose", [x], { perm: [0, 2, 1] }), ints(1, 3, 2, 2)]);
    expect(folded(b.output(b.node("Transpose", [there], { perm: [0, 1, 3, 2] }))).after).toEqual([
      "%1 = strided(%0) shape=1,3,2,2 dims=3,2,2 strides=1,3,6 offset=0: int8[1,3,2,2]",
      "output %1",
    ]);
  });
});
