/** LogSoftmax, and Softmax of codes of more than 8 bits: against doubles, in C under sanitizers, and ONNX Runtime. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { logarithmOf } from "../../compiler/ops/wide-softmax/definition.js";
import { emitVerilog } from "../../targets/verilog/emit.js";
import { Random, randomInput } from "../hdl/graphs.js";
import { type Affine, ModelBuilder } from "../helpers/onnx.js";
import { Random as CRandom } from "../runtime-c/random.js";
import { core, differences, inputSets } from "../runtime-c/run.js";
import { joined } from "./engines.js";
import { real } from "./reals.js";
import { describeWitnessed } from "./witnessed.js";

interface Case {
  readonly title: string;
  readonly model: ModelBuilder;
  readonly input: Affine;
  readonly output: Affine;
  readonly classes: number;
  readonly log: boolean;
}

function distribution(title: string, opType: string, dims: readonly number[], input: Affine, output: Affine): Case {
  const b = new ModelBuilder();
  const x = b.dequantize(b.input(dims, input.type ?? "int8"), input);
  const model = b.output(b.quantize(b.node(opType, [x], { axis: -1 }), output));
  return { title, model, input, output, classes: dims.at(-1)!, log: opType === "LogSoftmax" };
}

const cases: Case[] = [
  distribution(
    "LogSoftmax of int8",
    "LogSoftmax",
    [5, 10],
    { scale: 0.113, zeroPoint: 4 },
    { scale: 0.0731, zeroPoint: 127 },
  ),
  distribution(
    "LogSoftmax of uint8 to int16",
    "LogSoftmax",
    [3, 4],
    { scale: 0.031, zeroPoint: 9, type: "uint8" },
    { scale: 0.00031, zeroPoint: 32000, type: "int16" },
  ),
  distribution(
    "LogSoftmax of int16",
    "LogSoftmax",
    [4, 33],
    { scale: 0.00071, zeroPoint: -9, type: "int16" },
    { scale: 0.0013, zeroPoint: 32767, type: "int16" },
  ),
  distribution(
    "LogSoftmax of one class",
    "LogSoftmax",
    [6, 1],
    { scale: 0.01, zeroPoint: 0 },
    { scale: 0.01, zeroPoint: 3 },
  ),
  distribution(
    "LogSoftmax of large steps",
    "LogSoftmax",
    [4, 7],
    { scale: 3.7, zeroPoint: 0 },
    { scale: 2.13, zeroPoint: 100 },
  ),
  distribution(
    "Softmax of int16 to uint8",
    "Softmax",
    [4, 12],
    { scale: 0.0003, zeroPoint: 77, type: "int16" },
    { scale: 1 / 256, zeroPoint: 0, type: "uint8" },
  ),
  distribution(
    "Softmax of uint16 to uint16",
    "Softmax",
    [4, 9],
    { scale: 0.00021, zeroPoint: 30_000, type: "uint16" },
    { scale: 2 ** -16, zeroPoint: 0, type: "uint16" },
  ),
  distribution(
    "Softmax of int16 to a scale that no integer inverts",
    "Softmax",
    [3, 20],
    { scale: 0.0011, zeroPoint: 0, type: "int16" },
    { scale: 0.00137, zeroPoint: -300, type: "int16" },
  ),
];

/** What every code stands for before rounding, by doubles. */
function steps({ input, output, classes, log }: Case, codes: Int32Array): number[] {
  return Array.from(codes, (code, i) => {
    const row = codes.subarray(i - (i % classes), i - (i % classes) + classes);
    const largest = row.reduce((a, b) => Math.max(a, b));
    const sum = row.reduce((total, other) => total + Math.exp(real(other, input) - real(largest, input)), 0);
    const own = real(code, input) - real(largest, input);
    return (log ? own - Math.log(sum) : Math.exp(own) / sum) / Math.fround(output.scale);
  });
}

const ends = { int8: [-128, 127], uint8: [0, 255], int16: [-32768, 32767], uint16: [0, 65535] } as const;

describe("the interpreter rounds the real value", () => {
  it.each(cases)("$title", (each) => {
    const { integerGraph } = compile(each.model.bytes());
    expect(integerGraph.nodes.map(({ op }) => op)).toEqual(["wide-softmax"]);
    const random = new Random(7);
    const [lo, hi] = ends[(each.output.type ?? "int8") as keyof typeof ends];
    for (let run = 0; run < 20; run++) {
      const codes = randomInput(random, integerGraph.inputs[0]!);
      const got = outputsOf(integerGraph, [codes])[0]!;
      for (const [i, step] of steps(each, codes).entries()) {
        const at = Math.min(hi, Math.max(lo, step + each.output.zeroPoint));
        expect(Math.abs(got[i]! - at), `${step}`).toBeLessThanOrEqual(0.5 + 2 ** -12);
      }
    }
  });
  it("the logarithm of a sum is right to 2^-25", () => {
    const random = new Random(3);
    for (let k = 0; k < 2000; k++) {
      const sum = 2 ** 30 + random.integer(0, 2 ** 20) * 2 ** random.integer(0, 22);
      expect(Math.abs(Number(logarithmOf(BigInt(sum))) / 2 ** 26 - Math.log2(sum / 2 ** 30))).toBeLessThan(2 ** -25);
    }
    expect(logarithmOf(2n ** 30n)).toBe(0n);
  });
});

