/** Every element type of ONNX as a constant: raw bytes and typed fields give the same numbers. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { bfloat16, float16 } from "../../compiler/import/element-formats.js";
import { ExternalData } from "../../compiler/import/external-data.js";
import {
  codeTypeOf,
  decodeTensor,
  elementTypeName,
  integerTypeOf,
  isFloatType,
} from "../../compiler/import/tensor-data.js";
import { type Attribute, oneOp } from "../helpers/onnx.js";

const number = (name: string) => Number(Object.entries(elementTypeName).find(([, each]) => each === name)![0]);
const decode = (type: string, dims: number[], data: object) =>
  Array.from(decodeTensor({ name: "t", dataType: number(type), dims, ...data }, new ExternalData(undefined)).values);
const bytes = (...values: number[]) => ({ rawData: Uint8Array.from(values) });

describe("raw data and typed fields", () => {
  const safe = Number.MAX_SAFE_INTEGER;
  it.each([
    ["float", [1.5, -2], bytes(0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0), { floatData: [1.5, -2] }],
    ["uint8", [1, 255], bytes(1, 255), { int32Data: [1, 255] }],
    ["int8", [1, -1], bytes(1, 255), { int32Data: [1, -1] }],
    ["uint16", [258, 65535], bytes(2, 1, 255, 255), { int32Data: [258, 65535] }],
    ["int16", [258, -1], bytes(2, 1, 255, 255), { int32Data: [258, -1] }],
    ["int32", [258, -1], bytes(2, 1, 0, 0, 255, 255, 255, 255), { int32Data: [258, -1] }],
    ["uint32", [258, 2 ** 32 - 1], bytes(2, 1, 0, 0, 255, 255, 255, 255), { uint64Data: [258, 2 ** 32 - 1] }],
    [
      "int64",
      [-2, safe],
      bytes(254, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 127),
      { int64Data: [-2, 2 ** 63] },
    ],
    ["int64", [-safe, 7], bytes(0, 0, 0, 0, 0, 0, 0, 128, 7, 0, 0, 0, 0, 0, 0, 0), { int64Data: [-(2 ** 63), 7] }],
    ["uint64", [7, safe], bytes(7, 0, 0, 0, 0, 0, 0, 0, ...new Array(8).fill(255)), { uint64Data: [7, 2 ** 64] }],
    ["bool", [0, 1], bytes(0, 2), { int32Data: [0, 1] }],
    ["float16", [1, -0.5], bytes(0, 0x3c, 0, 0xb8), { int32Data: [0x3c00, 0xb800] }],
    ["bfloat16", [1, -0.5], bytes(0x80, 0x3f, 0, 0xbf), { int32Data: [0x3f80, 0xbf00] }],
    [
      "double",
      [0.1, 2 ** 60],
      { rawData: Buffer.from(Float64Array.of(0.1, 2 ** 60).buffer) },
      { doubleData: [0.1, 2 ** 60] },
    ],
    ["uint4", [1, 15, 8], bytes(0xf1, 8), { int32Data: [0xf1, 8] }],
    ["int4", [1, -1, -8], bytes(0xf1, 8), { int32Data: [0xf1 - 256, 8] }],
    ["uint2", [0, 1, 2, 3, 3], bytes(0xe4, 3), { int32Data: [0xe4, 3] }],
    ["int2", [0, 1, -2, -1, -1], bytes(0xe4, 3), { int32Data: [0xe4, 3] }],
  ])("%s", (type, values, raw, typed) => {
    expect(decode(type, [values.length], raw)).toEqual(values);
    expect(decode(type, [values.length], typed)).toEqual(values);
  });

  it.each([
    ["int8", { int32Data: [128] }, /value 128 is no int8/],
    ["uint8", { int32Data: [-1] }, /value -1 is no uint8/],
    ["int16", { int32Data: [32768] }, /no int16/],
    ["uint16", { int32Data: [-1] }, /no uint16/],
    ["float16", { int32Data: [65536] }, /no float16/],
    ["uint32", { uint64Data: [2 ** 32] }, /no uint32/],
    ["bool", { int32Data: [2] }, /no bool/],
    ["int4", { int32Data: [256] }, /no int4/],
    ["float", { int32Data: [1] }, /got 0 values, expected 1 float/],
    ["int64", { rawData: new Uint8Array(9) }, /got 9 bytes, expected 8/],
    ["int2", { rawData: new Uint8Array(2) }, /got 2 bytes, expected 1/],
    ["float", { segment: { begin: 0, end: 1 }, ...bytes(0, 0, 0, 0) }, /in segments/],
  ])("%s refuses %j", (type, data, message) => {
    expect(() => decode(type, [1], data)).toThrow(message);
  });

  it.each(["string", "complex64", "float8e4m3fn", "float8e5m2fnuz", "float4e2m1", "float8e8m0"])(
    "%s by name",
    (type) => {
      expect(() => decode(type, [1], bytes(0))).toThrow(
        `QC1002 't' tensor data does not match its shape or type: element type ${type} cannot`,
      );
    },
  );
});

describe("16-bit floats", () => {
  it("float16 agrees with a value built from its fields, and rounds to itself", () => {
    expect([0x0001, 0x03ff, 0x0400, 0x7bff, 0x8000].map(float16)).toEqual([
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      65504,
      -0,
    ]);
    expect([0x7c00, 0xfc00, 0x7e01].map(float16)).toEqual([Infinity, -Infinity, Number.NaN]);
    for (let bits = 1; bits < 0x7c00; bits++) expect(float16(bits)).toBeGreaterThan(float16(bits - 1));
  });

  it("bfloat16 is the upper half of a float32", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), (bits) => {
        expect(bfloat16(bits)).toEqual(new Float32Array(Uint32Array.of(bits * 65536).buffer)[0]);
      }),
    );
  });
});

describe("classes of types", () => {
  const names = (has: (dataType: number) => unknown) =>
    Object.entries(elementTypeName)
      .filter(([dataType]) => has(Number(dataType)))
      .map(([, name]) => name);
  it("scales are floats of at most 32 bits", () =>
    expect(names(isFloatType)).toEqual(["float", "float16", "bfloat16"]));
  it("codes fit int32", () =>
    expect(names(codeTypeOf)).toEqual(["uint8", "int8", "uint16", "int16", "int32", "uint4", "int4", "uint2", "int2"]));
  it("integers by width and sign", () => {
    expect(integerTypeOf(number("uint2"))).toEqual({ bits: 2, signed: false });
    expect(integerTypeOf(number("int64"))).toEqual({ bits: 64, signed: true });
    expect([number("bool"), number("float"), 99].map(integerTypeOf)).toEqual([undefined, undefined, undefined]);
  });
});

describe("attributes without a type, as old exporters wrote them", () => {
  const conv = (attributes: Record<string, Attribute>) =>
    compile(
      oneOp([1, 2, 4, 4], (b, x) => b.node("Conv", [x, b.weights([2, 2, 3, 3])], attributes, { name: "conv" })).bytes(),
    ).graph.outputs[0]!.shape;
  it("are what their only field says", () => {
    expect(conv({ pads: { raw: { ints: [1, 1, 1, 1] } }, group: { raw: { i: 1 } } })).toEqual([1, 2, 4, 4]);
    expect(conv({ auto_pad: { raw: { s: Buffer.from("SAME_UPPER") } } })).toEqual([1, 2, 4, 4]);
  });
  it("are refused where two fields are filled, or none", () => {
    expect(() => conv({ group: { raw: { i: 1, f: 1 } } })).toThrow(/QC2002 'conv' .*'group' must be an integer/);
    expect(() => conv({ pads: { raw: {} } })).toThrow(/QC2002 'conv' .*'pads' must be a list/);
  });
});

describe("quantization parameters of 16-bit floats", () => {
  const half = (dataType: number, bits: number) =>
    compile(
      oneOp([1, 4], (b, x) => b.node("Relu", [x])).bytes((proto) => {
        for (const tensor of proto.graph.initializer.filter(({ name }: { name: string }) => name.startsWith("scale"))) {
          Object.assign(tensor, { dataType, rawData: Uint8Array.of(bits & 255, bits >> 8) });
        }
      }),
    ).graph.inputs[0]!.quantization.scales;
  it("are exact", () => {
    expect(half(number("float16"), 0x2e66)).toEqual([1638 * 2 ** -14]);
    expect(half(number("bfloat16"), 0x3dcd)).toEqual([205 * 2 ** -11]);
  });
  it("still must be positive and finite, subnormals included", () => {
    expect(half(number("float16"), 1)).toEqual([2 ** -24]);
    for (const bits of [0, 0x8000, 0xbc00, 0x7c00, 0x7e00]) {
      expect(() => half(number("float16"), bits)).toThrow(/QC2004 .*not a positive finite/);
    }
  });
});
