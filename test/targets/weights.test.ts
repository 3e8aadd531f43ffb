/** Constants in sections: the most read in the fastest, copies ahead of use, and the same bytes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withWeights } from "../../compiler/cli/memory-options.js";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { placeFetches } from "../../compiler/plan/fetches.js";
import type { PlacedPiece, Plan } from "../../compiler/plan/plan.js";
import { seededSets } from "../../compiler/verify/vectors.js";
import { verifyTarget } from "../../compiler/verify/verify.js";
import { constantsOf, emitC } from "../../targets/c/emit.js";
import { placeWeights } from "../../targets/c/weights.js";
import { findTarget } from "../../targets/index.js";
import { smallNetwork } from "../helpers/onnx.js";
import { rowNetwork } from "../plan/row-network.js";
import { core } from "../runtime-c/run.js";

const host = core("host");
const compilation = compile(smallNetwork().bytes(), { name: "small" });
const byRows = compile(smallNetwork().bytes(), { name: "small", plan: { optimize: "memory" } });
const { plan } = compilation;

describe("placeWeights", () => {
  it("puts what is read most often into the first section, as far as it has room", () => {
    // The convolutions read theirs once per pixel; the dense layer and the table of Softmax are read once.
    const sections = [{ name: ".fast", bytes: 72 + 48 + 40 + 48 }, { name: ".slow" }];
    const { weights } = placeWeights(plan, host, { sections, fetch: false });
    expect(weights!.fetches.size).toBe(0);
    const fast = [...weights!.sections].flatMap(([name, section]) => (section === ".fast" ? [name] : []));
    expect(fast.map((name) => name.replace(/^model_layer_\d+_/, "")).sort()).toEqual([
      "conv_records",
      "conv_weights",
      "depthwise_records",
      "depthwise_weights",
    ]);
    expect([...weights!.sections.keys()].sort()).toEqual(
      constantsOf(plan, host)
        .map(({ name }) => name)
        .sort(),
    );
    const text = emitC({ ...plan, weights }, host).get("model_weights.c")!;
    for (const [name, section] of weights!.sections) {
      expect(text).toMatch(new RegExp(`${name}\\[\\d+\\] QC_SECTION\\("\\${section}"\\) = `));
    }
  });

  it("refuses sections that are too small", () => {
    const sections = [
      { name: ".fast", bytes: 64 },
      { name: ".slow", bytes: 8 },
    ];
    expect(() => placeWeights(plan, host, { sections, fetch: false })).toThrow(/QC4002.*\.fast=64, \.slow=8/);
  });
});

describe("fetched constants", () => {
  const vectors = seededSets(compilation.integerGraph.inputs, 3, 7);
  const expected = vectors.map((vector) => outputsOf(compilation.integerGraph, vector));
  const options = { weights: [".fast=64", ".slow"], fetch: true };

  it.each([
    { name: "host", from: compilation },
    { name: "host", from: byRows },
    { name: "cortex-m4", from: compilation },
    { name: "rv32imc", from: byRows },
  ])("compute the same bytes on $name", async ({ name, from }) => {
    const target = findTarget(name);
    const placed = withWeights(from, options, target);
    expect(placed.plan.weights!.fetches.size).toBeGreaterThan(0);
    const { equal } = await verifyTarget(placed, target, vectors, expected, { seed: 1 });
    expect(equal).toBe(true);
  });

  it("differ where one is read before its copy is done", async () => {
    const edit = (files: Map<string, string>) => {
      const text = files.get("model.c")!;
      const last = text.lastIndexOf("    model_fetch_wait();\n");
      expect(last).toBeGreaterThan(0);
      files.set("model.c", text.slice(0, last) + text.slice(last).replace("    model_fetch_wait();\n", ""));
    };
    const target = findTarget("host");
    const placed = withWeights(compilation, options, target);
    const { equal } = await verifyTarget(placed, target, vectors, expected, { seed: 1, edit });
    expect(equal).toBe(false);
  });

  it("have bytes of their own from the step before to the step that reads them", () => {
    const piece = fc.record({
      offset: fc.integer({ min: 0, max: 20 }).map((k) => 8 * k),
      bytes: fc.integer({ min: 1, max: 8 }).map((k) => 8 * k),
      start: fc.integer({ min: -1, max: 5 }),
      length: fc.integer({ min: 0, max: 3 }),
    });
    const request = fc.record({
      step: fc.integer({ min: 0, max: 5 }),
      bytes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.array(request, { maxLength: 5 }), (drawn, requests) => {
        const pieces: PlacedPiece[] = drawn.map(({ length, ...rest }) => ({
          name: "",
          kind: "tensor",
          end: rest.start + length,
          ...rest,
        }));
        const wanted = requests.map(({ step, bytes }, i) => ({
          step: step + 6 * i,
          arrays: bytes.map((size, k) => ({ name: `${i} ${k}`, bytes: size })),
        }));
        const placed = placeFetches({ pieces, arenaBytes: 0 } as unknown as Plan, wanted);
        const copies = placed.pieces.slice(pieces.length);
        expect(copies.length).toBe(wanted.reduce((sum, { arrays }) => sum + arrays.length, 0));
        for (const copy of copies) {
          expect(copy.offset % 8).toBe(0);
          expect(copy.offset + copy.bytes).toBeLessThanOrEqual(placed.arenaBytes);
          for (const other of placed.pieces) {
            if (other === copy || other.end < copy.start || other.start > copy.end) continue;
            expect(other.offset >= copy.offset + copy.bytes || other.offset + other.bytes <= copy.offset).toBe(true);
          }
        }
      }),
    );
  });
});

describe("--weights", () => {
  const refused = (options: object, target = "cortex-m4", from = compilation) =>
    expect(() => withWeights(from, options, findTarget(target)));

  it("refuses what it cannot do", () => {
    refused({ fetch: true }).toThrow(/^QC6001.*--fetch copies from the last section/);
    refused({ weights: [".a b"] }).toThrow(/^QC6001.*expected section\[=bytes\]/);
    refused({ weights: [".a=many"] }).toThrow(/^QC6001/);
    refused({ weights: [".a"] }, "verilog").toThrow(/^QC6001.*verilog gets no C/);
    const streamed = compile(rowNetwork().bytes(), { plan: { streamInput: true } });
    refused({ weights: [".a"], fetch: true }, "cortex-m4", streamed).toThrow(/^QC6001.*--stream-input/);
  });
});
