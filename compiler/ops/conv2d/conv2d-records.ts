/** What kernels share whose constants are records. */
import type { CContext } from "../../../targets/c/lowering.js";
import { channelSlots, weightSums } from "../../../targets/c/matrix.js";
import { placeRecords, type Records } from "../../../targets/c/records.js";
import type { Node } from "./conv2d-kernel.js";

/** A kernel's call: its name in shared functions, its packed weights by the type of their elements in C, and what its records are for. */
interface Call {
  readonly role: string;
  readonly element: "uint8_t" | "uint32_t";
  readonly words: ArrayLike<number>;
  /** Channels of a group of records are rounded up to this many. */
  readonly step: number;
  readonly groups: number;
  /** C that may read `s`, `x`, `weights`, `records`, `y`, `scratch` and `q`. */
  readonly body: string;
}

/** Places constants and calls the shared function around a kernel; the window's statement must be there. */
export function callWithRecords(
  node: Node,
  context: CContext,
  { role, element, words, step, groups, body }: Call,
): void {
  const weights = context.constant("weights", element, words);
  const records = recordsOf(node, context, groups, step);
  const name = context.shared({
    role: `${role}_${records.role}`,
    parameters: [
      "const qc_window *s",
      "const uint8_t *x",
      `const ${element} *weights`,
      "const int32_t *records",
      "uint8_t *y",
      "uint8_t *scratch",
      ...records.parameters,
    ],
    body: [records.declaration, body],
  });
  const values = ["&window", context.input(0), weights, records.name, context.output, context.scratch];
  context.statement(`${name}(${[...values, ...records.arguments].join(", ")});`);
}

/** The zero point's share and the bias are in the records: kernels sum raw codes. */
function recordsOf({ attributes, output }: Node, context: CContext, groups: number, step: number): Records {
  const { weights, bias, inputZeroPoint, requantize } = attributes;
  const channels = output.shape[3]!;
  const sums = weightSums(weights, channels);
  const missing = bias.map((value, o) => value - inputZeroPoint * sums[o]!);
  const perGroup = channels / groups;
  const slots = Array.from({ length: groups }, (_, g) => channelSlots(g * perGroup, perGroup, step)).flat();
  return placeRecords(context, requantize, output.type, slots, missing);
}
