/** Files and graphs that are malformed. */
import { ModelBuilder, oneOp, smallNetwork } from "../../helpers/onnx.js";
import { damaged, edited, op, q, type Refusal } from "./models.js";

export const reading: readonly Refusal[] = [
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
  ["float8 weights", () => damaged({ dataType: 17 }), "QC1002", "w", /float8e4m3fn cannot be read/],
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
    "conv",
    /cycle/,
  ],
  [
    "a dynamic height",
    () => oneOp([1, 2, "H", 6], (b, x) => b.node("Relu", [x])),
    "QC1004",
    "x",
    /dimension 2 is 'H'.*--dim H=<size>/,
  ],
  ["a zero width", () => op("Relu", {}, [1, 2, 6, 0]), "QC1004", "x", /dimension 3 is 0/],

  ["a gigantic input", () => op("Relu", {}, [1, 2 ** 16, 2 ** 16]), "QC1004", "x", /more than 2\^22/],
  [
    "an int32 input",
    () => {
      const b = new ModelBuilder();
      return b.output(b.dequantize(b.input([1, 4], "int32"), q));
    },
    "QC2004",
    undefined,
    /zero point of type int8 for int32 codes/,
  ],
];
