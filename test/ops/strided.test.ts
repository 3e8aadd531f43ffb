/** Slices, splits, repetitions, depth and space, nearest resizing: against their definitions, in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { mergedOrder, sourceIndices, stridedForm } from "../../compiler/ops/order.js";
import { Random } from "../hdl/graphs.js";
import { type Affine, type Attribute, ModelBuilder } from "../helpers/onnx.js";
import { type Case, coordinates, describeCases, element, intervals, tensor } from "./engines.js";

const q: Affine = { scale: 0.05, zeroPoint: 3 };
type At = readonly number[];

/** Codes in, one operation between DequantizeLinear and QuantizeLinear, codes out. */
function moved(
  dims: readonly number[],
  node: (b: ModelBuilder, x: string) => string | readonly string[],
  opset = 13,
): ModelBuilder {
  const b = new ModelBuilder();
  b.opset = opset;
  const x = b.dequantize(b.input(dims, "int8"), q);
  return b.output(...[node(b, x)].flat().map((y) => b.quantize(y, q)));
}

const ints = (b: ModelBuilder, ...values: number[]) => b.constant("ints", "int64", [values.length], values);

/** One output, each element from the input element `from` says. */
function chosen(
  title: string,
  dims: readonly number[],
  out: readonly number[],
  from: (at: At) => number[],
  node: (b: ModelBuilder, x: string) => string,
  opset?: number,
): Case {
  return {
    title,
    model: moved(dims, node, opset),
    shapes: [out],
    plain: (codes) => [tensor(out, (at) => element(codes, dims, from(at)))],
  };
}

const slice = (starts: number[], ends: number[], axes?: number[], steps?: number[]) => (b: ModelBuilder, x: string) =>
  b.node("Slice", [
    x,
    ints(b, ...starts),
    ints(b, ...ends),
    axes ? ints(b, ...axes) : "",
    steps ? ints(b, ...steps) : "",
  ]);
const resize =
  (attributes: Record<string, Attribute>, ...scales: number[]) =>
  (b: ModelBuilder, x: string) =>
    b.node("Resize", [x, "", b.constant("s", "float", [scales.length], scales)], { mode: "nearest", ...attributes });

const image = [1, 4, 6, 5];
const twice = ([n, c, y, x]: At) => [n!, c!, Math.floor(y! / 2), Math.floor(x! / 2)];

