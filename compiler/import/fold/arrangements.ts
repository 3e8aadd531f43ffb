/** Folds that bring elements into another order, or join tensors. */
import { elementCount } from "../../ir/types.js";
import { transposeOrder } from "../../ops/order.js";
import type { Fold } from "./operands.js";

const transpose: Fold = (operands) => {
  const { dataType, dims, values } = operands.input(0);
  const permutation = operands.attributes.integers("perm", [...dims.keys()].reverse());
  operands.attributes.done();
  if (operands.axes(permutation, dims.length).size !== dims.length)
    operands.wrong(`perm [${permutation}] of an input of shape [${dims}]`);
  operands.count(dims);
  const order = transposeOrder(dims, permutation);
  return [
    {
      dataType,
      dims: permutation.map((axis) => dims[axis]!),
      values: Float64Array.from(order, (from) => values[from]!),
    },
  ];
};

const concat: Fold = (operands) => {
  const parts = operands.all();
  const first = parts[0]!;
  const axis = operands.axis(operands.attributes.integer("axis", 1), first.dims);
  operands.attributes.done();
  for (const { dims, dataType } of parts) {
    const fits = dims.length === first.dims.length && dims.every((dim, i) => i === axis || dim === first.dims[i]);
    if (!fits || dataType !== first.dataType)
      operands.wrong(`[${first.dims}] and [${dims}] cannot be joined along axis ${axis}`);
  }
  const dims = first.dims.map((dim, i) => (i === axis ? parts.reduce((sum, part) => sum + part.dims[axis]!, 0) : dim));
  const values = new Float64Array(operands.count(dims));
  const outer = values.length === 0 ? 0 : elementCount(dims.slice(0, axis));
  operands.work(outer * parts.length, `joining ${parts.length} tensors ${outer} times`);
  let at = 0;
  for (let group = 0; group < outer; group++) {
    for (const part of parts) {
      const run = part.values.length / outer;
      for (let k = 0; k < run; k++) values[at++] = part.values[group * run + k]!;
    }
  }
  return [{ dataType: first.dataType, dims, values }];
};

export const folds: Readonly<Record<string, Fold>> = { Transpose: transpose, Concat: concat };
