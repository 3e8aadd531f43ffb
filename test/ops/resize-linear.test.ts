/** Linear Resize ("resize-linear") with exact fractions: against its definition in doubles and ONNX Runtime, in every engine. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { opHomes } from "../../compiler/ops/index.js";
import { type Affine, type Attribute, ModelBuilder } from "../helpers/onnx.js";
import { type Case, coordinates, describeCases, element } from "./engines.js";
import { code, real } from "./reals.js";
import { describeWitnessed } from "./witnessed.js";

const q: Affine = { scale: 0.0471, zeroPoint: 11 };
const to: Affine = { scale: 0.0613, zeroPoint: -9 };

const positions: Record<string, (at: number, from: number, size: number) => number> = {
  half_pixel: (at, from, size) => ((at + 0.5) * from) / size - 0.5,
  pytorch_half_pixel: (at, from, size) => (size > 1 ? ((at + 0.5) * from) / size - 0.5 : 0),
  asymmetric: (at, from, size) => (at * from) / size,
  align_corners: (at, from, size) => (size > 1 ? (at * (from - 1)) / (size - 1) : 0),
};

/** The value between the elements around each position, one axis after the other. */
function interpolated(mode: string, dims: readonly number[], sizes: readonly number[], codes: readonly number[]) {
  const values = codes.map((each) => real(each, q));
  return coordinates(sizes).map((at) => {
    const value = (axis: number, place: readonly number[]): number => {
      if (axis === dims.length) return element(values, dims, place);
      const exact = Math.min(Math.max(positions[mode]!(at[axis]!, dims[axis]!, sizes[axis]!), 0), dims[axis]! - 1);
      const low = Math.floor(exact);
      const high = Math.min(low + 1, dims[axis]! - 1);
      return (1 - exact + low) * value(axis + 1, [...place, low]) + (exact - low) * value(axis + 1, [...place, high]);
    };
    return code(value(0, []), to);
  });
}

function resized(mode: string, dims: readonly number[], sizes: readonly number[], attributes = {}): Case {
  const b = new ModelBuilder();
  const x = b.dequantize(b.input(dims, "int8"), q);
  const inputs = [x, "", "", b.constant("sizes", "int64", [sizes.length], sizes)];
  const given: Record<string, Attribute> = { mode: "linear", coordinate_transformation_mode: mode, ...attributes };
  return {
    title: `${mode} from [${dims}] to [${sizes}]`,
    model: b.output(b.quantize(b.node("Resize", inputs, given), to)),
    shapes: [sizes],
    plain: (codes) => [interpolated(mode, dims, sizes, codes)],
  };
}

function scaled(opType: "Resize" | "Upsample", dims: readonly number[], ...scales: number[]): Case {
  const b = new ModelBuilder();
  b.opset = opType === "Upsample" ? 9 : 13;
  const x = b.dequantize(b.input(dims, "int8"), q);
  const given = b.constant("scales", "float", [scales.length], scales);
  const y = b.node(opType, opType === "Upsample" ? [x, given] : [x, "", given], { mode: "linear" });
  return { title: `${opType} of [${dims}] by ${scales}`, model: b.output(b.quantize(y, to)) };
}

const image = [1, 3, 4, 5];
const cases = [
  resized("half_pixel", image, [1, 3, 8, 10]),
  resized("half_pixel", image, [1, 3, 3, 7]),
  resized("asymmetric", image, [1, 3, 12, 5]),
  resized("align_corners", image, [1, 3, 7, 13]),
  resized("pytorch_half_pixel", [1, 2, 9, 4], [1, 2, 2, 1]),
  resized("half_pixel", [1, 3, 6], [1, 3, 9]),
  resized("half_pixel", [1, 1, 13, 2], [1, 1, 3, 2]),
  scaled("Resize", [1, 2, 5, 3], 1, 1, 1.5, 2.5),
];

describeCases([...cases, scaled("Upsample", image, 1, 1, 2, 2), resized("half_pixel", [1, 4, 5, 3], [1, 8, 7, 3])]);
describeWitnessed(cases);

describe("linear Resize", () => {
  const refused = ({ model }: Case, message: RegExp, numerics = "exact") =>
    expect(() => compile(model.bytes(), { numerics })).toThrow(message);
  it("refuses what has no definition here", () => {
    refused(resized("tf_crop_and_resize", image, image), /tf_crop_and_resize is not supported with mode linear/);
    refused(resized("half_pixel", image, [1, 3, 8, 8], { antialias: 1 }), /antialias 1/);
    refused(resized("half_pixel", image, [1, 5, 8, 9]), /scaled axes \[1,2,3\]; expected those of an image/);
    refused(scaled("Resize", image, 1, 1, 1.2345678, 1.7654321), /QC3001.*steps of 1\/\d+ and 1\/\d+ pixels/);
    refused(resized("half_pixel", image, [1, 3, 8, 8], { mode: "cubic" }), /mode cubic; only nearest and linear/);
  });
  it("says where another family has no definition", () => {
    const { notes } = compile(cases[0]!.model.bytes(), { numerics: "onnxruntime" });
    expect(notes.map(({ code: each }) => each)).toContain("QC3003");
  });
  it("gives every tap an exact share", () => {
    const { integerGraph } = compile(cases[0]!.model.bytes());
    const node = integerGraph.nodes.find(({ op }) => op === "resize-linear")!;
    expect(node.attributes).toMatchObject({ rows: { denominator: 4, lows: [0, 0, 0, 1, 1, 2, 2, 3] } });
    expect(opHomes.get(node.op)!.print(node.attributes)).toMatch(/^denominators=4x4 /);
  });
});
