/** Unknown operators, and attributes of convolutions and pools. */
import { type Attribute, oneOp } from "../../helpers/onnx.js";
import { conv, image, op, type Refusal } from "./models.js";

export const windows: readonly Refusal[] = [
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
  ...["Conv", "MaxPool", "AveragePool", "GlobalAveragePool"].map(
    (type): Refusal => [
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
    ],
  ),
  [
    "a 3-D convolution",
    () => conv({}, [3, 2, 3, 3, 3], [1, 2, 6, 6, 6]),
    "QC2002",
    "conv",
    /input of shape \[1,2,6,6,6\]; expected \[1, C, H, W\] or \[1, C, L\]/,
  ],
  [
    "a signal convolved with filters of an image",
    () => conv({}, [3, 2, 3, 3], [1, 2, 6]),
    "QC2002",
    "conv",
    /weights of shape \[3,2,3,3\] for an input of shape \[1,2,6\]/,
  ],
  [
    "a kernel larger than the image",
    () => conv({}, [3, 2, 9, 9]),
    "QC2005",
    "conv",
    /does not fit the padded input of 6 x 6/,
  ],
];
