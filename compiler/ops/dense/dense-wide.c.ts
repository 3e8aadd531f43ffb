/** Matrix product of codes or weights wider than bytes: qc_wide.h. A row is a pixel: the window is one pixel in size. */
import type { Kernel } from "../../../targets/c/kernel.js";
import { initialiser } from "../../../targets/c/tensors.js";
import { isDirect, wideProduct, wideScratchBytes } from "../../../targets/c/wide.js";
import { elementCount } from "../../ir/index.js";
import type { DenseAttributes } from "./dense.types.js";

export const wide: Kernel<DenseAttributes> = {
  takes: () => true,
  scratchBytes({ inputs: [x] }) {
    const length = x!.shape.at(-1)!;
    return isDirect(x!, length) ? 0 : wideScratchBytes(length);
  },
  lower(node, context) {
    const [x] = node.inputs;
    const inputs = x!.shape.at(-1)!;
    const channels = node.output.shape.at(-1)!;
    const rows = elementCount(x!.shape) / inputs;
    const values = [rows, 1, inputs, rows, 1, channels, 1, 1, 1, 1, 1, 1, 0, 0, 1, "0u"];
    context.statement(`static const qc_window window = ${initialiser(values)};`);
    wideProduct(node, context, { role: "dense", groups: 1, channels }, isDirect(x!, inputs) ? "direct" : "patch");
  },
};
