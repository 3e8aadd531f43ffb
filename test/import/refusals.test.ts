/** Models that must be refused: the code, the place and the reason of every refusal. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { type Diagnostic, QcError } from "../../compiler/diagnostics.js";
import { type Affine, type Attribute, ModelBuilder, oneOp, smallNetwork } from "../helpers/onnx.js";

/** All diagnostics of a model that must not compile. */
function refused(model: ModelBuilder | Uint8Array): readonly Diagnostic[] {
  try {
    compile(model instanceof ModelBuilder ? model.bytes() : model);
  } catch (error) {
    if (error instanceof QcError) return error.diagnostics;
    throw error;
  }
  throw new Error("the model was accepted");
}

const q: Affine = { scale: 0.1, zeroPoint: 0 };
const image = [1, 2, 6, 6];

/** One operation on x with seeded weights. */
function conv(
  given: Record<string, Attribute>,
  weights: readonly number[] = [3, 2, 3, 3],
  input = image,
): ModelBuilder {
  return oneOp(input, (b, x) => b.node("Conv", [x, b.weights(weights)], given, { name: "conv" }));
}
const op = (type: string, given: Record<string, Attribute>, input = image) =>
  oneOp(input, (b, x) => b.node(type, [x], given, { name: "node" }));

/** A model whose quantization parameters are `scale` and `zero`. */
function quantized(scale: number[], zero: number[], attributes: Record<string, Attribute> = {}): ModelBuilder {
  const b = new ModelBuilder();
  const s = b.constant("s", "float", scale.length === 1 ? [] : [scale.length], scale);
  const z = b.constant("z", "int8", zero.length === 1 ? [] : [zero.length], zero);
  const x = b.node("QuantizeLinear", [b.input(image), s, z], attributes, { name: "node" });
  return b.output(b.node("MaxPool", [x], { kernel_shape: [2, 2] }));
}

/** An int8 graph input dequantized with `scales` on axis 1. */
function border(scales: number[]): ModelBuilder {
  const b = new ModelBuilder();
  const x = b.node(
    "DequantizeLinear",
    [b.input(image, "int8"), b.constant("s", "float", [scales.length], scales)],
    {},
    { name: "node" },
  );
  return b.output(b.quantize(b.node("Relu", [x]), q));
}

/** A whole model whose constant is damaged in the protobuf. */
function damaged(override: object): ModelBuilder {
  const b = oneOp([1, 4], (builder, x) => builder.node("MatMul", [x, builder.weights([4, 3])]));
  b.overrides.set("w", override);
  return b;
}

const edited = (edit: (proto: any) => void) => smallNetwork().bytes(edit);

