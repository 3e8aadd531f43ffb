/** What running by rows costs: estimates for choosing, in instructions per inference of a Cortex-M4. */
import { opHomes } from "../ops/index.js";
import type { RowGroup } from "./row-group.js";
import { rowBytes, type Stage } from "./stages.js";

/** Finding a row's place and calling its layer. */
const perEvent = 60;
/** Moving a byte of held rows. */
const perByteMoved = 0.7;
/** Products take their pixels in blocks of this many; the last block of a row may be incomplete. */
const blockPixels = 3;
const perProduct = 0.9;

/** Instructions that a group adds to its nodes on whole tensors. */
export function overheadOf({ stages, events }: RowGroup): number {
  let instructions = (events.length - stepsOf(stages)) * perEvent;
  for (const event of events) {
    if (event.kind === "slide") instructions += event.kept * rowBytes(event.tensor) * perByteMoved;
  }
  return leastOverhead(stages) + Math.round(instructions);
}

/** Instructions that any group of these stages adds, however it holds its rows. */
export function leastOverhead(stages: readonly Stage[]): number {
  let instructions = stepsOf(stages) * perEvent;
  for (const { node } of stages) {
    const width = node.output.shape[2]!;
    const wasted = Math.ceil(width / blockPixels) * blockPixels - width;
    instructions += (wasted / width) * opHomes.get(node.op)!.macs(node) * perProduct;
  }
  return Math.round(instructions);
}

const stepsOf = (stages: readonly Stage[]) => stages.reduce((sum, { steps }) => sum + steps, 0);