const cases: Case[] = [
  chosen("Slice of channels", image, [1, 2, 6, 5], ([n, c, y, x]) => [n!, c! + 1, y!, x!], slice([1], [3], [1])),
  chosen(
    "Slice of all axes with steps",
    image,
    [1, 2, 2, 2],
    ([n, c, y, x]) => [n!, 2 * c! + 1, 3 * y!, 2 * x! + 1],
    slice([0, 1, 0, 1], [1, 9, 99, 4], undefined, [1, 2, 3, 2]),
  ),
  chosen(
    "Slice backwards",
    image,
    [1, 4, 6, 3],
    ([n, c, y, x]) => [n!, 3 - c!, 5 - y!, 4 - 2 * x!],
    slice([-1, 99, -1], [-99, -99, -9], [-3, 2, 3], [-1, -1, -2]),
  ),
  chosen(
    "Slice with attributes",
    image,
    [1, 4, 3, 5],
    ([n, c, y, x]) => [n!, c!, y! + 2, x!],
    (b, x) => b.node("Slice", [x], { starts: [2], ends: [-1], axes: [2] }),
    9,
  ),
  chosen(
    "Gather of consecutive indices",
    [1, 7, 3],
    [1, 3, 3],
    ([n, i, x]) => [n!, i! + 2, x!],
    (b, x) => b.node("Gather", [x, ints(b, 2, 3, -3)], { axis: 1 }),
  ),
  chosen(
    "Gather of one index drops its axis",
    [1, 7, 3],
    [1, 7],
    ([n, i]) => [n!, i!, 2],
    (b, x) => b.node("Gather", [x, b.constant("i", "int64", [], [-1])], { axis: -1 }),
  ),
  chosen(
    "Gather with a matrix of indices",
    [1, 8, 2],
    [1, 3, 2, 2],
    ([n, i, j, x]) => [n!, 7 - 2 * i! - j!, x!],
    (b, x) => b.node("Gather", [x, b.constant("i", "int64", [3, 2], [7, 6, 5, 4, 3, 2])], { axis: 1 }),
  ),
  chosen(
    "Tile along two axes",
    [1, 2, 3, 2],
    [1, 4, 9, 2],
    ([n, c, y, x]) => [n!, c! % 2, y! % 3, x!],
    (b, x) => b.node("Tile", [x, ints(b, 1, 2, 3, 1)]),
  ),
  chosen(
    "Expand to a higher rank",
    [3, 1, 2],
    [2, 3, 4, 2],
    ([, i, , k]) => [i!, 0, k!],
    (b, x) => b.node("Expand", [x, ints(b, 2, 1, 4, 1)]),
  ),
  chosen(
    "DepthToSpace DCR",
    [1, 12, 2, 3],
    [1, 3, 4, 6],
    ([n, c, y, x]) => [n!, (y! % 2) * 6 + (x! % 2) * 3 + c!, y! >> 1, x! >> 1],
    (b, x) => b.node("DepthToSpace", [x], { blocksize: 2 }),
  ),
  chosen(
    "DepthToSpace CRD",
    [1, 12, 2, 3],
    [1, 3, 4, 6],
    ([n, c, y, x]) => [n!, c! * 4 + (y! % 2) * 2 + (x! % 2), y! >> 1, x! >> 1],
    (b, x) => b.node("DepthToSpace", [x], { blocksize: 2, mode: "CRD" }),
  ),
  chosen(
    "SpaceToDepth",
    [1, 2, 4, 6],
    [1, 8, 2, 3],
    ([n, c, y, x]) => [n!, c! % 2, 2 * y! + (c! >> 2), 2 * x! + ((c! >> 1) % 2)],
    (b, x) => b.node("SpaceToDepth", [x], { blocksize: 2 }),
  ),
  chosen("Resize by two, half_pixel", image, [1, 4, 12, 10], twice, resize({}, 1, 1, 2, 2)),
  chosen(
    "Resize by two, asymmetric, floor",
    image,
    [1, 4, 12, 10],
    twice,
    resize({ coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }, 1, 1, 2, 2),
  ),
  chosen(
    "Resize by three along one axis",
    image,
    [1, 4, 18, 5],
    ([n, c, y, x]) => [n!, c!, Math.floor(y! / 3), x!],
    resize({ coordinate_transformation_mode: "pytorch_half_pixel" }, 1, 1, 3, 1),
  ),
  chosen(
    "Resize to half: every other element",
    image,
    [1, 4, 3, 5],
    ([n, c, y, x]) => [n!, c!, 2 * y!, x!],
    resize({ coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }, 1, 1, 0.5, 1),
  ),
  chosen("Resize by sizes", image, [1, 4, 12, 10], twice, (b, x) =>
    b.node("Resize", [x, "", "", ints(b, 1, 4, 12, 10)], { mode: "nearest" }),
  ),
  chosen(
    "Resize by sizes of some axes",
    image,
    [1, 4, 12, 10],
    twice,
    (b, x) => b.node("Resize", [x, "", "", ints(b, 12, 10)], { mode: "nearest", axes: [2, -1] }),
    18,
  ),
  chosen(
    "Resize of opset 10",
    image,
    [1, 4, 12, 10],
    twice,
    (b, x) => b.node("Resize", [x, b.constant("s", "float", [4], [1, 1, 2, 2])], { mode: "nearest" }),
    10,
  ),
  chosen(
    "Upsample",
    image,
    [1, 4, 12, 10],
    twice,
    (b, x) => b.node("Upsample", [x, b.constant("s", "float", [4], [1, 1, 2, 2])]),
    9,
  ),
  {
    title: "Split into unequal parts, a part unnamed",
    model: moved([1, 6, 4], (b, x) => {
      b.node("Split", [x, ints(b, 1, 2, 3)], { axis: 1 }, { name: "s", outputs: ["s0", "", "s2"] });
      return ["s0", "s2"];
    }),
    shapes: [
      [1, 1, 4],
      [1, 3, 4],
    ],
    plain: (codes) => [codes.slice(0, 4), codes.slice(12)],
  },
  {
    title: "Split into equal parts of the last axis, and into parts that do not divide",
    model: moved(
      [1, 3, 4],
      (b, x) => {
        b.node("Split", [x], { axis: -1 }, { name: "s", outputs: ["s0", "s1"] });
        b.node("Split", [x], { axis: 1, num_outputs: 2 }, { name: "t", outputs: ["t0", "t1"] });
        return ["s1", "t0", "t1"];
      },
      18,
    ),
    shapes: [
      [1, 3, 2],
      [1, 2, 4],
      [1, 1, 4],
    ],
    plain: (codes) => [tensor([1, 3, 2], ([, i, j]) => codes[i! * 4 + j! + 2]!), codes.slice(0, 8), codes.slice(8)],
  },
];

