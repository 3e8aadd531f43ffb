/** Convolution in C on Helium vectors: qc_conv2d_mve.h. */
import type { CContext } from "../../../targets/c/lowering.js";
import { mveMissing, mveRequantization, packMve, vectorConstants } from "../../../targets/c/mve.js";
import { signedLiteral } from "../../../targets/c/tensors.js";
import { windowStatement } from "../../../targets/c/window.js";
import type { Conv2dKernel, Node } from "./conv2d-kernel.js";
import { matrices } from "./conv2d-matrices.js";

/** How many patches are gathered at a time: an even number; those of fewer than 16 codes take 16 bytes all the same. */
const gathered = (taps: number) => (taps < 16 ? 2 : Math.max(6, 2 * Math.floor(324 / taps)));

/** Bytes of scratch. */
function scratchBytes({ attributes: { weights }, output }: Node): number {
  const taps = weights.length / output.shape[3]!;
  return gathered(taps) * Math.max(taps, 16);
}

export const mve: Conv2dKernel = {
  feature: "mve",
  takes: (node) => vectorConstants(node.attributes.requantize) !== undefined,
  scratchBytes,
  lower,
};

function lower(node: Node, context: CContext): void {
  const { inputs, output, attributes } = node;
  const requantization = mveRequantization(context, attributes.requantize, output)!;
  const missing = mveMissing(attributes.weights, attributes.bias, attributes.inputZeroPoint, inputs[0]!);
  const words = matrices(node).flatMap((matrix, group) =>
    packMve(matrix, group * matrix.channels, requantization.constants, missing, "pairs"),
  );
  const taps = attributes.weights.length / output.shape[3]!;
  const weights = context.constant("weights", "uint32_t", words);
  context.include("qc_conv2d_mve.h");
  const name = context.shared({
    role: `conv2d_${requantization.role}`,
    parameters: [
      "const qc_window *s",
      "const uint8_t *x",
      "const uint32_t *weights",
      "uint8_t *y",
      "uint8_t *scratch",
      "int32_t gathered",
      ...requantization.parameters,
    ],
    body: [
      requantization.declaration,
      `qc_conv2d_mve(s, x, weights, y, scratch, gathered, q, ${signedLiteral(inputs[0]!)});`,
    ],
  });
  context.statement(windowStatement(attributes, inputs[0]!, output, attributes.groups, attributes.inputZeroPoint));
  const values = [
    "&window",
    context.input(0),
    weights,
    context.output,
    context.scratch,
    gathered(taps),
    ...requantization.arguments,
  ];
  context.statement(`${name}(${values.join(", ")});`);
}