/** name, model, code, where, words of the message */
const cases: [string, () => ModelBuilder | Uint8Array, string, string | undefined, RegExp][] = [
  ["no bytes", () => new Uint8Array(0), "QC1001", undefined, /no graph with nodes/],
  ["text", () => Buffer.from("this is not a model"), "QC1001", undefined, /protobuf|no graph/],
  ["truncated bytes", () => smallNetwork().bytes().subarray(0, 500), "QC1001", undefined, /do not decode/],
  ["a graph without nodes", () => new ModelBuilder().output("x"), "QC1001", undefined, /no graph with nodes/],
  [
    "data of another size",
    () => damaged({ rawData: new Uint8Array(11) }),
    "QC1002",
    "w",
    /got 11 bytes, expected 12 .*\[4,3\]/,
  ],
  [
    "typed data of another size",
    () => damaged({ rawData: new Uint8Array(0), int32Data: [1, 2] }),
    "QC1002",
    "w",
    /got 2 values, expected 12/,
  ],
  [
    "typed data out of range",
    () => damaged({ rawData: new Uint8Array(0), int32Data: new Array(12).fill(200) }),
    "QC1002",
    "w",
    /200 is no int8/,
  ],
  ["a negative dimension", () => damaged({ dims: [-4, -3] }), "QC1002", "w", /\[-4,-3\] is not a shape/],
  ["a gigantic tensor", () => damaged({ dims: [2 ** 20, 2 ** 20] }), "QC1002", "w", /at most 2\^31-1/],
  ["an element type without a reader", () => damaged({ dataType: 10 }), "QC1002", "w", /float16 cannot be read/],
  ["an unknown element type", () => damaged({ dataType: 77 }), "QC1002", "w", /77 cannot be read/],
  ["external data", () => damaged({ dataLocation: 1 }), "QC1005", "w", /another file/],
  [
    "an initializer twice",
    () => edited((proto) => proto.graph.initializer.push(proto.graph.initializer[0])),
    "QC1003",
    "scale",
    /defined twice/,
  ],
  [
    "an input twice",
    () => edited((proto) => proto.graph.input.push(proto.graph.input[0])),
    "QC1003",
    "x",
    /defined twice/,
  ],
  [
    "a value twice",
    () => edited((proto) => (proto.graph.node[4].output = proto.graph.node[1].output)),
    "QC1003",
    undefined,
    /defined twice/,
  ],
  [
    "a node without an output",
    () => edited((proto) => (proto.graph.node[0].output = [])),
    "QC1003",
    "quantizelinear_0",
    /no output/,
  ],
  [
    "an input that is no tensor",
    () => edited((proto) => (proto.graph.input[0].type = {})),
    "QC1003",
    "x",
    /must be tensors/,
  ],
  ["no outputs", () => smallNetwork().bytes((proto) => (proto.graph.output = [])), "QC1003", undefined, /0 outputs/],
  [
    "a missing input",
    () => edited((proto) => (proto.graph.node[1].input[0] = "ghost")),
    "QC2002",
    "dequantizelinear_1",
    /'ghost' is produced by no earlier node/,
  ],
  [
    "a cycle",
    () => edited((proto) => (proto.graph.node[1].input[0] = proto.graph.node[6].output[0])),
    "QC2002",
    "dequantizelinear_1",
    /cycle/,
  ],
  ["a dynamic height", () => oneOp([1, 2, "H", 6], (b, x) => b.node("Relu", [x])), "QC1004", "x", /dimension 2 is H/],
  ["a zero width", () => op("Relu", {}, [1, 2, 6, 0]), "QC1004", "x", /dimension 3 is 0/],

  ["a gigantic input", () => op("Relu", {}, [1, 2 ** 16, 2 ** 16]), "QC1004", "x", /more than 2\^31-1/],
  [
    "an int32 input",
    () => {
      const b = new ModelBuilder();
      return b.output(b.dequantize(b.input([1, 4], "int32"), q));
    },
    "QC2002",
    "x",
    /type int32; expected int8/,
  ],
  [
    "an integer input without a meaning",
    () => {
      const b = new ModelBuilder();
      return b.output(b.node("Transpose", [b.input([1, 4], "int8")]));
    },
    "QC2003",
    "x",
    /never dequantized/,
  ],
  ["a scale of zero", () => quantized([0], [0]), "QC2004", "node", /scale 0 is not a positive/],
  ["a negative scale", () => quantized([-0.5], [0]), "QC2004", "node", /-0.5/],
  ["a NaN scale", () => quantized([Number.NaN], [0]), "QC2004", "node", /NaN/],
  ["an infinite scale", () => quantized([Infinity], [0]), "QC2004", "node", /Infinity/],
  [
    "no scale at all",
    () => {
      const b = new ModelBuilder();
      return b.output(b.node("QuantizeLinear", [b.input(image)], {}, { name: "node" }));
    },
    "QC2002",
    "node",
    /scale must be a constant/,
  ],
  [
    "a double scale",
    () => {
      const b = new ModelBuilder();
      return b.output(
        b.node("QuantizeLinear", [b.input(image), b.constant("s", "double", [], [1])], {}, { name: "node" }),
      );
    },
    "QC2002",
    "node",
    /must be float32/,
  ],
  [
    "an empty scale",
    () => {
      const b = new ModelBuilder();
      return b.output(
        b.node("QuantizeLinear", [b.input(image), b.constant("s", "float", [0], [])], {}, { name: "node" }),
      );
    },
    "QC2004",
    "node",
    /not a positive finite/,
  ],
  ["more zero points than scales", () => quantized([1], [0, 1]), "QC2004", "node", /2 zero points for 1 scales/],
  [
    "more scales than channels",
    () => quantized([1, 1, 1], [0, 0, 0], { axis: 1 }),
    "QC2004",
    "node",
    /3 scales for axis 1 of shape/,
  ],
  ["an axis that is none", () => quantized([1, 1], [0, 0], { axis: 9 }), "QC2004", "node", /axis 9/],
  ["activations per channel", () => quantized([1, 1], [0, 0], { axis: 1 }), "QC2002", "node", /per tensor/],
  ["a codes input per channel", () => border([1, 2]), "QC2004", "x", /2 scales; expected one/],
  [
    "an unknown attribute of QuantizeLinear",
    () => quantized([1], [0], { block_size: 4 }),
    "QC2002",
    "node",
    /attribute 'block_size'/,
  ],
  [
    "an int32 result",
    () => {
      const b = new ModelBuilder();
      return b.output(
        b.node(
          "QuantizeLinear",
          [b.input(image), b.constant("s", "float", [], [1]), b.constant("z", "int32", [], [0])],
          {},
          { name: "node" },
        ),
      );
    },
    "QC2002",
    "node",
    /only int8 and uint8/,
  ],
  [
    "a NaN constant",
    () =>
      oneOp([1, 2], (b, x) => b.node("MatMul", [x, b.qdq(b.constant("f", "float", [2, 2], [1, Number.NaN, 1, 1]), q)])),
    "QC2002",
    "quantizelinear_2",
    /'f' holds a NaN/,
  ],
  [
    "codes quantized again",
    () => {
      const b = new ModelBuilder();
      return b.output(b.quantize(b.quantize(b.input(image), q), q));
    },
    "QC2002",
    "quantizelinear_1",
    /already quantized/,
  ],
  [
    "a float input quantized twice",
    () => {
      const b = new ModelBuilder();
      const x = b.input(image);
      return b.output(b.quantize(x, q), b.quantize(x, { scale: 0.2, zeroPoint: 0 }));
    },
    "QC2002",
    "quantizelinear_1",
    /already quantized with other parameters/,
  ],
  [
    "a dequantized int16 constant",
    () => {
      const b = new ModelBuilder();
      const w = b.constant("w", "int8", [2], [1, 2]);
      b.overrides.set("w", { dataType: 11, rawData: new Uint8Array(16) });
      return b.output(b.quantize(b.node("Relu", [b.input([1, 2])]), q), b.dequantize(w, q));
    },
    "QC2002",
    "relu_0",
    /must be quantized/,
  ],
  [
    "a float model",
    () => {
      const b = new ModelBuilder();
      const x = b.input(image);
      return b.output(b.node("Conv", [x, b.constant("w", "float", [1, 2, 1, 1], [1, 2])], {}, { name: "conv" }));
    },
    "QC2002",
    "conv",
    /a float graph input; expected the output of DequantizeLinear/,
  ],
  [
    "a result that is not quantized",
    () => {
      const b = new ModelBuilder();
      return b.output(b.node("MatMul", [b.qdq(b.input([1, 4]), q), b.weights([4, 2])], {}, { name: "mm" }));
    },
    "QC2003",
    "mm_out",
    /unquantized result of 'mm'/,
  ],
  ["an output nobody computes", () => op("Relu", {}).output("ghost"), "QC2003", "ghost", /missing/],
  [
    "a constant output",
    () => {
      const b = op("Relu", {});
      return b.output(b.weights([2, 2]));
    },
    "QC2003",
    undefined,
    /a constant/,
  ],
  ["an unknown operator", () => op("Sinh", {}), "QC2001", "node", /^Sinh is not supported/],
  [
    "an operator of another domain",
    () => oneOp(image, (b, x) => b.node("Relu", [x], {}, { name: "node", domain: "my.ops" })),
    "QC2001",
    "node",
    /my\.ops\.Relu/,
  ],
  ["strides of one axis", () => conv({ strides: [2] }), "QC2002", "conv", /strides \[2\] must be two positive/],
  ["a stride of zero", () => conv({ strides: [0, 1] }), "QC2002", "conv", /strides \[0,1\]/],
  ["a dilation of zero", () => conv({ dilations: [1, 0] }), "QC2002", "conv", /dilations/],
  ["negative pads", () => conv({ pads: [0, -1, 0, 0] }), "QC2002", "conv", /pads \[0,-1,0,0\]/],
  ["two pads", () => conv({ pads: [1, 1] }), "QC2002", "conv", /four non-negative/],
  ["an unknown auto_pad", () => conv({ auto_pad: "SAME" }), "QC2002", "conv", /auto_pad SAME is unknown/],
  ["an attribute of another type", () => conv({ auto_pad: 3 }), "QC2002", "conv", /'auto_pad' must be a string/],
  ["an integer attribute given as a list", () => conv({ group: [1] }), "QC2002", "conv", /'group' must be an integer/],
  ["a list given as an integer", () => conv({ strides: 2 }), "QC2002", "conv", /'strides' must be a list/],
  [
    "a float given as text",
    () => oneOp([1, 4], (b, x) => b.node("Gemm", [x, b.weights([4, 2])], { alpha: "one" }, { name: "node" })),
    "QC2002",
    "node",
    /'alpha' must be a number/,
  ],
  [
    "an attribute of an unknown kind",
    () => conv({ group: { raw: { type: 5 } } }),
    "QC2002",
    "conv",
    /'group' must be an integer/,
  ],
  ["an unknown attribute", () => conv({ turbo: 1 }), "QC2002", "conv", /attribute 'turbo' is not supported/],
  [
    "groups that do not divide",
    () => conv({ group: 4 }),
    "QC2002",
    "conv",
    /group 4 do not fit an input of 2 channels/,
  ],
  ["a kernel_shape that lies", () => conv({ kernel_shape: [5, 5] }), "QC2002", "conv", /differs from the weights'/],
  ...["Conv", "MaxPool", "AveragePool", "GlobalAveragePool"].map((type): (typeof cases)[number] => [
    `${type} of a batch made inside the graph`,
    () =>
      oneOp([1, 8, 2, 2], (b, x) => {
        const batch = b.node("Reshape", [x, b.constant("r", "int64", [4], [2, 4, 2, 2])]);
        const window: Record<string, Attribute> = type.startsWith("Global") ? {} : { kernel_shape: [1, 1] };
        return b.node(type, type === "Conv" ? [batch, b.weights([1, 4, 1, 1])] : [batch], window, { name: "node" });
      }),
    "QC2002",
    "node",
    /\[2,4,2,2\]; expected \[1, C, H, W\]/,
  ]),
  ["a 1-D convolution", () => conv({}, [3, 2, 3], [1, 2, 6]), "QC2002", "conv", /3 dimensions; expected 4 and 4/],
  [
    "a kernel larger than the image",
    () => conv({}, [3, 2, 9, 9]),
    "QC2005",
    "conv",
    /does not fit the padded input of 6 x 6/,
  ],
  [
    "weights that are no constant",
    () => oneOp(image, (b, x) => b.node("Conv", [x, x], {}, { name: "conv" })),
    "QC2002",
    "conv",
    /weights must be constants/,
  ],
  [
    "a constant convolved",
    () => oneOp(image, (b) => b.node("Conv", [b.weights([1, 2, 4, 4]), b.weights([1, 2, 2, 2])], {}, { name: "conv" })),
    "QC2002",
    "conv",
    /is a constant; expected an activation/,
  ],
  [
    "a constant reshaped",
    () =>
      oneOp([1, 4], (b, x) => b.node("MatMul", [x, b.node("Transpose", [b.weights([2, 4])], {}, { name: "node" })])),
    "QC2002",
    "node",
    /is a constant/,
  ],
  [
    "weight scales along the wrong axis",
    () => oneOp(image, (b, x) => b.node("Conv", [x, b.weights([3, 2, 3, 3], [1, 2], 1)], {}, { name: "conv" })),
    "QC2004",
    "conv",
    /along axis 1; expected axis 0/,
  ],
  [
    "Gemm scales along the wrong axis",
    () => oneOp([1, 4], (b, x) => b.node("Gemm", [x, b.weights([4, 2], [1, 2, 3, 4], 0)], {}, { name: "node" })),
    "QC2004",
    "node",
    /axis 0; expected axis 1/,
  ],
  [
    "weights that leave int8",
    () =>
      oneOp([1, 2], (b, x) =>
        b.node(
          "MatMul",
          [x, b.dequantize(b.constant("w", "uint8", [2, 1], [0, 255]), { scale: 1, zeroPoint: 0, type: "uint8" })],
          {},
          { name: "node" },
        ),
      ),
    "QC2004",
    "node",
    /255 minus its zero point is 255, outside int8/,
  ],
  [
    "a bias with a zero point",
    () =>
      oneOp([1, 2], (b, x) =>
        b.node(
          "Gemm",
          [x, b.weights([2, 2]), b.dequantize(b.constant("b", "int8", [2], [1, 2]), { scale: 1, zeroPoint: 3 })],
          {},
          { name: "node" },
        ),
      ),
    "QC2004",
    "node",
    /zero point/,
  ],
  [
    "too few biases",
    () => oneOp(image, (b, x) => b.node("Conv", [x, b.weights([3, 2, 3, 3]), b.bias(2)], {}, { name: "conv" })),
    "QC2005",
    "conv",
    /2 biases for 3/,
  ],
  [
    "a bias by rows",
    () =>
      oneOp([1, 4], (b, x) =>
        b.node(
          "Gemm",
          [b.node("Reshape", [x, b.constant("r", "int64", [2], [2, 2])]), b.weights([2, 2]), b.bias(2, [1], 9, [2, 1])],
          {},
          { name: "node" },
        ),
      ),
    "QC2002",
    "node",
    /bias of shape \[2,1\]/,
  ],
  [
    "a bias by rows after MatMul",
    () =>
      oneOp([1, 4], (b, x) =>
        b.node("Add", [b.node("MatMul", [x, b.weights([4, 4])]), b.bias(4, [1], 9, [4, 1])], {}, { name: "node" }),
      ),
    "QC2002",
    "node",
    /Add is not supported with these inputs/,
  ],
  [
    "a bias after Relu",
    () =>
      oneOp([1, 4], (b, x) =>
        b.node("Add", [b.node("Relu", [b.node("MatMul", [x, b.weights([4, 4])])]), b.bias(4)], {}, { name: "node" }),
      ),
    "QC2002",
    "node",
    /Add is not supported with these inputs/,
  ],
  [
    "a bias after a Transpose",
    () =>
      oneOp([1, 4], (b, x) =>
        b.node(
          "Add",
          [b.node("Transpose", [b.node("MatMul", [x, b.weights([4, 1])])]), b.bias(1)],
          {},
          { name: "node" },
        ),
      ),
    "QC2002",
    "node",
    /Add is not supported with these inputs/,
  ],
  [
    "QLinearConv with a scale too few",
    () => {
      const b = new ModelBuilder();
      const one = (n: string, v: number) => b.constant(n, "float", [], [v]);
      const zp = b.constant("z", "int8", [], [0]);
      const x = b.quantize(b.input(image), q);
      const w = b.constant("w", "int8", [3, 2, 1, 1], [1, 2, 3, 4, 5, 6]);
      return b.output(
        b.node(
          "QLinearConv",
          [
            x,
            one("xs", 0.1),
            zp,
            w,
            b.constant("ws", "float", [2], [1, 1]),
            b.constant("wz", "int8", [2], [0, 0]),
            one("ys", 1),
            zp,
          ],
          {},
          { name: "node" },
        ),
      );
    },
    "QC2004",
    "node",
    /2 scales for axis 0 of shape \[3,2,1,1\]/,
  ],
  [
    "a bias of float32",
    () =>
      oneOp([1, 4], (b, x) =>
        b.node("Gemm", [x, b.weights([4, 2]), b.constant("b", "float", [2], [1, 2])], {}, { name: "node" }),
      ),
    "QC2002",
    "node",
    /a float constant; expected the output of DequantizeLinear/,
  ],
  [
    "Gemm with alpha",
    () => oneOp([1, 4], (b, x) => b.node("Gemm", [x, b.weights([4, 2])], { alpha: { float: 0.5 } }, { name: "node" })),
    "QC2002",
    "node",
    /alpha 0.5/,
  ],
  [
    "Gemm with transA",
    () => oneOp([1, 4], (b, x) => b.node("Gemm", [x, b.weights([1, 2])], { transA: 1 }, { name: "node" })),
    "QC2002",
    "node",
    /transA true/,
  ],
  [
    "Gemm of a 4-D input",
    () => oneOp(image, (b, x) => b.node("Gemm", [x, b.weights([6, 2])], {}, { name: "node" })),
    "QC2002",
    "node",
    /expected two matrices/,
  ],
  [
    "Gemm with an activation as weights",
    () => oneOp([1, 1], (b, x) => b.node("Gemm", [x, x], {}, { name: "node" })),
    "QC2002",
    "node",
    /constant matrix/,
  ],
  [
    "MatMul of two activations",
    () => oneOp([1, 1], (b, x) => b.node("MatMul", [x, x], {}, { name: "node" })),
    "QC2002",
    "node",
    /constant matrix/,
  ],
  [
    "a matrix of another length",
    () => oneOp([1, 5], (b, x) => b.node("MatMul", [x, b.weights([4, 2])])),
    "QC2005",
    undefined,
    /weights \[4,2\] do not fit an input of shape \[1,5\]/,
  ],
  [
    "an empty matrix",
    () => oneOp([1, 5], (b, x) => b.node("MatMul", [x, b.weights([5, 0])])),
    "QC2005",
    undefined,
    /shape \[1,0\]; expected 1 to/,
  ],
  [
    "Add of a constant",
    () => oneOp([1, 4], (b, x) => b.node("Add", [x, b.weights([1, 4])], {}, { name: "node" })),
    "QC2002",
    "node",
    /adding a constant/,
  ],
  [
    "Add with broadcasting",
    () =>
      oneOp([1, 4], (b, x) =>
        b.node("Add", [x, b.node("Reshape", [x, b.constant("r", "int64", [3], [1, 1, 4])])], {}, { name: "node" }),
      ),
    "QC2002",
    "node",
    /shapes \[1,4\] and \[1,1,4\] differ/,
  ],
  [
    "Add whose sums come too close to ties",
    () => {
      const b = new ModelBuilder();
      const x = b.quantize(b.input([1, 4]), { scale: 0.05, zeroPoint: 3 });
      const y = b.quantize(b.dequantize(x, { scale: 0.05, zeroPoint: 3 }), { scale: 0.031, zeroPoint: -100 });
      return b.output(
        b.quantize(
          b.node(
            "Add",
            [b.dequantize(x, { scale: 0.05, zeroPoint: 3 }), b.dequantize(y, { scale: 0.031, zeroPoint: -100 })],
            {},
            { name: "node" },
          ),
          { scale: 0.07, zeroPoint: 20 },
        ),
      );
    },
    "QC3002",
    "node",
    /too close to a rounding tie/,
  ],
  [
    "ceil_mode of MaxPool",
    () => op("MaxPool", { kernel_shape: [2, 2], ceil_mode: 1 }),
    "QC2002",
    "node",
    /ceil_mode 1/,
  ],
  [
    "ceil_mode of AveragePool",
    () => op("AveragePool", { kernel_shape: [2, 2], ceil_mode: 1 }),
    "QC2002",
    "node",
    /ceil_mode 1/,
  ],
  ["MaxPool without kernel_shape", () => op("MaxPool", {}), "QC2002", "node", /kernel_shape \[\]/],
  [
    "MaxPool of three axes",
    () => op("MaxPool", { kernel_shape: [2, 2] }, [1, 2, 6]),
    "QC2002",
    "node",
    /expected \[1, C, H, W\]/,
  ],
  [
    "MaxPool windows in the padding",
    () => op("MaxPool", { kernel_shape: [2, 2], pads: [2, 0, 0, 0] }),
    "QC2002",
    "node",
    /without any input/,
  ],
  [
    "dilated windows around a small image",
    () => op("AveragePool", { kernel_shape: [2, 1], dilations: [3, 1], pads: [2, 0, 2, 0] }, [1, 1, 1, 1]),
    "QC2002",
    "node",
    /without any input/,
  ],
  [
    "AveragePool of three axes",
    () => op("AveragePool", { kernel_shape: [2] }, [1, 2, 6]),
    "QC2002",
    "node",
    /expected \[1, C, H, W\]/,
  ],
  ["Softmax over channels", () => op("Softmax", { axis: 1 }), "QC2002", "node", /expected the last axis/],
  [
    "Softmax of opset 11 over all axes",
    () => {
      const b = op("Softmax", {});
      b.opset = 11;
      return b;
    },
    "QC2002",
    "node",
    /axis 1 of a 4-dimensional/,
  ],
  ["Softmax of 256 classes", () => op("Softmax", {}, [1, 256]), "QC2002", "node", /256 classes; at most 255/],
  [
    "Softmax with a tiny output scale",
    () =>
      oneOp([1, 4], (b, x) => b.node("Softmax", [x], {}, { name: "node" }), { output: { scale: 0.001, zeroPoint: 0 } }),
    "QC2004",
    "node",
    /at least 1\/256/,
  ],
  [
    "a bounded Softmax",
    () =>
      oneOp([1, 4], (b, x) =>
        b.node("Clip", [b.node("Softmax", [x], {}, { name: "node" }), "", b.constant("m", "float", [], [0.5])]),
      ),
    "QC2002",
    "node",
    /on a Softmax/,
  ],
  [
    "Clip with empty bounds",
    () => op("Clip", { min: { float: 2 }, max: { float: 1 } }),
    "QC2002",
    "node",
    /bounds 2 to 1 are empty/,
  ],
  ["Clip above infinity", () => op("Clip", { min: { float: Infinity } }), "QC2002", "node", /are empty/],
  [
    "Clip with a computed bound",
    () => oneOp([1, 1], (b, x) => b.node("Clip", [x, x], {}, { name: "node" })),
    "QC2002",
    "node",
    /input 1 must be a constant/,
  ],
  [
    "Relu of codes",
    () => {
      const b = new ModelBuilder();
      return b.output(b.node("Relu", [b.quantize(b.input([1, 4]), q)], {}, { name: "node" }));
    },
    "QC2002",
    "node",
    /must be quantized/,
  ],
  [
    "Reshape to another size",
    () => oneOp(image, (b, x) => b.node("Reshape", [x, b.constant("r", "int64", [2], [1, 71])], {}, { name: "node" })),
    "QC2002",
    "node",
    /cannot become \[1,71\]/,
  ],
  [
    "Reshape to a fraction",
    () => oneOp([1, 9], (b, x) => b.node("Reshape", [x, b.constant("r", "int64", [2], [2, -1])], {}, { name: "node" })),
    "QC2002",
    "node",
    /cannot become \[2,4.5\]/,
  ],
  [
    "Reshape to negative sizes",
    () =>
      oneOp([1, 9], (b, x) => b.node("Reshape", [x, b.constant("r", "int64", [2], [-3, -3])], {}, { name: "node" })),
    "QC2002",
    "node",
    /cannot become/,
  ],
  [
    "Reshape by a computed shape",
    () => oneOp([1, 9], (b, x) => b.node("Reshape", [x, x], {}, { name: "node" })),
    "QC2002",
    "node",
    /input 1 must be a constant/,
  ],
  ["Flatten at an axis that is none", () => op("Flatten", { axis: 7 }), "QC2002", "node", /axis 7/],
  ["a perm that is none", () => op("Transpose", { perm: [0, 1, 1, 2] }), "QC2002", "node", /no permutation of 4 axes/],
  ["a perm of another length", () => op("Transpose", { perm: [1, 0] }), "QC2002", "node", /no permutation/],
  [
    "an accumulator beyond 32 bits",
    () =>
      oneOp([1, 2], (b, x) => {
        const codes = b.constant("b", "int32", [1], [2 ** 31 - 1]);
        return b.node(
          "Gemm",
          [x, b.weights([2, 1]), b.node("DequantizeLinear", [codes, b.constant("s", "float", [], [1])])],
          {},
          { name: "node" },
        );
      }),
    "QC3001",
    "node",
    /can reach \d+, beyond 2147483647/,
  ],
];

describe("a refused model names the code, the place and the reason", () => {
  it.each(cases)("%s", (_, model, code, where, message) => {
    const diagnostics = refused(model());
    expect(diagnostics[0]).toMatchObject({ code, message: expect.stringMatching(message) });
    if (where !== undefined) expect(diagnostics[0]!.where).toBe(where);
  });

  it("unknown numerics", () => {
    expect(() => compile(smallNetwork().bytes(), { numerics: "fast" })).toThrow(/QC6001 .*exact, onnxruntime, tflite/);
  });

  it("names every unsupported node at once, and skips what depends on them", () => {
    const b = new ModelBuilder();
    const x = b.qdq(b.input(image), q);
    const bad = b.node("Sinh", [x], {}, { name: "first" });
    const after = b.node("Relu", [bad], {}, { name: "depends" });
    const pool = b.node("MaxPool", [x], { kernel_shape: [2, 2], ceil_mode: 1 }, { name: "second" });
    const odd = b.node("Conv", [x, b.weights([1, 2, 3, 3])], { turbo: 1 }, { name: "third" });
    expect(refused(b.output(after, pool, odd)).map(({ code, where }) => `${code} ${where}`)).toEqual([
      "QC2001 first",
      "QC2002 second",
      "QC2002 third",
    ]);
  });

  it("keeps control characters of names out of messages", () => {
    const b = oneOp(image, (builder, x) => builder.node("Sinh", [x], {}, { name: "a\nb\u001b[31m" }));
    expect(() => compile(b.bytes())).toThrow(/^QC2001 'a\?b\?\[31m' unsupported operator: Sinh is not supported\.$/);
  });
});

/** Codes the front half raises, apart from those that only an internal defect can raise. */
const covered = new Set(cases.map(([, , code]) => code));
it("covers every code that reading, lowering and certifying can raise", () => {
  const expected = [
    "QC1001",
    "QC1002",
    "QC1003",
    "QC1004",
    "QC1005",
    "QC2001",
    "QC2002",
    "QC2003",
    "QC2004",
    "QC2005",
    "QC3001",
    "QC3002",
  ];
  // QC3003: fallbacks.test.ts. QC3004: test/ir/verify.test.ts. QC4xxx: test/plan, test/targets. QC5xxx: test/verify. QC6xxx: test/cli.
  expect([...covered].sort()).toEqual(expected);
});
