/** Damaged TensorFlow Lite files: whatever the bytes, compile returns or throws a QcError, and soon. */
import fc from "fast-check";
import { Builder } from "flatbuffers";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { QcError } from "../../compiler/diagnostics.js";
import { smallTflite } from "../helpers/small-tflite.js";

/** "accepted" or the first code raised; any other exception passes through. */
function outcome(bytes: Uint8Array): string {
  try {
    compile(bytes);
    return "accepted";
  } catch (error) {
    if (!(error instanceof QcError)) throw error;
    expect(error.diagnostics.length).toBeGreaterThan(0);
    expect(error.diagnostics.map(({ code }) => code)).not.toContain("QC3004");
    return error.diagnostics[0]!.code;
  }
}

const model = smallTflite().bytes();
const at = fc.nat({ max: model.length - 1 });
const mutation = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), at, value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant("flip" as const), at, value: fc.constantFrom(1, 2, 4, 8, 16, 32, 64, 128) }),
  fc.record({
    kind: fc.constant("word" as const),
    at,
    value: fc.constantFrom(0, 1, 4, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff),
  }),
  fc.record({ kind: fc.constant("drop" as const), at, value: fc.integer({ min: 1, max: 40 }) }),
);

function mutate(
  bytes: Uint8Array,
  { kind, at: place, value }: { kind: string; at: number; value: number },
): Uint8Array {
  // The identifier stays, or the ONNX reader would answer.
  const start = 8 + (place % Math.max(1, bytes.length - 8));
  const edited = Uint8Array.from(bytes);
  if (kind === "set") edited[start] = value;
  if (kind === "flip") edited[start]! ^= value;
  if (kind === "word" && start + 4 <= bytes.length) new DataView(edited.buffer).setUint32(start, value, true);
  return kind === "drop" ? Uint8Array.from([...bytes.subarray(0, start), ...bytes.subarray(start + value)]) : edited;
}

describe("damaged bytes end as a diagnostic", () => {
  it("a sound model is accepted", () => expect(outcome(model)).toBe("accepted"));

  it("mutated models", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        const code = outcome(mutations.reduce(mutate, model));
        seen.set(code, (seen.get(code) ?? 0) + 1);
      }),
      { numRuns: 600, seed: 20260101 },
    );
    expect([...seen.keys()].sort()).toEqual(
      expect.arrayContaining(["QC1001", "QC1002", "QC1003", "QC2001", "QC2002", "QC2004", "QC2005"]),
    );
  });

  it("every truncation", () => {
    for (let length = 0; length < model.length; length += 7) expect(outcome(model.subarray(0, length))).toMatch(/^QC1/);
  });

  it("random bytes behind the identifier", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(outcome(Uint8Array.from([8, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33, ...bytes]))).toMatch(/^QC1/);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it("a field that its table's size does not cover", () => {
    const bytes = smallTflite().bytes();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const root = view.getUint32(0, true);
    const vtable = root - view.getInt32(root, true);
    view.setUint16(vtable + 2, 4, true); // the table is said to hold nothing but its vtable's distance
    expect(() => compile(bytes)).toThrow(/QC1001 .*field 0 lies outside of its table/);
  });

  it("many references to one big table end the reading, not the memory", () => {
    // 20,000 tensors that are one tensor of 20,000 dimensions: 160 KB that ask for 400 million numbers.
    const count = 20_000;
    const builder = new Builder(4 * count);
    const table = (fields: readonly (readonly [number, number])[]) => {
      builder.startObject(5);
      for (const [field, offset] of fields) builder.addFieldOffset(field, offset, 0);
      return builder.endObject();
    };
    const offsets = (offset: number, times: number) => {
      builder.startVector(4, times, 4);
      for (let k = 0; k < times; k++) builder.addOffset(offset);
      return builder.endVector();
    };
    builder.startVector(4, count, 4);
    for (let k = 0; k < count; k++) builder.addInt32(1);
    const tensor = table([[0, builder.endVector()]]);
    const graph = table([[0, offsets(tensor, count)]]);
    const buffers = offsets(table([]), 1);
    const graphs = offsets(graph, 1);
    builder.startObject(5);
    builder.addFieldInt32(0, 3, 0);
    builder.addFieldOffset(2, graphs, 0);
    builder.addFieldOffset(4, buffers, 0);
    builder.finish(builder.endObject(), "TFL3");
    expect(() => compile(builder.asUint8Array())).toThrow(/QC1001 .*more than 256 times/);
  });
});
