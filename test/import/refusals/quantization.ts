/** Scales, zero points and values without quantization. */
import { ModelBuilder, oneOp } from "../../helpers/onnx.js";
import { border, image, op, q, quantized, type Refusal } from "./models.js";

export const quantization: readonly Refusal[] = [
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
    "QC2004",
    "node",
    /scale of type double; expected float/,
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
  ["activations per channel", () => quantized([1, 2], [0, 0], { axis: 1 }), "QC2002", "node", /per tensor/],
  ["a codes input per channel", () => border([1, 2]), "QC2004", "x", /2 scales; expected one/],
  [
    "a zero point of another type than its codes",
    () => {
      const b = new ModelBuilder();
      const codes = b.quantize(b.input(image), q);
      const zero = b.constant("z", "uint8", [], [200]);
      return b.output(
        b.node("DequantizeLinear", [codes, b.constant("s", "float", [], [1]), zero], {}, { name: "node" }),
      );
    },
    "QC2004",
    "node",
    /zero point of type uint8 for int8 codes/,
  ],
  [
    "an unknown attribute of QuantizeLinear",
    () => quantized([1], [0], { block_size: 4 }),
    "QC2002",
    "node",
    /an activation is quantized in blocks/,
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
    /at most 16 bits/,
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
    "a dequantized constant of doubles",
    () => {
      const b = new ModelBuilder();
      const w = b.constant("w", "int8", [2], [1, 2]);
      b.overrides.set("w", { dataType: 11, rawData: new Uint8Array(16) });
      return b.output(b.quantize(b.node("Relu", [b.input([1, 2])]), q), b.dequantize(w, q));
    },
    "QC2002",
    undefined,
    /a dequantized constant must be int32 or an integer of at most 16 bits/,
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
      return b.output(b.node("Exp", [b.qdq(b.input([1, 4, 2, 3]), q)], {}, { name: "exp" }));
    },
    "QC2003",
    "exp_out",
    /unquantized result of 'exp'/,
  ],
  ["an output nobody computes", () => op("Relu", {}).output("ghost"), "QC2003", "ghost", /missing/],
];
