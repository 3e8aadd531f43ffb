/** Elementwise operations, pools, softmax and movements. */
import { ModelBuilder, oneOp } from "../../helpers/onnx.js";
import { image, op, q, type Refusal } from "./models.js";

export const operators: readonly Refusal[] = [
  [
    "Add whose scales are too far apart",
    () =>
      oneOp(
        [1, 4],
        (b, x) => b.node("Add", [x, b.qdq(b.node("Neg", [x]), { scale: 0.05, zeroPoint: -100 })], {}, { name: "node" }),
        { input: { scale: 100000, zeroPoint: 3 }, output: { scale: 0.07, zeroPoint: 20 } },
      ),
    "QC3002",
    "node",
    /too close to a rounding tie/,
  ],
  [
    "Add of two constants",
    () => oneOp([1, 4], (b) => b.node("Add", [b.weights([1, 4]), b.weights([1, 4])], {}, { name: "node" })),
    "QC2002",
    "node",
    /both operands are constants/,
  ],
  [
    "Add with both operands broadcast",
    () =>
      oneOp([1, 4], (b, x) =>
        b.node("Add", [x, b.node("Reshape", [x, b.constant("r", "int64", [2], [4, 1])])], {}, { name: "node" }),
      ),
    "QC2002",
    "node",
    /shapes \[1,4\] and \[4,1\]/,
  ],
  [
    "ceil_mode of MaxPool with auto_pad VALID",
    () => op("MaxPool", { kernel_shape: [5, 5], strides: [2, 2], ceil_mode: 1, auto_pad: "VALID" }),
    "QC2002",
    "node",
    /ceil_mode 1 with auto_pad VALID/,
  ],
  [
    "ceil_mode of AveragePool with auto_pad VALID",
    () => op("AveragePool", { kernel_shape: [5, 5], strides: [2, 2], ceil_mode: 1, auto_pad: "VALID" }),
    "QC2002",
    "node",
    /ceil_mode 1 with auto_pad VALID/,
  ],
  ["MaxPool without kernel_shape", () => op("MaxPool", {}), "QC2002", "node", /kernel_shape \[\]/],
  [
    "MaxPool of a signal by a square",
    () => op("MaxPool", { kernel_shape: [2, 2] }, [1, 2, 6]),
    "QC2002",
    "node",
    /kernel_shape \[2,2\] must be one positive number/,
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
    "AveragePool of three spatial axes",
    () => op("AveragePool", { kernel_shape: [2, 2, 2] }, [1, 2, 6, 6, 6]),
    "QC2002",
    "node",
    /expected \[1, C, H, W\] or \[1, C, L\]/,
  ],
  ["Softmax along an axis that is none", () => op("Softmax", { axis: 4 }), "QC2002", "node", /axis 4 of an input/],
  ["Softmax of 4097 classes", () => op("Softmax", {}, [1, 4097]), "QC2002", "node", /4097 classes; at most 4096/],
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
    /is codes; expected the output of DequantizeLinear/,
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
  [
    "a product of two codes beyond 32 bits",
    () => {
      const b = new ModelBuilder();
      const x = b.qdq(b.input([1, 3]), { scale: 0.001, zeroPoint: -25480, type: "int16" });
      const y = b.node("Mul", [x, x], {}, { name: "node" });
      return b.output(b.quantize(y, { scale: 0.01, zeroPoint: 0, type: "int16" }));
    },
    "QC3001",
    "node",
    /values from -\d+ to 3392713009 before requantization/,
  ],
];
