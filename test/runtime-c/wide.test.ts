/** Tensors of 1, 2 and 4 bytes per code, and int16 weights, in C: on the host under sanitizers, and on emulated cores. */
import { describe, expect, it } from "vitest";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { type IntegerTensor, int8, uint8 } from "../../compiler/ir/index.js";
import { tensorBytes } from "../../compiler/plan/liveness.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { setToBytes } from "../../compiler/verify/codes.js";
import { qemu } from "../../compiler/verify/engines/qemu.js";
import { emitC } from "../../targets/c/emit.js";
import { addLinear, addTables } from "./elementwise-graphs.js";
import { addAveragePool2d, addMaxPool2d, anyType, GraphBuilder, type Rounding, randomWindow } from "./graphs.js";
import { Random } from "./random.js";
import { core, differences, inFolder, inputSets } from "./run.js";
import {
  addMovements,
  addSteps,
  addWideConv2d,
  addWideDense,
  addWideExtremum,
  addWideMul,
  addWideSum,
  addWideTable,
  allTypes,
  layerTypes,
  type WideChoice,
} from "./wide-graphs.js";

const roundings: Rounding[] = ["plain", "sign", "parity", "thresholds"];
const outputTypes = [...layerTypes, { bits: 32, signed: true }];

function choice(random: Random, i: number): WideChoice {
  const rounding = ([...roundings, "whole"] as const)[i % 5]!;
  return {
    output: outputTypes[(4 * i) % outputTypes.length]!,
    rounding,
    wideWeights: i % 3 !== 0 || random.fraction() < 0.3,
  };
}

/** One of every layer and more, with every type on either side. */
function everything(random: Random) {
  const builder = new GraphBuilder();
  // Every graph begins elsewhere in the lists of types and forms.
  const turn = random.integer(0, 100);
  const cases = (count: number, add: (i: number) => IntegerTensor) => {
    for (let i = 0; i < count; i++) builder.outputs.push(add(i + turn));
  };
  const any = () => random.pick(layerTypes);
  const inputType = (i: number) =>
    i % 7 === 6 ? { bits: 20, signed: i % 2 === 0 } : layerTypes[i % layerTypes.length]!;
  cases(10, (i) => {
    const x = builder.input([...random.pick([[1], [3]]), random.integer(1, 30)], inputType(i));
    return addWideDense(builder, random, x, random.integer(1, 9), choice(random, i));
  });
  cases(14, (i) => {
    const groups = random.pick([1, 1, 2, 3]);
    const depthwise = i % 4 === 1;
    const channels = depthwise ? random.integer(2, 7) : groups * random.integer(1, 5);
    const x = builder.input([1, random.integer(2, 6), random.integer(2, 6), channels], inputType(i));
    const outputs = depthwise ? channels : groups * random.integer(1, 6);
    return addWideConv2d(builder, random, x, outputs, depthwise ? channels : groups, choice(random, i));
  });
  cases(6, (i) => {
    const x = builder.input(
      [1, random.integer(2, 6), random.integer(2, 6), random.integer(1, 4)],
      allTypes[(2 * i) % 11]!,
    );
    return addMaxPool2d(builder, x, randomWindow(random, x.shape[1]!, x.shape[2]!, 3));
  });
  cases(8, (i) => {
    const x = builder.input([1, random.integer(2, 6), random.integer(2, 6), random.integer(1, 4)], inputType(i));
    const window = randomWindow(random, x.shape[1]!, x.shape[2]!, 3);
    const layer = { outputType: layerTypes[(i + 3) % 8]!, rounding: roundings[i % 4]! };
    return addAveragePool2d(builder, random, x, window, i % 2 === 0, layer);
  });
  cases(6, (i) => {
    const shape = [1, random.integer(1, 40)];
    const [a, b] = [builder.input(shape, anyType(random)), builder.input(shape, anyType(random))];
    if (i % 2 === 0) return addLinear(builder, random, a!, b!, any());
    return addTables(builder, random, a!, b!, any(), roundings[(i >> 1) % 4]!);
  });
  cases(6, (i) => {
    const a = builder.input([2, 6], inputType(i));
    const constant = i % 3 === 0 ? Int16Array.from({ length: 6 }, () => random.integer(-1000, 1000)) : undefined;
    const b = random.pick([int8, uint8, { bits: 3, signed: true }]);
    const operands = constant ? [a] : [a, builder.input(i % 2 === 0 ? [2, 6] : [6], b)];
    return addWideMul(builder, random, operands, constant, any(), roundings[i % 4]!);
  });
  cases(3, (i) => {
    const output = random.pick(layerTypes.filter(({ bits, signed }) => bits < 16 || signed));
    const [a, b] = [builder.input([2, 6], layerTypes[i % 6]!), builder.input([2, 6], layerTypes[(i + 3) % 6]!)];
    return addWideExtremum(builder, random, a, b, output);
  });
  cases(6, (i) => addWideTable(builder, random, builder.input([1, 50, 2], layerTypes[i % 6]!), any(), i % 3 === 0));
  cases(2, (i) => addWideTable(builder, random, builder.input([1, 50], layerTypes[6 + (i % 2)]!), any(), false));
  cases(6, (i) => addSteps(builder, random, builder.input([1, 50], allTypes[(2 * i) % 11]!), any(), roundings[i % 4]!));
  cases(6, (i) => {
    const narrow = i % 3 === 0 ? int8 : layerTypes[6 + (i % 2)]!;
    const shape = i === 4 ? [6] : [2, 6];
    return addWideSum(
      builder,
      random,
      builder.input([2, 6], layerTypes[4 + (i % 4)]!),
      builder.input(shape, narrow),
      any(),
    );
  });
  cases(6, (i) => {
    const [rows, channels] = [random.integer(1, 3), random.integer(1, 4)];
    const input = () => builder.input([rows, random.integer(1, 4), channels], allTypes[(2 * i) % 11]!);
    return addMovements(builder, random, input(), input());
  });
  // Sums of exponentials beyond 32 bits, shifted and not.
  for (const [classes, levels, levelsShift] of [
    [4096, 256, 0],
    [1023, 100_000, 16],
  ] as const) {
    const exponentials = Uint32Array.from({ length: 256 }, (_, d) => Math.round(2 ** 23 * Math.exp(-d / 1000)));
    const attributes = { kind: "even", exponentials, levels, levelsShift, outputZeroPoint: -128 };
    builder.outputs.push(builder.node("softmax", [builder.input([1, classes], uint8)], attributes, [1, classes], int8));
  }
  return builder.graph();
}

