/** Plain models of the ops, written from their definitions and independent of the compiler's interpreter. */
import { evaluateStaircase } from "../../compiler/arith/index.js";
import { type IntegerGraph, type IntegerNode, elementCount } from "../../compiler/ir/index.js";
import type { RequantizeLayer } from "../../compiler/arith/index.js";
import type { Conv2dAttributes } from "../../compiler/ops/conv2d/conv2d.types.js";
import type { DenseAttributes } from "../../compiler/ops/dense/dense.types.js";

type Model = (node: IntegerNode<any>, inputs: readonly Int32Array[]) => Int32Array;

function requantize(layer: RequantizeLayer, channel: number, acc: number): number {
  return evaluateStaircase(layer.channels[layer.channels.length === 1 ? 0 : channel]!, acc);
}

const conv2d: Model = (node: IntegerNode<Conv2dAttributes>, [x]) => {
  const { kernel, strides, dilations, pads, groups, inputZeroPoint, weights, bias, requantize: layer } = node.attributes;
  const [, height, width, channels] = node.inputs[0]!.shape as [number, number, number, number];
  const [, outHeight, outWidth, outChannels] = node.output.shape as [number, number, number, number];
  const per = channels / groups;
  const y: number[] = [];
  for (let oy = 0; oy < outHeight; oy++)
    for (let ox = 0; ox < outWidth; ox++)
      for (let o = 0; o < outChannels; o++) {
        const group = Math.floor(o / (outChannels / groups));
        let acc = bias[o]!;
        for (let ky = 0; ky < kernel[0]; ky++)
          for (let kx = 0; kx < kernel[1]; kx++)
            for (let i = 0; i < per; i++) {
              const iy = oy * strides[0] - pads[0] + ky * dilations[0];
              const ix = ox * strides[1] - pads[1] + kx * dilations[1];
              if (iy < 0 || ix < 0 || iy >= height || ix >= width) continue;
              const value = x![(iy * width + ix) * channels + group * per + i]! - inputZeroPoint;
              acc += value * weights[((o * kernel[0] + ky) * kernel[1] + kx) * per + i]!;
            }
        y.push(requantize(layer, o, acc));
      }
  return Int32Array.from(y);
};

const dense: Model = (node: IntegerNode<DenseAttributes>, [x]) => {
  const { inputZeroPoint, weights, bias, requantize: layer } = node.attributes;
  const inputs = node.inputs[0]!.shape.at(-1)!;
  const outputs = node.output.shape.at(-1)!;
  return Int32Array.from({ length: elementCount(node.output.shape) }, (_, k) => {
    const row = Math.floor(k / outputs);
    const o = k % outputs;
    let acc = bias[o]!;
    for (let i = 0; i < inputs; i++) acc += (x![row * inputs + i]! - inputZeroPoint) * weights[o * inputs + i]!;
    return requantize(layer, o, acc);
  });
};

const reshape: Model = (_node, [x]) => x!;

const models: Readonly<Record<string, Model>> = { conv2d, dense, reshape };

/** Every tensor of a graph for one input, by id. */
export function evaluateGraph(graph: IntegerGraph, input: Int32Array): Map<number, Int32Array> {
  const values = new Map([[graph.inputs[0]!.id, input]]);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((tensor) => values.get(tensor.id)!);
    values.set(node.output.id, models[node.op]!(node, inputs));
  }
  return values;
}
