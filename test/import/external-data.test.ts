/** External data: what is read, and every way out of the model's folder that must stay shut. */
import { createHash } from "node:crypto";
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { oneOp } from "../helpers/onnx.js";

type Entries = Readonly<Record<string, string>>;

const weights = Uint8Array.from({ length: 12 }, (_, k) => k * 7);
let root = "";
let folder = "";

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "qcompile-external-"));
  folder = join(root, "model");
  mkdirSync(join(folder, "data"), { recursive: true });
  mkdirSync(join(folder, "folder"));
  writeFileSync(join(folder, "w.bin"), weights);
  writeFileSync(join(folder, "data", "w.bin"), Uint8Array.from([9, 9, 9, ...weights, 9]));
  writeFileSync(join(root, "secret.bin"), weights);
  writeFileSync(join(folder, "twin.bin"), weights);
  linkSync(join(folder, "twin.bin"), join(folder, "hard.bin"));
  symlinkSync(join(root, "secret.bin"), join(folder, "soft.bin"));
  symlinkSync("w.bin", join(folder, "inside.bin"));
  symlinkSync(root, join(folder, "up"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A matrix product whose weights lie outside, as `entries` say. */
function model(entries: Entries | readonly object[], override: object = {}): Uint8Array {
  const b = oneOp([1, 4], (builder, x) => builder.node("MatMul", [x, builder.weights([4, 3])]));
  const list = Array.isArray(entries) ? entries : Object.entries(entries).map(([key, value]) => ({ key, value }));
  b.overrides.set("w", { dataLocation: 1, rawData: new Uint8Array(0), externalData: list, ...override });
  return b.bytes();
}

const read = (entries: Entries) => {
  const { graph } = compile(model(entries), { folder });
  return Array.from(graph.nodes.flatMap(({ inputs }) => inputs).find(({ data }) => data)!.data!);
};
const sha1 = createHash("sha1").update(weights).digest("hex");

it.each<readonly [string, Entries]>([
  ["a whole file", { location: "w.bin" }],
  ["a whole file, its length and checksum given", { location: "./w.bin", offset: "0", length: "12", checksum: sha1 }],
  ["a part of a file below", { location: "data/w.bin", offset: "3", length: "12" }],
])("%s", (_, entries) => expect(read(entries)).toEqual(Array.from(weights)));

describe("refused with QC1005", () => {
  it.each<readonly [string, Entries, RegExp]>([
    ["no location", { offset: "0" }, /location is missing/],
    ["an absolute path", { location: "/etc/passwd" }, /no relative path/],
    ["a drive", { location: "C:w.bin" }, /no relative path/],
    ["the parent folder", { location: "../secret.bin" }, /no relative path/],
    ["a detour through the parent", { location: "data/../../secret.bin" }, /no relative path/],
    ["a backslash", { location: "..\\secret.bin" }, /no relative path/],
    ["a zero byte", { location: "w.bin\0.txt" }, /no relative path/],
    ["an empty location", { location: "" }, /no relative path/],
    ["a symbolic link to outside", { location: "soft.bin" }, /symbolic link/],
    ["a symbolic link to inside", { location: "inside.bin" }, /symbolic link/],
    ["a folder that is a symbolic link", { location: "up/secret.bin" }, /symbolic link/],
    ["a hard link", { location: "hard.bin" }, /2 hard links/],
    ["a folder", { location: "folder" }, /no regular file/],
    ["a missing file", { location: "none.bin" }, /cannot be opened \(ENOENT\)/],
    ["a negative offset", { location: "w.bin", offset: "-4" }, /offset is '-4'/],
    ["a length that is no number", { location: "w.bin", length: "0x0c" }, /length is '0x0c'/],
    ["a length beyond 2^53", { location: "w.bin", length: "99999999999999999999" }, /whole number/],
    ["another length than the shape's", { location: "w.bin", length: "11" }, /length is 11; the shape needs 12/],
    ["an offset near the end", { location: "w.bin", offset: "4", length: "12" }, /8 bytes from offset 4/],
    ["an offset beyond the end", { location: "w.bin", offset: "400", length: "12" }, /0 bytes from offset 400/],
    ["more bytes than the shape needs, without a length", { location: "data/w.bin" }, /16 bytes from offset 0/],
    ["a wrong checksum", { location: "w.bin", checksum: sha1.replace(/./, "x") }, /SHA-1/],
    ["an unknown key", { location: "w.bin", __proto__x: "1" }, /key '__proto__x' is unknown/],
  ])("%s", (_, entries, message) => {
    expect(() => compile(model(entries), { folder })).toThrow(message);
    expect(() => compile(model(entries), { folder })).toThrow(/^QC1005 'w' /);
  });

  it("a key twice, data in both places, more than the budget", () => {
    const twice = [
      { key: "location", value: "w.bin" },
      { key: "location", value: "../secret.bin" },
    ];
    expect(() => compile(model(twice), { folder })).toThrow(/QC1005 .*'location' is given twice/);
    expect(() => compile(model({ location: "w.bin" }, { rawData: weights }), { folder })).toThrow(
      /QC1005 .*inside the model and outside/,
    );
    expect(() => compile(model({ location: "w.bin" }, { dims: [2 ** 15, 2 ** 14] }), { folder })).toThrow(
      /QC1005 .*more than 268435456/,
    );
  });

  it("any external data without a folder, also in an attribute", () => {
    expect(() => compile(model({ location: "w.bin" }))).toThrow(/QC1005 'w' .*another file/);
    const tensor = {
      name: "t",
      dataType: 7,
      dims: [1],
      dataLocation: 1,
      externalData: [{ key: "location", value: "w.bin" }],
    };
    const b = oneOp([1, 4], (builder, x) =>
      builder.node("Reshape", [x, builder.node("Constant", [], { value: { raw: { type: 4, t: tensor } } })]),
    );
    expect(() => compile(b.bytes())).toThrow(/QC1005 't'/);
  });
});