/** Two convolutions in ONNX's order around a movement: what a network has. */
function between(title: string, channels: number, body: (b: ModelBuilder, x: string) => string): Case {
  const b = new ModelBuilder(5);
  const conv = (x: string, inputs: number, outputs: number) =>
    b.qdq(b.node("Conv", [x, b.weights([outputs, inputs, 1, 1])]), q);
  const first = conv(b.qdq(b.input([1, 3, 4, 4]), q), 3, 8);
  return { title, model: b.output(conv(body(b, first), channels, 2)) };
}

const shuffle = (b: ModelBuilder, x: string) => {
  const grouped = b.node("Transpose", [b.node("Reshape", [x, ints(b, 1, 2, 4, 4, 4)])], { perm: [0, 2, 1, 3, 4] });
  return b.node("Reshape", [grouped, ints(b, 1, 8, 4, 4)]);
};
const networks: Case[] = [
  between("slice of channels between convolutions", 3, slice([2], [8], [1], [2])),
  between("crop between convolutions", 8, slice([1, 1], [3, 4], [2, 3])),
  between("depth to space between convolutions", 2, (b, x) => b.node("DepthToSpace", [x], { blocksize: 2 })),
  between("space to depth between convolutions", 32, (b, x) => b.node("SpaceToDepth", [x], { blocksize: 2 })),
  between("nearest resize between convolutions", 8, resize({}, 1, 1, 2, 2)),
  between("channel shuffle between convolutions", 8, shuffle),
  between("slice, Relu and crop between convolutions", 4, (b, x) =>
    slice([1], [4], [2])(b, b.qdq(b.node("Relu", [slice([0], [4], [1])(b, x)]), { scale: 0.04, zeroPoint: -128 })),
  ),
];

describeCases([...cases, ...networks]);

describe("layout", () => {
  it.each(networks)("$title: nothing is transposed but the image, and one copy moves", ({ model }) => {
    const ops = compile(model.bytes()).integerGraph.nodes.map(({ op }) => op);
    expect(ops.filter((op) => op === "transpose")).toHaveLength(2); // at the two borders
    expect(ops.filter((op) => op === "strided").length).toBe(ops.includes("table") ? 2 : 1);
  });

  it("ranges of channels survive a slice of channels", () => {
    const b = new ModelBuilder();
    const w = b.dequantize(b.constant("w", "int8", [1, 4], [1, 0, 2, -3]), { scale: 1, zeroPoint: 0 });
    const y = b.qdq(b.node("MatMul", [b.qdq(b.input([1, 1]), { scale: 1, zeroPoint: 0 }), w]), {
      scale: 8,
      zeroPoint: 0,
    });
    const graph = compile(b.output(slice([3, 0], [0, 9], [1, 0], [-1, 1])(b, y)).bytes()).integerGraph;
    const [dense, copy] = graph.nodes.map(({ output }) => output.ranges);
    expect(copy).toEqual([dense![3], dense![2], dense![1]]);
  });
});

