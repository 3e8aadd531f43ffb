/** Damaged models: whatever the bytes, compile returns or throws a QcError. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { QcError } from "../../compiler/diagnostics.js";
import { smallNetwork } from "../helpers/onnx.js";

/** "accepted" or the codes raised; any other exception passes through. */
function outcome(bytes: Uint8Array): string {
  try {
    compile(bytes);
    return "accepted";
  } catch (error) {
    if (!(error instanceof QcError)) throw error;
    expect(error.diagnostics.length).toBeGreaterThan(0);
    // QC3004 says that the compiler itself went wrong: no input may raise it.
    expect(error.diagnostics.map(({ code }) => code)).not.toContain("QC3004");
    return error.diagnostics[0]!.code;
  }
}

const model = smallNetwork().bytes();
const at = fc.nat({ max: model.length - 1 });
const mutation = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), at, value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant("flip" as const), at, value: fc.constantFrom(1, 2, 4, 8, 16, 32, 64, 128) }),
  fc.record({ kind: fc.constant("drop" as const), at, value: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant("repeat" as const), at, value: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant("cut" as const), at, value: fc.constant(0) }),
);

function mutate(
  bytes: Uint8Array,
  { kind, at: place, value }: { kind: string; at: number; value: number },
): Uint8Array {
  const edited = Uint8Array.from(bytes);
  const start = place % Math.max(1, bytes.length);
  if (kind === "set") edited[start] = value;
  if (kind === "flip") edited[start]! ^= value;
  if (kind === "drop") return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + value)]);
  if (kind === "repeat") return Buffer.concat([bytes.subarray(0, start + value), bytes.subarray(start)]);
  return kind === "cut" ? edited.subarray(0, start) : edited;
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
      { numRuns: 500, seed: 20260101 },
    );
    // The mutations must reach behind the protobuf decoder, or they test nothing of ours.
    expect([...seen.keys()].length).toBeGreaterThan(5);
  });

  it("random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(outcome(bytes)).toMatch(/^QC1/);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it("groups nested beyond the stack", () => {
    const nested = new Uint8Array(200_000).fill(0x0b);
    expect(outcome(nested)).toBe("QC1001");
  });
});
