/** `exact` on every reachable accumulator of sampled channels of the shipped model, against integer arithmetic on float bits. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { evaluateStaircase } from "../../compiler/arith/staircase.js";
import { compile } from "../../compiler/compile.js";
import { opHomes } from "../../compiler/ops/index.js";

/** A finite double as mantissa * 2^exponent, by its bits. */
function dyadic(value: number): { mantissa: bigint; exponent: number } {
  const bits = new DataView(new Float64Array([value]).buffer).getBigUint64(0, true);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  return { mantissa: (bits & ((1n << 52n) - 1n)) | (1n << 52n), exponent: exponent - 1075 };
}

/** numerator / denominator rounded half to even, by the remainder; denominator > 0. */
function nearest(numerator: bigint, denominator: bigint): number {
  let quotient = numerator / denominator;
  let remainder = numerator % denominator;
  if (remainder < 0n) {
    quotient -= 1n;
    remainder += denominator;
  }
  const twice = 2n * remainder;
  return Number(twice > denominator || (twice === denominator && quotient % 2n !== 0n) ? quotient + 1n : quotient);
}

const { graph, integerGraph } = compile(readFileSync("examples/fashion-mnist/fashion-mnist.onnx"));
const layers = graph.nodes.filter(({ inputs }) => inputs.length === 3);

describe("the shipped model's layers with weights", () => {
  it("are all found", () => expect(layers.length).toBe(12));

  it.each(layers.map((node) => [node.name, node] as const))("%s: first and last channel", (name, node) => {
    const [x, weights, bias] = node.inputs as [
      (typeof node.inputs)[0],
      (typeof node.inputs)[0],
      (typeof node.inputs)[0],
    ];
    const lowered = integerGraph.nodes.find((candidate) => candidate.name === name)!;
    const layer = opHomes.get(lowered.op)!.requantize!(lowered.attributes)!;
    const at = (list: readonly number[], channel: number) => list[list.length === 1 ? 0 : channel]!;
    const sy = dyadic(node.output.quantization.scales[0]!);
    for (const channel of [0, layer.channels.length - 1]) {
      const sx = dyadic(x.quantization.scales[0]!);
      const sw = dyadic(at(weights.quantization.scales, channel));
      const sb = dyadic(at(bias.quantization.scales, channel));
      const b = bias.data![channel]!;
      const unit = Math.min(sx.exponent + sw.exponent, sb.exponent, sy.exponent);
      const scaled = (mantissa: bigint, exponent: number) => mantissa << BigInt(exponent - unit);
      const product = scaled(sx.mantissa * sw.mantissa, sx.exponent + sw.exponent);
      const offset = BigInt(b) * scaled(sb.mantissa, sb.exponent);
      const denominator = scaled(sy.mantissa, sy.exponent);
      const staircase = layer.channels[channel]!;
      const wrong: number[] = [];
      for (let acc = staircase.lo; acc <= staircase.hi; acc++) {
        const code = nearest(BigInt(acc - b) * product + offset, denominator) + layer.zeroPoint;
        const expected = Math.min(layer.clamp.hi, Math.max(layer.clamp.lo, code));
        if (evaluateStaircase(staircase, acc) !== expected) wrong.push(acc);
      }
      expect(wrong).toEqual([]);
    }
  });
});
