/** The Verilog back end without simulators: widths, folding, FIFO depths, requantization constants, refusals. */
import { describe, expect, it } from "vitest";
import { realise } from "../../compiler/arith/index.js";
import { QcError } from "../../compiler/diagnostics.js";
import { type IntegerTensor, type IntegerType, int8, int32 } from "../../compiler/ir/index.js";
import { divisors, packWord, signedBits, unsignedBits } from "../../targets/verilog/bits.js";
import { predictedInterval } from "../../targets/verilog/cycles.js";
import { emitVerilog } from "../../targets/verilog/emit.js";
import { type FlowNode, fifoDepths } from "../../targets/verilog/fifo-depth.js";
import { chooseFoldings, defaultFoldings } from "../../targets/verilog/folding.js";
import { requantCircuit } from "../../targets/verilog/requantize.js";
import { GraphBuilder, Random, requantizeLayer } from "../hdl/graphs.js";
import { addChannelTable, addConv2d, addDense, addSoftmax, addTable } from "../hdl/layers.js";

describe("widths and words", () => {
  it("hold both ends and no bit more", () => {
    expect([
      signedBits(0n, 0n),
      signedBits(-1n, 0n),
      signedBits(-128n, 127n),
      signedBits(-129n, 0n),
      signedBits(0n, 128n),
    ]).toEqual([1, 1, 8, 9, 9]);
    expect([unsignedBits(0n), unsignedBits(1n), unsignedBits(255n), unsignedBits(256n)]).toEqual([1, 1, 8, 9]);
  });
  it("pack fields from the lowest bit, negative values as two's complement", () => {
    expect(
      packWord([
        { value: -1n, bits: 3 },
        { value: 5n, bits: 4 },
        { value: -8n, bits: 4 },
      ]),
    ).toBe(0b1000_0101_111n);
  });
  it("divide", () => expect(divisors(12, 6)).toEqual([1, 2, 3, 4, 6]));
});

describe("folding", () => {
  it("gives the slowest stage its most multipliers and the others the fewest that keep pace", () => {
    const options = (cycles: number) => [1, 2, 4, 8, 16, 32].map((pe) => ({ pe, simd: 1, cycles: cycles / pe }));
    expect(chooseFoldings([options(3200), options(400), options(10)], 16).map(({ pe }) => pe)).toEqual([16, 2, 1]);
  });
  it("predicts the interval of the slowest stage", () => {
    const builder = new GraphBuilder();
    const x = builder.tensor([1, 32]);
    const graph = builder.graph("dense", x, addDense(builder, new Random(1), x, 16));
    expect(defaultFoldings(graph, 4)).toEqual([{ pe: 1, simd: 4 }]);
    // 16 outputs of 8 words; one cycle to start the row, one to drop it, one for the next frame.
    expect(predictedInterval(graph, [{ pe: 1, simd: 4 }])).toBe(16 * 8 + 3);
  });
});

describe("FIFO depths", () => {
  const wire = { needs: (k: number) => k + 1, taken: (k: number) => k + 1 };
  const one = [{ tensor: 0, count: 8 }];
  const frame = (count: number) => ({ needs: () => count, taken: () => count });
  const node = (stage: FlowNode["stage"], inputs: number[], output: number): FlowNode => ({
    stage,
    inputs,
    output,
    outputCount: 8,
  });

  it("are 0 where both paths are elementwise", () => {
    expect(fifoDepths([node(wire, [0], 1), node(wire, [0, 1], 2)], one)).toEqual([[0], [0, 0]]);
  });
  it("hold all but the last element of a frame beside a frame buffer", () => {
    expect(fifoDepths([node(frame(8), [0], 1), node(wire, [0, 1], 2)], one)).toEqual([[0], [7, 0]]);
  });
  it("hold what a burst leaves in front of a second join", () => {
    // y = x + transpose(x) appears in a burst; z = y + transpose(y) must keep the burst.
    const nodes = [node(frame(8), [0], 1), node(wire, [0, 1], 2), node(frame(8), [2], 3), node(wire, [2, 3], 4)];
    expect(fifoDepths(nodes, one)[3]).toEqual([7, 0]);
  });
  it("let a line buffer run full: rows of the window and the step, beyond what the join consumed", () => {
    const rows = {
      needs: (k: number) => Math.min(8, 2 * Math.floor(k / 2) + 4),
      taken: (k: number) => Math.min(8, 2 * Math.floor(k / 2) + 6),
    };
    expect(fifoDepths([node(rows, [0], 1), node(wire, [0, 1], 2)], one)[1]).toEqual([5, 0]);
  });
});

