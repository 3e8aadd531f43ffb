/** Concatenation in C: one copy of runs per input that does not lie in its place already (qc_concat.h). */
import type { CLowering } from "../../../targets/c/lowering.js";
import { bytesPerElement, elementCount } from "../../ir/index.js";
import type { ConcatAttributes } from "./concat.types.js";
import { runsOf } from "./runs.js";

export const c: CLowering<ConcatAttributes> = (node, context) => {
  const size = bytesPerElement(node.output.type);
  const runs = runsOf(node.inputs, node.attributes.axis).map((run) => run * size);
  const stride = runs.reduce((a, b) => a + b, 0);
  const turns = (elementCount(node.output.shape) * size) / stride;
  const copy = () => {
    context.include("qc_concat.h");
    return context.shared({
      role: "concat",
      parameters: ["const uint8_t *x", "uint8_t *y", "int32_t turns", "int32_t run", "int32_t stride"],
      body: ["qc_concat(x, y, turns, run, stride);"],
    });
  };
  let at = 0;
  for (const [i, run] of runs.entries()) {
    const to = at === 0 ? context.output : `${context.output} + ${at}`;
    if (!context.isInPlace(i)) context.statement(`${copy()}(${context.input(i)}, ${to}, ${turns}, ${run}, ${stride});`);
    at += run;
  }
};
