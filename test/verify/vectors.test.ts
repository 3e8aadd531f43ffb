/** Input vectors: from files, from floats, from seeds. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { int8 } from "../../compiler/ir/types.js";
import { fromBytes, setToBytes, toBytes } from "../../compiler/verify/codes.js";
import { writeNpy } from "../../compiler/verify/npy.js";
import { readBytes, readVectors, seededSets, seededVectors, xorshiftBytes } from "../../compiler/verify/vectors.js";
import { oneOp } from "../helpers/onnx.js";

const folder = mkdtempSync(join(tmpdir(), "qc-vectors-"));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const { graph, integerGraph } = compile(oneOp([1, 4], (_, x) => x, { input: { scale: 0.5, zeroPoint: 3 } }).bytes());
const tensor = integerGraph.inputs[0]!;
const unsigned = { ...tensor, type: { bits: 8, signed: false } };
const read = (path: string) => readVectors(path, tensor, graph.inputs[0]!).map((codes) => Array.from(codes));

/** A float32 .npy file of shape (1, n). */
function floats(values: readonly number[]): Uint8Array {
  const bytes = Buffer.from(writeNpy(new Array(values.length * 4).fill(0), [1, values.length], int8));
  const text = bytes.toString("latin1").replace("'|i1'", "'<f4'");
  const file = Buffer.from(text, "latin1");
  for (const [i, value] of values.entries()) file.writeFloatLE(value, file.length - 4 * (values.length - i));
  return file;
}

describe("readVectors", () => {
  it("raw bytes are codes, several inferences back to back", () => {
    expect(read(put("raw.bin", Uint8Array.of(0, 1, 127, 128, 255, 5, 6, 7)))).toEqual([
      [0, 1, 127, -128],
      [-1, 5, 6, 7],
    ]);
  });
  it("integer arrays are codes", () => {
    expect(read(put("codes.npy", writeNpy([-128, 0, 1, 127], [1, 4], int8)))).toEqual([[-128, 0, 1, 127]]);
  });
  it("float arrays are quantized as ONNX QuantizeLinear does: half to even, then the zero point, then saturation", () => {
    expect(read(put("floats.npy", floats([0.25, 0.75, -1e9, 1e9])))).toEqual([[3, 5, -128, 127]]);
  });
  it("the function of an input's border comes first, in float32", () => {
    const source = { ...graph.inputs[0]!, border: ["Sqrt", ["Div", "x", 3]] as const };
    const codes = (name: string, values: readonly number[]) =>
      readVectors(put(name, floats(values)), tensor, source).map((list) => Array.from(list));
    // fl(sqrt(fl(x / 3))) / 0.5 + 3
    expect(codes("border.npy", [0, 3, 27, 1e30])).toEqual([[3, 5, 9, 127]]);
    expect(() => codes("negative.npy", [0, 0, 0, -1])).toThrow(/^QC6003 .*NaN = Sqrt\(Div\(x, 3\)\) at x = -1/);
  });
  it("constants per channel of an input's border follow the last axis", () => {
    const border = ["Mul", "x", { perChannel: [1, 2, 3, 4] }] as const;
    const codes = readVectors(put("channels.npy", floats([1, 1, 1, 1])), tensor, { ...graph.inputs[0]!, border });
    expect(codes.map((list) => Array.from(list))).toEqual([[5, 7, 9, 11]]);
  });
  it("raw codes of two bytes are little-endian", () => {
    const wide = { ...tensor, type: { bits: 16, signed: true } };
    const path = put("wide.bin", Uint8Array.of(1, 2, 255, 255, 0, 128, 255, 127));
    expect(readVectors(path, wide, graph.inputs[0]!)).toEqual([Int32Array.of(513, -1, -32768, 32767)]);
    expect(() => readVectors(put("odd.bin", new Uint8Array(9)), wide, graph.inputs[0]!)).toThrow(/QC6003 .*9 bytes.*2/);
  });
  it("refuses other sizes and missing files", () => {
    expect(() => read(put("short.bin", new Uint8Array(3)))).toThrow(/^QC6003 .*got 3 values, expected a multiple of 4/);
    expect(() => read(put("empty.bin", new Uint8Array(0)))).toThrow(/^QC6003/);
    expect(() => read(join(folder, "ghost.bin"))).toThrow(/^QC6002/);
    expect(() => readBytes(folder)).toThrow(/^QC6002/);
    expect(() => read(put("nan.npy", floats([0, Number.NaN, 0, 0])))).toThrow(/^QC6003 .*NaN/);
  });
});

describe("seeds", () => {
  it("xorshift32 is Marsaglia's sequence, top byte first", () => {
    // x = 1: 270369, 67634689, 2647435461 (Marsaglia 2003, shifts 13, 17, 5).
    expect(Array.from(xorshiftBytes(1, 3))).toEqual([270369 >>> 24, 67634689 >>> 24, 2647435461 >>> 24]);
    expect(xorshiftBytes(0, 2)).toEqual(xorshiftBytes(1, 2));
  });
  it("vectors start with both corners, fit the type and repeat by seed", () => {
    const vectors = seededVectors(tensor, 4, 1);
    expect(vectors.slice(0, 2).map((v) => Array.from(v))).toEqual([new Array(4).fill(-128), new Array(4).fill(127)]);
    expect(seededVectors(tensor, 4, 1)).toEqual(vectors);
    expect(seededVectors(tensor, 4, 2)).not.toEqual(vectors);
    expect(seededSets([tensor, unsigned], 4, 1).map(([first]) => first)).toEqual(vectors);
    const wide = { ...tensor, shape: [1, 5000], type: { bits: 16, signed: true } };
    expect(new Set(seededVectors(wide, 1, 9)[0]!).size).toBeGreaterThan(4000);
    const many = seededVectors({ ...tensor, shape: [1, 5000] }, 1, 9)[0]!;
    expect([Math.min(...many), Math.max(...many)]).toEqual([-128, 127]);
    expect(Math.min(...seededVectors(unsigned, 4, 1).flatMap((v) => Array.from(v)))).toBe(0);
  });
});

describe("bytes and codes", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  it.each([8, 16, 32])("are each other's inverse, %i bits", (bits) => {
    for (const signed of [true, false])
      expect(toBytes(fromBytes(all, { type: { bits, signed } }), { type: { bits, signed } })).toEqual(all);
  });
  it("are little-endian, one, two or four bytes per code", () => {
    const of = (bits: number, signed: boolean, code: number) => {
      const bytes = toBytes([code], { type: { bits, signed } });
      expect(Array.from(fromBytes(bytes, { type: { bits, signed } }))).toEqual([code]);
      return Buffer.from(bytes).toString("hex");
    };
    expect([of(3, true, -4), of(8, false, 255), of(9, true, -256), of(16, false, 0xfffe), of(32, true, -2)]).toEqual([
      "fc",
      "ff",
      "00ff",
      "feff",
      "feffffff",
    ]);
  });
  it("of several tensors follow each other", () => {
    const wide = { ...tensor, type: { bits: 16, signed: true } };
    expect(setToBytes([Int32Array.of(-1), Int32Array.of(258)], [tensor, wide])).toEqual(Uint8Array.from([255, 2, 1]));
  });
});