describe("C equals the interpreter under sanitizers", () => {
  it("all cases in one program, with 32-bit codes", async () => {
    const b = new ModelBuilder();
    const sums = b.node("MatMulInteger", [
      b.input([3, 8], "int8"),
      b.constant(
        "w",
        "int8",
        [8, 5],
        Array.from({ length: 40 }, (_, k) => (k % 7) - 3),
      ),
    ]);
    const real32 = b.node("Mul", [b.node("Cast", [sums], { to: 1 }), b.constant("s", "float", [], [2 ** -7])]);
    b.output(b.node("LogSoftmax", [real32], { axis: -1 }), b.node("Softmax", [real32], { axis: -1 }));
    const graph = joined([...cases.map(({ model }) => model), b].map((model) => compile(model.bytes()).integerGraph));
    expect(await differences(graph, core("host"), inputSets(graph, new CRandom(3), 6))).toEqual([]);
  }, 300_000);
});

describeWitnessed(cases.filter(({ input, output }) => [input, output].every(({ type = "int8" }) => /int8/.test(type))));

describe("unquantized results of unquantized sums", () => {
  it("become 16-bit codes, with a note", () => {
    const b = new ModelBuilder();
    const sums = b.node("MatMul", [
      b.dequantize(b.input([1, 4], "int8"), { scale: 0.5, zeroPoint: 0 }),
      b.weights([4, 3]),
    ]);
    b.output(b.node("LogSoftmax", [sums]));
    const { graph, integerGraph, notes } = compile(b.bytes());
    expect(graph.outputs[0]).toMatchObject({
      type: { bits: 16, signed: true },
      quantization: { scales: [2 ** -10], zeroPoints: [32767] },
    });
    expect(integerGraph.nodes.map(({ op }) => op)).toEqual(["dense", "wide-softmax"]);
    expect(notes.map(({ code }) => code)).toContain("QC2006");
  });
});

describe("scores with a bias of floats", () => {
  const b = new ModelBuilder();
  const input = { scale: 0.0731, zeroPoint: 5 };
  const bias = [0.7461542, -0.2871627, 1.1961638, -2.3];
  const sum = b.node("Add", [b.dequantize(b.input([3, 4], "int8"), input), b.constant("b", "float", [4], bias)]);
  b.output(b.node("Softmax", [sum]));
  const { integerGraph } = compile(b.bytes());
  it("are held in steps of 2^-16", () => {
    expect(integerGraph.nodes.map(({ op }) => op)).toEqual(["channel-table", "wide-softmax"]);
    const codes = randomInput(new Random(11), integerGraph.inputs[0]!);
    const got = outputsOf(integerGraph, [codes])[0]!;
    const scores = Array.from(codes, (code, i) => real(code, input) + Math.fround(bias[i % 4]!));
    for (const [i, score] of scores.entries()) {
      const row = scores.slice(i - (i % 4), i - (i % 4) + 4);
      const probability = Math.exp(score) / row.reduce((sum, other) => sum + Math.exp(other), 0);
      expect(Math.abs(got[i]! - Math.min(255, 256 * probability))).toBeLessThanOrEqual(0.5 + 2 ** -9);
    }
  });
  it("C equals the interpreter under sanitizers", async () => {
    expect(await differences(integerGraph, core("host"), inputSets(integerGraph, new CRandom(3), 6))).toEqual([]);
  }, 300_000);
});

describe("what is refused", () => {
  it("a circuit", () => {
    const { integerGraph } = compile(cases[0]!.model.bytes());
    expect(() => emitVerilog(integerGraph)).toThrow(/QC2002.*LogSoftmax has no circuit/);
  });
  it("results of more than 2^16 levels", () => {
    const { model } = distribution(
      "",
      "Softmax",
      [2, 3],
      { scale: 0.1, zeroPoint: 0, type: "int16" },
      { scale: 2 ** -17, zeroPoint: 0 },
    );
    expect(() => compile(model.bytes())).toThrow(/QC2004.*expected 1.65536 to 1/);
  });
  it("bounds in front of the quantization", () => {
    const b = new ModelBuilder();
    const x = b.dequantize(b.input([1, 4], "int8"), { scale: 0.5, zeroPoint: 0 });
    b.output(
      b.quantize(b.node("Clip", [b.node("LogSoftmax", [x]), b.constant("lo", "float", [], [-3])]), {
        scale: 0.1,
        zeroPoint: 0,
      }),
    );
    expect(() => compile(b.bytes())).toThrow(/QC2002/);
  });
});
