/** Symbolic dimensions of graph inputs, from the interface and from the command line. */
import { describe, expect, it } from "vitest";
import { parseDims } from "../../compiler/cli/options.js";
import { compile } from "../../compiler/compile.js";
import { oneOp } from "../helpers/onnx.js";
import { smallTflite } from "../helpers/small-tflite.js";

const model = (dims: readonly (number | string)[]) => oneOp(dims, (b, x) => b.node("Relu", [x])).bytes();
const shape = (dims: readonly (number | string)[], pinned?: Record<string, number>) =>
  compile(model(dims), { dims: pinned }).graph.inputs[0]!.shape;

describe("a size for each name", () => {
  it("pins every dimension of that name, the batch too", () => {
    expect(shape(["N", 2, "H", "H"], { H: 6 })).toEqual([1, 2, 6, 6]);
    expect(shape(["N", "W"], { N: 3, W: 4 })).toEqual([3, 4]);
    expect(shape(["N", 4])).toEqual([1, 4]);
    expect(shape([-1, 4])).toEqual([1, 4]);
  });

  it("names of JavaScript's own are names like others", () => {
    expect(shape([1, "__proto__", "constructor"], parseDims(["__proto__=3", "constructor=4"]))).toEqual([1, 3, 4]);
    expect(() => shape([1, "constructor"])).toThrow(/QC1004 'x' .*--dim constructor=<size>/);
  });

  it("refuses sizes that are none and names that no input has", () => {
    expect(() => shape([1, "W"], { W: 0 })).toThrow(/QC6001 .*--dim W=0: expected a positive/);
    expect(() => shape([1, "W"], { W: 1.5 })).toThrow(/QC6001/);
    expect(() => shape([1, "W"], { W: 4, V: 4 })).toThrow(/QC6001 .*--dim V: .*expected W/);
    expect(() => shape([1, 4], { W: 4 })).toThrow(/QC6001 .*the model has none/);
    expect(() => compile(smallTflite().bytes(), { dims: { W: 4 } })).toThrow(/QC6001 .*the model has none/);
  });

  it("an unknown rank is no scalar", () => {
    const bytes = oneOp([1, 4], (b, x) => b.node("Relu", [x])).bytes((proto) => {
      proto.graph.input[0].type.tensorType.shape = undefined;
    });
    expect(() => compile(bytes)).toThrow(/QC1004 'x' .*no shape/);
  });
});

describe("--dim name=size", () => {
  it("splits at the last equals sign", () => expect(parseDims(["a=b=3", "W=64"])).toEqual({ "a=b": 3, W: 64 }));
  it.each([["W"], ["=3"], ["W="], ["W=-1"], ["W=x"], ["W=1.5"]])("refuses %s", (text) => {
    expect(() => parseDims([text])).toThrow(/QC6001 .*expected name=size/);
  });
  it("refuses a name twice", () => expect(() => parseDims(["W=1", "W=2"])).toThrow(/QC6001 .*given twice/));
});
