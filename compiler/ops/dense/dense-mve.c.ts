/** Matrix product in C on Helium vectors: qc_dense_mve.h. */
import type { Kernel } from "../../../targets/c/kernel.js";
import type { CContext } from "../../../targets/c/lowering.js";
import { mveMissing, mveRequantization, packMve, vectorConstants } from "../../../targets/c/mve.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { elementCount, type IntegerNode } from "../../ir/index.js";
import type { DenseAttributes } from "./dense.types.js";

export const mve: Kernel<DenseAttributes> = {
  feature: "mve",
  takes: (node) => vectorConstants(node.attributes.requantize) !== undefined,
  lower,
};

function lower(node: IntegerNode<DenseAttributes>, context: CContext): void {
  const [x] = node.inputs;
  const { weights, bias, inputZeroPoint, requantize } = node.attributes;
  const requantization = mveRequantization(context, requantize, node.output)!;
  const outputs = node.output.shape.at(-1)!;
  const inputs = x!.shape.at(-1)!;
  const matrix = { channels: outputs, taps: inputs, weights };
  const missing = mveMissing(weights, bias, inputZeroPoint, x!);
  const words = context.constant("weights", "uint32_t", packMve(matrix, 0, requantization.constants, missing, "rows"));
  context.include("qc_dense_mve.h");
  const name = context.shared({
    role: `dense_${requantization.role}`,
    parameters: [
      "const uint8_t *x",
      "int32_t rows",
      "int32_t inputs",
      "int32_t outputs",
      "const uint32_t *weights",
      "uint8_t *y",
      ...requantization.parameters,
    ],
    body: [requantization.declaration, `qc_dense_mve(x, rows, inputs, outputs, weights, y, q, ${signedLiteral(x!)});`],
  });
  const rows = elementCount(x!.shape) / inputs;
  const values = [context.input(0), rows, inputs, outputs, words, context.output, ...requantization.arguments];
  context.statement(`${name}(${values.join(", ")});`);
}
