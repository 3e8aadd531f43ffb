/** Files meant to harm: bombs, lies about lengths, versions and functions that would change the meaning. */
import { ModelBuilder, oneOp } from "../../helpers/onnx.js";
import { edited, q, quant, type Refusal } from "./models.js";

/** A field of a protobuf message. */
function field(number: number, content: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = content.length;
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128);
  return Buffer.concat([Uint8Array.of(number * 8 + 2), Uint8Array.from([...length, rest]), content]);
}

/** `times` of a field that is an empty message, two bytes each. */
const empties = (number: number, times: number) =>
  new Uint8Array(2 * times).map((_, k) => (k % 2 === 0 ? number * 8 + 2 : 0));

/** Subgraphs in subgraphs: ModelProto.graph, GraphProto.node, NodeProto.attribute, AttributeProto.g. */
function nested(depth: number): Uint8Array {
  let graph: Uint8Array = new Uint8Array(0);
  for (let k = 0; k < depth; k++) graph = field(1, field(5, field(6, graph)));
  return field(7, graph);
}

export const hostile: readonly Refusal[] = [
  ["subgraphs nested without end", () => nested(3000), "QC1001", undefined, /nested more than 100 deep/],
  ["millions of empty nodes", () => field(7, empties(1, 20_000_000)), "QC1001", undefined, /small fields/],
  [
    "millions of numbers in a few megabytes",
    () => field(7, field(5, field(7, new Uint8Array(20_000_000)))),
    "QC1001",
    undefined,
    /small fields/,
  ],
  ["groups nested without end", () => new Uint8Array(200_000).fill(0x0b), "QC1001", undefined, /wire type 3/],
  ["a graph that is a number", () => Uint8Array.of(7 * 8, 1), "QC1001", undefined, /field 7 has wire type 0/],
  [
    "a field that reaches beyond its message",
    () => Uint8Array.of(58, 2, 10, 9, 0),
    "QC1001",
    undefined,
    /9 bytes announced where 0/,
  ],
  ["a number without an end", () => new Uint8Array(20).fill(0xff), "QC1001", undefined, /more than 10 bytes/],
  ["field number 0", () => Uint8Array.of(0, 0), "QC1001", undefined, /field number 0/],
  ["a cut-off list", () => field(7, field(5, field(4, new Uint8Array(3)))), "QC1001", undefined, /a list is cut off/],

  [
    "an IR version of the future",
    () => edited((proto) => (proto.irVersion = 14)),
    "QC1006",
    undefined,
    /IR version 14; expected 3 to 13/,
  ],
  ["no IR version", () => edited((proto) => (proto.irVersion = 0)), "QC1006", undefined, /IR version 0/],
  [
    "an old opset",
    () => edited((proto) => (proto.opsetImport[0].version = 6)),
    "QC1006",
    undefined,
    /opset 6; expected 7 to 25/,
  ],
  [
    "a new opset",
    () => edited((proto) => (proto.opsetImport[0].version = 26)),
    "QC1006",
    undefined,
    /opset 26; expected 7 to 25/,
  ],
  ["no opset", () => edited((proto) => (proto.opsetImport = [])), "QC1006", undefined, /no version of the standard/],
  [
    "two opsets of one domain",
    () => edited((proto) => proto.opsetImport.push({ domain: "ai.onnx", version: 13 })),
    "QC1003",
    undefined,
    /imported twice/,
  ],
  ["a function", () => edited((proto) => (proto.functions = [{ name: "Gelu" }])), "QC2001", "Gelu", /Inline them/],
  [
    "a sparse initializer",
    () => edited((proto) => (proto.graph.sparseInitializer = [{ values: { name: "s" } }])),
    "QC1002",
    "s",
    /Store the tensor densely/,
  ],
  [
    "an attribute twice",
    () =>
      edited((proto) => {
        const { attribute } = proto.graph.node.find(({ name }: { name: string }) => name === "conv");
        attribute.push(attribute[0]);
      }),
    "QC1003",
    "conv",
    /attribute 'pads' is given twice/,
  ],
  [
    "a subgraph where a number belongs",
    () =>
      edited((proto) => {
        proto.graph.node
          .find(({ name }: { name: string }) => name === "conv")
          .attribute.push({ name: "group", type: 5, g: {} });
      }),
    "QC2002",
    "conv",
    /attribute 'group' must be an integer/,
  ],
  [
    "floats where integers belong",
    () =>
      edited((proto) => {
        proto.graph.node.find(({ name }: { name: string }) => name === "conv").attribute = [
          { name: "pads", type: 6, floats: [1, 1, 1, 0.5] },
        ];
      }),
    "QC2002",
    "conv",
    /'pads' must be a list of integers/,
  ],
  [
    "a tensor of a thousand axes",
    () => edited((proto) => (proto.graph.initializer[0].dims = new Array(1000).fill(1))),
    "QC1002",
    "scale",
    /1000 axes; expected at most 32/,
  ],
  [
    "an expansion beyond every array",
    () =>
      oneOp([1, 4], (b, x) =>
        b.node("Expand", [x, b.constant("to", "int64", [2], [2 ** 40, 4])], {}, { name: "node" }),
      ),
    "QC2005",
    undefined,
    /1099511627776 positions along an axis; expected at most 2\^22/,
  ],
  [
    "padding beyond every array",
    () => padded("edge", 2 ** 40),
    "QC2005",
    undefined,
    /1099511627776 positions along an axis/,
  ],
  ["a mode of Pad that every object inherits", () => padded("constructor", 1), "QC2002", "node", /mode constructor is/],
  [
    "a mode of Resize that every object inherits",
    () => {
      const b = new ModelBuilder();
      const x = b.dequantize(b.input([1, 2, 6, 6], "int8"), q);
      const sizes = b.constant("sizes", "int64", [4], [1, 2, 12, 12]);
      const given = { mode: "nearest", coordinate_transformation_mode: "toString" };
      return b.output(b.quantize(b.node("Resize", [x, "", "", sizes], given, { name: "node" }), q));
    },
    "QC2002",
    "node",
    /coordinate_transformation_mode toString is not supported/,
  ],
  ["NaN as a constant of Quant", () => quant(Number.NaN), "QC2002", "node", /the constant input holds NaN/],
];

const padded = (mode: string, after: number) =>
  oneOp([1, 4], (b, x) =>
    b.node("Pad", [x, b.constant("pads", "int64", [4], [0, 0, 0, after])], { mode }, { name: "node" }),
  );