describe("Verilog pace", () => {
  it.each([
    ["a transposition", moved([1, 3, 5, 7], (b, x) => b.node("Transpose", [x], { perm: [0, 2, 3, 1] }))],
    ["a slice", cases[0]!.model],
    ["a resize", cases.find(({ title }) => title.startsWith("Resize by two"))!.model],
  ])(
    "%s takes one element a cycle",
    async (_, model) => {
      const { predicted, simulated } = await intervals(model);
      expect(simulated).toBe(predicted);
    },
    60_000,
  );
});

describe("strided forms", () => {
  it("are found for every strided order, with the fewest digits", () => {
    const random = new Random(11);
    for (let run = 0; run < 500; run++) {
      const digits = random.integer(0, 4);
      const order = {
        dims: Array.from({ length: digits }, () => random.integer(1, 4)),
        strides: Array.from({ length: digits }, () => random.integer(-5, 5)),
        offset: 100,
      };
      const indices = sourceIndices(order);
      const form = stridedForm(indices);
      expect(form && sourceIndices(form)).toEqual(indices);
      expect(mergedOrder(order).dims.length).toBeGreaterThanOrEqual(form!.dims.length);
    }
  });
  it("do not exist for other orders", () => {
    for (const order of [
      [0, 1, 3],
      [0, 1, 2, 3, 5, 4],
      [0, 1, 1, 2, 3, 4],
      [2, 0, 1],
    ])
      expect(stridedForm(Int32Array.from(order))).toBeUndefined();
  });
  it("coordinates of the test count row by row", () =>
    expect(coordinates([2, 2])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]));
});

describe("refusals", () => {
  const reasons: [string, readonly number[], (b: ModelBuilder, x: string) => string, RegExp][] = [
    ["an empty slice", image, slice([2], [2], [1]), /no elements along axis 1/],
    ["a slice of a missing axis", image, slice([2], [2], [4]), /axis 4 of an input/],
    ["step 0", image, slice([0], [2], [1], [0]), /step 0/],
    [
      "an index outside",
      image,
      (b, x) => b.node("Gather", [x, ints(b, 4)], { axis: 1 }),
      /position 4 of axis 1, which has 4/,
    ],
    ["a cubic resize", image, resize({ mode: "cubic" }, 1, 1, 2, 2), /mode cubic; only nearest/],
    [
      "tf_crop_and_resize",
      image,
      resize({ coordinate_transformation_mode: "tf_crop_and_resize" }, 1, 1, 2, 2),
      /tf_crop_and_resize is not supported/,
    ],
    ["blocks that do not divide", image, (b, x) => b.node("SpaceToDepth", [x], { blocksize: 4 }), /blocksize 4/],
    [
      "parts that do not add up",
      image,
      (b, x) => b.node("Split", [x, ints(b, 1, 2)], { axis: 1 }, { name: "s", outputs: ["a", "b"] }),
      /parts of \[1,2\]/,
    ],
    ["repeats of another rank", image, (b, x) => b.node("Tile", [x, ints(b, 2)]), /repeats \[2\]/],
    ["a shape that does not broadcast", image, (b, x) => b.node("Expand", [x, ints(b, 3, 6, 5)]), /does not broadcast/],
  ];
  it.each(reasons)("%s", (_, dims, node, reason) => {
    expect(() => compile(moved(dims, node).bytes())).toThrow(reason);
  });
});
