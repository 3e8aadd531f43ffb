/** Pieces and plans of whole graphs. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import type { IntegerTensor } from "../../compiler/ir/integer-graph.js";
import { printForm } from "../../compiler/ir/print.js";
import { checkFit } from "../../compiler/plan/fit.js";
import { resident } from "../../compiler/plan/input-places.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { piecesOf } from "../../compiler/plan/pieces.js";
import { findTarget } from "../../targets/index.js";
import { GraphBuilder } from "../hdl/graphs.js";
import { ModelBuilder, oneOp } from "../helpers/onnx.js";
import { core } from "../runtime-c/run.js";
import { rowNetwork } from "./row-network.js";

const table = { low: -128, values: new Int16Array(256) };

describe("pieces of the arena", () => {
  /** Pieces as "start-end: tensor ids". */
  const pieces = (b: GraphBuilder, input: IntegerTensor, output: IntegerTensor) => {
    const graph = b.graph("g", input, output);
    const steps = graph.nodes.map((_, first) => ({ first, end: first + 1, bytes: 0, overhead: 0, recomputedMacs: 0 }));
    return piecesOf(graph, steps, resident).owners.map(
      ({ start, end, tensors }) => `${start}-${end}: ${tensors.map(({ id }) => id)}`,
    );
  };

  it("an elementwise result takes the place of an input that dies", () => {
    const b = new GraphBuilder();
    const x = b.tensor([1, 16]);
    const y = b.node("table", [x], [1, 16], table);
    expect(pieces(b, x, b.node("table", [y], [1, 16], table))).toEqual(["-1-2: 0,1,2"]);
  });

  it("but not of an input that is read again", () => {
    const b = new GraphBuilder();
    const x = b.tensor([1, 16]);
    const y = b.node("table", [x], [1, 16], table);
    const sum = b.node("add", [y, x], [1, 16], {});
    expect(pieces(b, x, sum)).toEqual(["-1-1: 0", "0-2: 1,2"]);
  });

  it("an alias keeps its source alive, also through another alias", () => {
    const b = new GraphBuilder();
    const x = b.tensor([1, 16]);
    const flat = b.node("reshape", [x], [16], {});
    const again = b.node("reshape", [flat], [4, 4], {});
    const t = b.node("table", [x], [1, 16], table);
    const moved = b.node("transpose", [again], [4, 4], { permutation: [1, 0] });
    b.node("add", [moved, moved], [4, 4], {});
    // x must outlive step 3, where its alias is read, so the table at step 2 gets a piece of its own.
    expect(pieces(b, x, t)).toEqual(["-1-3: 0,1,2", "2-5: 3", "3-4: 4,5"]);
  });

  it("an output lives to the end, an unused result for its step, and sizes are aligned", () => {
    const b = new GraphBuilder();
    const x = b.tensor([1, 3]);
    b.node("transpose", [x], [3, 1], { permutation: [1, 0] });
    const out = b.node("transpose", [x], [3, 1], { permutation: [1, 0] });
    expect(pieces(b, x, out)).toEqual(["-1-1: 0", "0-0: 1", "1-2: 2"]);
    expect(makePlan(b.graph("g", x, out))).toMatchObject({ arenaBytes: 16, lowerBound: 16 });
  });
});

describe("an input by rows", () => {
  it.each(["is an output as well", "is one of two"])("is refused where it %s", (what) => {
    const b = new GraphBuilder();
    const [x, other] = [b.tensor([1, 4, 4, 2]), b.tensor([1, 4, 4, 2])];
    const y = b.node("table", [x], [1, 4, 4, 2], table);
    const graph = b.graph("g", x, y);
    const changed = what === "is one of two" ? { ...graph, inputs: [x, other] } : { ...graph, outputs: [y, x] };
    expect(makePlan(graph, { streamInput: true }).rows.size).toBe(1);
    expect(() => makePlan(changed, { streamInput: true })).toThrow(/QC6001.*expected one input/);
  });
});

describe("printed plans", () => {
  it("list offsets, arena and bound", () => {
    const model = oneOp([1, 4], (b, x) => b.node("MatMul", [x, b.weights([4, 2])]));
    expect(printForm(compile(model.bytes(), { name: "m", plan: { core: core("host") } }).plan)).toMatch(
      /^plan m arena=16 bound=16\n {9}0 {2}%0: int8\[1,4\] in -128\.\.127\n {9}8 {2}%1: int8\[1,2\] in -?\d+\.\.-?\d+\n$/,
    );
  });
});

describe("fit", () => {
  const model = new ModelBuilder();
  const q = { scale: 0.1, zeroPoint: 0 };
  const x = model.qdq(model.input([1, 100]), q);
  const plan = compile(
    model.output(model.quantize(model.node("MatMul", [x, model.weights([100, 7])], {}, { name: "fc" }), q)).bytes(),
    { plan: { core: core("host") } },
  ).plan;
  const host = findTarget("host");

  it("names node, tensors and bytes when the arena is too large", () => {
    expect(() => checkFit(plan, host, { sramBytes: 100 })).toThrow(
      /^QC4002 'fc' does not fit: the arena takes 112 bytes, 12 more than the 100 available; alive together at the peak: '[^']+' 100 bytes, '[^']+' 7 bytes\. The smallest arena takes 112 bytes\. Choose a part with that much RAM/,
    );
  });
  it("says what the smallest arena costs where layers can pass rows", () => {
    const { plan: whole } = compile(rowNetwork().bytes());
    const small = makePlan(whole.graph, { optimize: "memory" });
    expect(() => checkFit(whole, host, { sramBytes: small.arenaBytes - 1 })).toThrow(
      `The smallest arena takes ${small.arenaBytes} bytes, at about ${small.overhead} instructions more than on whole tensors.`,
    );
    checkFit(small, host, { sramBytes: small.arenaBytes });
  });
  it("names the largest layer when the weights are too large", () => {
    expect(() => checkFit(plan, host, { flashBytes: 700 })).toThrow(
      /'fc' .*the weights alone take 728 bytes of flash, 28 more than the 700/,
    );
  });
  it("is silent when both fit exactly, and limits come from the target unless given", () => {
    checkFit(plan, host, { sramBytes: 112, flashBytes: 728 });
    checkFit(plan, findTarget("cortex-m4"), {});
    checkFit(plan, findTarget("verilog"), {});
  });
});
