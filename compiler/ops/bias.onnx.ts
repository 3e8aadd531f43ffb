/** Biases of convolutions and dense layers: whole multiples of the products' unit inside the accumulator, others behind it. */
import type { Expression } from "../arith/expression.js";
import { fail } from "../diagnostics.js";
import type { OnnxNode } from "../import/onnx.js";
import type { GraphReader } from "../import/rules.js";
import type { Tensor } from "../ir/graph.js";
import { elementCount } from "../ir/types.js";
import { realConstant } from "./table/real-function.js";

export interface Bias {
  /** int32 codes, part of the accumulator. */
  readonly tensor?: Tensor | undefined;
  /** What the real result becomes. */
  readonly post?: Expression | undefined;
}

/** The bias at input `index`, one number per output channel; none when the input is absent. */
export function readBias(
  node: OnnxNode,
  reader: GraphReader,
  index: number,
  x: Tensor,
  weights: Tensor,
  channels: number,
): Bias {
  const value = reader.value(node, index);
  if (!value) return {};
  const constant = realConstant(value);
  if (!constant || (constant.shape.at(-1) ?? 1) !== elementCount(constant.shape)) {
    const shape = constant?.shape ?? ("tensor" in value ? value.tensor.shape : []);
    return reader.refuse(node, `a bias of shape [${shape}]; expected a constant with one number per output channel`);
  }
  const { values } = constant;
  if (values.length !== 1 && values.length !== channels)
    return fail("QC2005", `got ${values.length} biases for ${channels} output channels.`, node.name);
  const stored = value.kind === "real" ? value.tensor : undefined;
  if (
    stored?.type.bits === 32 &&
    stored.quantization.zeroPoints.every((zeroPoint) => zeroPoint === 0) &&
    values.length === channels
  )
    return { tensor: { ...stored, shape: [values.length] } };
  return multiples(node, values, x, weights, channels) ?? { post: ["Add", "x", perChannel(values)] };
}

/** Real biases as int32 codes; undefined when some is no whole multiple of its channel's unit. */
function multiples(
  node: OnnxNode,
  values: ArrayLike<number>,
  x: Tensor,
  weights: Tensor,
  channels: number,
): Bias | undefined {
  if (x.quantization.scales.length !== 1) return undefined;
  const own = weights.quantization.scales;
  const units = Array.from({ length: channels }, (_, c) => x.quantization.scales[0]! * own[own.length === 1 ? 0 : c]!);
  const codes = units.map((unit, c) => values[values.length === 1 ? 0 : c]! / unit);
  if (!codes.every((code) => Number.isInteger(code) && Math.abs(code) < 2 ** 31)) return undefined;
  const scales = own.length === 1 ? [units[0]!] : units;
  const quantization = { scales, zeroPoints: scales.map(() => 0), axis: scales.length === 1 ? undefined : 0 };
  const type = { bits: 32, signed: true };
  return { tensor: { name: `${node.name}_bias`, shape: [channels], type, quantization, data: Int32Array.from(codes) } };
}

function perChannel(values: ArrayLike<number>): Expression {
  return Array.from(values).every((value) => value === values[0]) ? values[0]! : { perChannel: Array.from(values) };
}
