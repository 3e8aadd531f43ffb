/** A fast part of `npm run conformance`: nothing differs where it must be equal, nothing crashes. */
import { afterAll, expect, it } from "vitest";
import { describeWithData } from "../helpers/data.js";
import type { Outcome } from "./case.js";
import { casesOf } from "./corpora.js";
import { judge } from "./judge.js";
import { Oracle } from "./oracle.js";

const oracle = new Oracle();
afterAll(() => oracle.close());

async function outcomesOf(prefix: string, keep = (_name: string, _index: number) => true): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const cases = casesOf(prefix).filter(({ name }, i) => keep(name, i));
  expect(cases.length, `cases of ${prefix}`).toBeGreaterThan(0);
  for (const item of cases) outcomes.push(await judge(item, oracle));
  return outcomes;
}

const wrong = (outcomes: readonly Outcome[]) =>
  outcomes
    .filter(({ verdict }) => verdict === "failed" || verdict === "crashed")
    .map(({ name, reason }) => ({ name, reason }));

const equal = (outcomes: readonly Outcome[]) => outcomes.filter(({ verdict }) => verdict === "equal").length;

describeWithData("conformance", () => {
  it("quantization vectors of the ONNX standard", async () => {
    const outcomes = await outcomesOf("onnx-conformance/node/", (name) => /quant|qlinear|integer/.test(name));
    expect(wrong(outcomes)).toEqual([]);
    expect(equal(outcomes)).toBeGreaterThanOrEqual(4);
  });

  it("every fourth of the other node vectors", async () => {
    const outcomes = await outcomesOf("onnx-conformance/", (_, i) => i % 4 === 0);
    expect(wrong(outcomes)).toEqual([]);
    expect(equal(outcomes)).toBeGreaterThanOrEqual(40);
  });

  // The corpus, and at least how many of its files are equal.
  it.each([
    ["onnx2c/", 1],
    ["tract/", 5],
    ["deeploy/Kernels/", 0],
    ["ort-testdata/conv", 2],
    ["layers/tum-ei-eda__mlonmcu-models/layers/aww", 7],
    ["models/converted-tflite/tum-ei-eda", 7],
    ["mlperf-tiny/kws", 3],
  ])("%s", async (prefix, floor) => {
    const outcomes = await outcomesOf(prefix);
    expect(wrong(outcomes)).toEqual([]);
    expect(equal(outcomes)).toBeGreaterThanOrEqual(floor);
  });
});
