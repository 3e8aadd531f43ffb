/** NumPy files; headers as NumPy 1.26 writes them. */
import { describe, expect, it } from "vitest";
import { bytesPerElement, typeRange } from "../../compiler/ir/types.js";
import { readNpy, writeNpy } from "../../compiler/verify/npy.js";

/** A file with any header and data. */
function file(header: string, data: Uint8Array, version = 1): Uint8Array {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  return Buffer.concat([
    Buffer.from([0x93]),
    Buffer.from("NUMPY"),
    Buffer.from([version, 0]),
    length,
    Buffer.from(header, "latin1"),
    data,
  ]);
}
const header = (descr: string, shape: string, fortran = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
const bytes = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe("readNpy", () => {
  const types: [string, ArrayBufferView][] = [
    ["|i1", Int8Array.of(-128, 127)],
    ["|u1", Uint8Array.of(0, 255)],
    ["<u2", Uint16Array.of(0, 65535)],
    ["<u4", Uint32Array.of(0, 2 ** 32 - 1)],
    ["<i2", Int16Array.of(-32768, 32767)],
    ["<i4", Int32Array.of(-(2 ** 31), 2 ** 31 - 1)],
    ["<i8", BigInt64Array.of(-5n, 7n)],
    ["<f4", Float32Array.of(0.1, -2.5)],
    ["<f8", Float64Array.of(0.1, 1e300)],
  ];
  it.each(types)("%s", (descr, array) => {
    for (const version of [1, 2, 3]) {
      const { values, shape, type } = readNpy(file(header(descr, "(2,)"), bytes(array), version), "a.npy");
      expect({ type, shape }).toEqual({ type: descr.slice(1), shape: [2] });
      expect(Array.from(values)).toEqual(Array.from(array as unknown as ArrayLike<number | bigint>, Number));
    }
  });
  it("any rank, and a file that starts anywhere in its buffer", () => {
    const whole = Buffer.concat([Buffer.from([9, 9, 9]), file(header("<i2", "(1, 2, 1)"), bytes(Int16Array.of(3, 4)))]);
    expect(readNpy(whole.subarray(3), "a.npy")).toMatchObject({ shape: [1, 2, 1], values: Float64Array.of(3, 4) });
    expect(readNpy(file(header("|i1", "()"), Uint8Array.of(5)), "a.npy")).toMatchObject({
      shape: [],
      values: Float64Array.of(5),
    });
  });
  const refusals: [string, Uint8Array, RegExp][] = [
    ["an empty file", new Uint8Array(0), /no \.npy array/],
    ["another file", Buffer.from("PK\u0003\u0004 and more bytes"), /no \.npy array/],
    ["big-endian data", file(header(">i2", "(1,)"), new Uint8Array(2)), /unsupported .*>i2/],
    ["Fortran order", file(header("|i1", "(2, 2)", "True"), new Uint8Array(4)), /C order/],
    ["complex numbers", file(header("<c8", "(1,)"), new Uint8Array(8)), /unsupported/],
    [
      "too little data",
      file(header("<f4", "(3,)"), new Uint8Array(8)),
      /got 8 bytes of data, expected 12 for shape \[3\]/,
    ],
    ["too much data", file(header("|i1", "(1,)"), new Uint8Array(2)), /got 2 bytes of data, expected 1/],
    ["a header cut off", file(header("|i1", "(1,)"), new Uint8Array(1)).subarray(0, 30), /unsupported/],
  ];
  it.each(refusals)("refuses %s", (_, content, message) => {
    expect(() => readNpy(content, "a.npy")).toThrow(/^QC6003 'a\.npy'/);
    expect(() => readNpy(content, "a.npy")).toThrow(message);
  });
});

describe("writeNpy", () => {
  const types = [3, 8, 9, 16, 32].flatMap((bits) => [true, false].map((signed) => ({ bits, signed })));
  it.each([[[4]], [[1, 4]], [[2, 1, 2]]])("reads back, shape %j, data at a multiple of 64", (shape) => {
    for (const type of types) {
      const { lo, hi } = typeRange(type);
      const codes = [lo, lo + 1, hi - 2, hi];
      const written = writeNpy(codes, shape, type);
      expect((written.length - 4 * bytesPerElement(type)) % 64).toBe(0);
      expect(readNpy(written, "a.npy")).toMatchObject({
        shape,
        type: `${type.signed ? "i" : "u"}${bytesPerElement(type)}`,
        values: Float64Array.from(codes),
      });
    }
  });
});