// cortex-m4: the packed multiplies, emulated here; host: portable C.
describe.each([
  ["host", 1],
  ["cortex-m4", 2],
])("kernels of %s for wide elements", (name, seed) => {
  it("compute the interpreter's codes", async () => {
    const random = new Random(seed);
    const graph = everything(random);
    expect(await differences(graph, core(name), inputSets(graph, random, 4))).toEqual([]);
  }, 600_000);
});

/** Pointwise convolutions on bytes, whose codes are read where they are: strides, groups, int8 and int16 weights. */
function pointwise(random: Random) {
  const builder = new GraphBuilder();
  for (let i = 0; i < 12; i++) {
    const groups = 1 + (i % 2);
    const channels = 4 * groups * random.integer(1, 3);
    const x = builder.input([1, random.integer(1, 4), random.integer(1, 5), channels], anyType(random));
    const strides = [random.integer(1, 2), random.integer(1, 2)] as const;
    const window = { kernel: [1, 1], strides, dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
    const wideWeights = i % 3 !== 0;
    const wide = { rounding: roundings[i % 4]!, output: wideWeights ? int8 : layerTypes[4]!, wideWeights };
    builder.outputs.push(addWideConv2d(builder, random, x, groups * random.integer(1, 6), groups, wide, window));
  }
  return builder.graph();
}

describe.each(["host", "cortex-m4"])("pointwise convolutions of wide weights or outputs on bytes, %s", (name) => {
  it("take no scratch and compute the interpreter's codes", async () => {
    const random = new Random(6);
    const graph = pointwise(random);
    expect(makePlan(graph, { core: core(name) }).scratch.size).toBe(0);
    expect(await differences(graph, core(name), inputSets(graph, random, 4))).toEqual([]);
  }, 600_000);
});

describe.each([
  ["cortex-m4", 3],
  ["cortex-m0plus", 4],
  ["rv32imc", 5],
])("emulated %s", (name, seed) => {
  it("computes the interpreter's codes", async () => {
    const random = new Random(seed);
    const graph = everything(random);
    const sets = inputSets(graph, random, 3);
    const { outputs } = await inFolder((workDir) =>
      qemu(core(name)).run({
        files: emitC(makePlan(graph), core(name)),
        inputs: sets.map((codes) => setToBytes(codes, graph.inputs)),
        outputBytes: graph.outputs.reduce((sum, tensor) => sum + tensorBytes(tensor), 0),
        workDir,
      }),
    );
    const expected = sets.map((codes) => setToBytes(outputsOf(graph, codes), graph.outputs));
    expect(outputs.map((bytes) => Uint8Array.from(bytes))).toEqual(expected);
  }, 600_000);
});

describe("the interface of wide elements", () => {
  it("has their types", () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 4], { bits: 12, signed: true });
    builder.outputs.push(addWideTable(builder, new Random(1), x, { bits: 16, signed: false }, false));
    const header = emitC(makePlan(builder.graph()), core("host")).get("model.h")!;
    expect(header).toContain("/* t0: int12 in int16_t [1,4], row-major */\n#define MODEL_INPUT_BYTES 8u\n");
    expect(header).toContain("\nint16_t *model_input(model_context *context);\n");
    expect(header).toContain("\nconst uint16_t *model_output(const model_context *context);\n");
  });

  it("has none for 32 unsigned bits", () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 2, 2, 1], { bits: 32, signed: false });
    const window = { kernel: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
    builder.outputs.push(addMaxPool2d(builder, x, window));
    expect(() => emitC(makePlan(builder.graph()), core("host"))).toThrow(/^QC2002 't0'.*no uint32.*31 unsigned bits/);
  });
});