describe("FIFO depths of several inputs", () => {
  const wire = { needs: (k: number) => k + 1, taken: (k: number) => k + 1 };
  const frame = { needs: () => 8, taken: () => 8 };
  /** Eight elements of the first input, then eight of the second. */
  const one = (index: number, port: number) => Math.min(8, Math.max(0, index + 1 - 8 * port));
  const join = { needs: one, taken: one };
  const sources = [
    { tensor: 0, count: 8 },
    { tensor: 1, count: 8 },
  ];
  const node = (stage: FlowNode["stage"], inputs: number[], output: number, outputCount = 8): FlowNode => ({
    stage,
    inputs,
    output,
    outputCount,
  });

  it("are 0 where sources can wait, even beside a frame buffer", () => {
    expect(fifoDepths([node(frame, [0], 2), node(wire, [2, 1], 3)], sources)).toEqual([[0], [0, 0]]);
    expect(fifoDepths([node(join, [0, 1], 2, 16)], sources)).toEqual([[0, 0]]);
  });
  it("hold a whole input that another join wants first", () => {
    expect(fifoDepths([node(join, [0, 1], 2, 16), node(join, [1, 0], 3, 16)], sources)).toEqual([
      [0, 0],
      [0, 8],
    ]);
  });
  it("hold what meets itself again behind a join with another input", () => {
    const nodes = [node(frame, [0], 2), node(wire, [2, 1], 3), node(wire, [3, 0], 4)];
    expect(fifoDepths(nodes, sources)).toEqual([[0], [7, 0], [0, 8]]);
  });
});

describe("requantization constants", () => {
  it("take the bias into the offset and give the accumulator the width that is left", () => {
    const layer = requantizeLayer(new Random(2), [
      { lo: 1000, hi: 3000 },
      { lo: -500, hi: 2500 },
    ]);
    const { parameters, words, channels } = requantCircuit(layer, [2000n, 1000n], int8);
    expect(parameters.ACC_BITS).toBe(signedBits(-1500n, 1500n));
    expect(channels).toBe(2);
    const solved = realise(layer, { minShift: 0, maxShift: 40, narrow: true });
    solved.channels.forEach(({ multiplier, offset }, c) => {
      const value = offset + [2000n, 1000n][c]! * BigInt(multiplier);
      expect(words[c]).toBe(
        packWord([
          { value: BigInt(multiplier), bits: parameters.MULTIPLIER_BITS! },
          { value, bits: parameters.OFFSET_BITS! },
        ]),
      );
    });
  });
  it("keep one word when all channels have the same", () => {
    const layer = requantizeLayer(new Random(2), [{ lo: -500, hi: 500 }]);
    expect(requantCircuit(layer, [0n, 0n, 0n], int8).channels).toBe(1);
    expect(requantCircuit(layer, [0n, 1n, 0n], int8).channels).toBe(3);
  });
});

describe("refusals", () => {
  const build = (types = [int8, int8]) => {
    const builder = new GraphBuilder();
    const x = builder.tensor([1, 2, 2, 2], types[0]);
    return builder.graph("conv", x, addConv2d(builder, new Random(1), x, { out: 2, kernel: [1, 1], type: types[1]! }));
  };
  const code = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      if (error instanceof QcError) return error.diagnostics[0]!.code;
      throw error;
    }
    return "none";
  };

  it("of names that are no plain Verilog identifiers", () => {
    for (const name of ["Model", "1st", "a-b", "qc_conv2d", "", "a;b"]) {
      expect(
        code(() => emitVerilog(build(), { name })),
        name,
      ).toBe("QC6001");
    }
  });
  it("of elements beyond the modules' signed parameters", () => {
    expect(code(() => emitVerilog(build([{ bits: 32, signed: false }, int8])))).toBe("QC2002");
  });
  it("of operands, tables and searches too large", () => {
    const wide = { bits: 17, signed: true };
    const graph = (
      type: IntegerType,
      layer: (b: GraphBuilder, r: Random, x: IntegerTensor) => IntegerTensor,
      shape = [1, 4],
    ) => {
      const builder = new GraphBuilder();
      const x = builder.tensor(shape, type);
      const y = layer(builder, new Random(1), x);
      return () => emitVerilog(builder.graph("wide", x, y));
    };
    expect(code(graph({ bits: 19, signed: true }, (b, r, x) => addTable(b, r, x)))).toBe("QC2002");
    expect(code(graph(wide, (b, r, x) => addChannelTable(b, r, x, int8)))).toBe("QC2002");
    expect(code(graph(wide, (b, r, x) => addChannelTable(b, r, x, int8), [4, 1]))).toBe("none");
    expect(code(graph({ bits: 9, signed: true }, (b, _, x) => addSoftmax(b, x, "even")))).toBe("QC2002");
    const requantize = requantizeLayer(new Random(1), [{ lo: -9, hi: 9 }]);
    const product = { aZeroPoint: 0, bZeroPoint: 0, bSigned: true, requantize };
    expect(code(graph(int32, (b, _, x) => b.node("mul", [x, x], [1, 4], product)))).toBe("QC2002");
    const curve = { rule: "curve", type: { bits: 16, signed: true } } as const;
    expect(code(graph(int8, (b, r, x) => addDense(b, r, x, 40, curve)))).toBe("QC3002");
  });
  it("never puts model text outside comments", () => {
    const text = emitVerilog({ ...build(), name: "x\nendmodule `evil */" }).get("model.v")!;
    expect(text).toContain("// model: x?endmodule ?evil ?/,");
  });
});
