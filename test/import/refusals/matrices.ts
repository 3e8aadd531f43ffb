/** Weights, biases and matrix products. */
import { ModelBuilder, oneOp } from "../../helpers/onnx.js";
import { image, q, type Refusal } from "./models.js";

export const matrices: readonly Refusal[] = [
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
    "a constant whose several scales a Reshape spreads",
    () =>
      oneOp([1, 4], (b, x) =>
        b.node("MatMul", [
          x,
          b.node("Reshape", [b.weights([2, 4], [1, 2]), b.constant("r", "int64", [2], [4, 2])], {}, { name: "node" }),
        ]),
      ),
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
    "weights that leave int16",
    () =>
      oneOp([1, 2], (b, x) =>
        b.node(
          "MatMul",
          [x, b.dequantize(b.constant("w", "int32", [2, 1], [0, 40000]), { scale: 1, zeroPoint: 0, type: "int32" })],
          {},
          { name: "node" },
        ),
      ),
    "QC2004",
    "node",
    /40000 minus its zero point is 40000, outside int16/,
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
    /a constant of shape \[4,1\] does not broadcast/,
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
    "Gemm of a 4-D input",
    () => oneOp(image, (b, x) => b.node("Gemm", [x, b.weights([6, 2])], {}, { name: "node" })),
    "QC2002",
    "node",
    /expected two matrices/,
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
];
