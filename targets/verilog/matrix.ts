/** The multiply-accumulate stage (qc_conv2d): convolution, depthwise convolution and dense layers. */

import { type IntegerType, typeRange } from "../../compiler/ir/index.js";
import type { Conv2dAttributes } from "../../compiler/ops/conv2d/conv2d.types.js";
import { divisors, extent, packWord, signedBits } from "./bits.js";
import type { Folding, FoldingOption, Stage } from "./lowering.js";
import { requantCircuit } from "./requantize.js";
import { type WindowShape, windowFlow, windowParameters, windowRowCycles } from "./window.js";

/** A convolution with everything the circuit needs to know; images are [height, width, channels]. */
export interface MatrixLayer extends Conv2dAttributes, WindowShape {
  readonly inputType: IntegerType;
  readonly outputType: IntegerType;
  readonly outChannels: number;
}

const maxLanes = 64;

/** One input and one output channel per group: each lane then has its own input. */
function isDepthwise(layer: MatrixLayer): boolean {
  return layer.groups === layer.channels && layer.outChannels === layer.channels;
}

/** All foldings whose factors divide the layer's channels, with the cycles of one inference. */
export function matrixFoldings(layer: MatrixLayer): FoldingOption[] {
  const outPerGroup = layer.outChannels / layer.groups;
  const inPerGroup = layer.channels / layer.groups;
  const options: FoldingOption[] = [];
  const lanes = isDepthwise(layer) ? layer.channels : outPerGroup;
  for (const pe of divisors(lanes, maxLanes)) {
    for (const simd of divisors(inPerGroup, Math.floor(maxLanes / pe))) {
      options.push({ pe, simd, cycles: matrixCycles(layer, { pe, simd }) });
    }
  }
  return options;
}

/** Cycles a stage is busy with one inference: the slowest of taking in, multiplying and handing out. */
function matrixCycles(layer: MatrixLayer, { pe, simd }: Folding): number {
  const words = (layer.kernel[0] * layer.kernel[1] * layer.channels) / layer.groups / simd;
  const pixel = (layer.outChannels / pe) * Math.max(words, pe);
  return Math.max(layer.height * layer.width * layer.channels, windowRowCycles(layer, layer.outWidth * pixel));
}

/** The qc_conv2d stage of a layer. */
export function matrixStage(layer: MatrixLayer, { pe, simd }: Folding): Stage {
  const depthwise = isDepthwise(layer);
  const taps = layer.kernel[0] * layer.kernel[1];
  const inPerGroup = layer.channels / layer.groups;
  const perOutput = taps * inPerGroup;
  const weightRange = extent(Array.from(layer.weights, BigInt));
  const weightBits = Math.max(2, signedBits(weightRange.lo, weightRange.hi));
  // The accumulator sums x*w without the zero point, signed codes moved up by half their range so that none is negative: the
  // bias takes -zeroPoint * sum(w).
  const zeroPoint = BigInt(layer.inputZeroPoint) - BigInt(typeRange(layer.inputType).lo);
  const biases = Array.from({ length: layer.outChannels }, (_, o) => {
    let sum = 0;
    for (let i = 0; i < perOutput; i++) sum += layer.weights[o * perOutput + i]!;
    return BigInt(layer.bias[o]!) - zeroPoint * BigInt(sum);
  });
  const requant = requantCircuit(layer.requantize, biases, layer.outputType);
  const groups = depthwise ? layer.channels / pe : layer.groups;
  const chunks = depthwise ? 1 : inPerGroup / simd;
  const blocks = depthwise ? 1 : layer.outChannels / layer.groups / pe;
  const words: bigint[] = [];
  for (let block = 0; block < groups * blocks; block++) {
    for (let tap = 0; tap < taps; tap++) {
      for (let chunk = 0; chunk < chunks; chunk++) {
        const fields = [];
        for (let p = 0; p < pe; p++) {
          for (let s = 0; s < simd; s++) {
            const at = (block * pe + p) * perOutput + tap * inPerGroup + chunk * simd + s;
            fields.push({ value: BigInt(layer.weights[at]!), bits: weightBits });
          }
        }
        words.push(packWord(fields));
      }
    }
  }
  return {
    module: "qc_conv2d",
    parameters: {
      IN_BITS: layer.inputType.bits,
      ...windowParameters(layer),
      GROUPS: groups,
      CHUNKS: chunks,
      BLOCKS: blocks,
      PE: pe,
      SIMD: simd,
      DEPTHWISE: depthwise ? 1 : 0,
      X_SIGNED: layer.inputType.signed ? 1 : 0,
      PAD_VALUE: layer.inputZeroPoint,
      WEIGHT_BITS: weightBits,
      ...requant.parameters,
      CHANNELS: requant.channels,
    },
    memories: [
      { parameter: "WEIGHTS_FILE", width: weightBits * pe * simd, words },
      { parameter: "CONSTANTS_FILE", width: requant.parameters.WORD_BITS!, words: requant.words },
    ],
    ...windowFlow(layer, layer.outChannels),
  };
}
