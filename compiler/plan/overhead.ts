/** What running by rows costs: estimates for choosing, in instructions per inference of a Cortex-M4. */
import type { IntegerGraph } from "../ir/integer-graph.js";
import { opHomes } from "../ops/index.js";
import { columnAxis } from "../ops/rows.js";
import type { Strip } from "./plan.js";
import type { RowGroup } from "./row-group.js";
import { rowBytes, type Stage } from "./stages.js";

/** Finding a row's place and calling its layer. */
const perEvent = 60;
/** Moving a byte of held rows, or of an input's columns. */
const perByteMoved = 0.7;
/** Products take their pixels in blocks of this many; the last block of a row may be incomplete. */
const blockPixels = 3;
const perProduct = 0.9;

/** Multiply-accumulate operations of one inference on whole tensors. */
export function macsOf({ nodes }: IntegerGraph): number {
  return nodes.reduce((sum, node) => sum + opHomes.get(node.op)!.macs(node), 0);
}

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
  let instructions = stepsOf(stages) * perEvent + lostBy(stages);
  for (const { node } of stages) {
    const width = node.output.shape[2]!;
    const wasted = wholeBlocks(width) - width;
    instructions += (wasted / width) * opHomes.get(node.op)!.macs(node) * perProduct;
  }
  return Math.round(instructions);
}

/** Instructions that strips add to the group's nodes on whole tensors, whose products are `macs` each. */
export function stripOverhead({ stages, events }: RowGroup, strips: readonly Strip[], macs: readonly number[]): number {
  const widthOf = (strip: Strip, id: number) => strip.get(id)!.end - strip.get(id)!.first;
  let instructions = strips.length * events.length * perEvent + lostBy(stages);
  for (const event of events) {
    if (event.kind === "compute") continue;
    const { tensor } = event;
    const rows = event.kind === "slide" ? event.kept : 1;
    const columns = strips.reduce((sum, strip) => sum + widthOf(strip, tensor.id), 0);
    instructions += ((rows * columns * rowBytes(tensor)) / tensor.shape[columnAxis]!) * perByteMoved;
  }
  stages.forEach(({ node: { output } }, i) => {
    const taken = strips.reduce((sum, strip) => sum + wholeBlocks(widthOf(strip, output.id)), 0);
    instructions += (taken / output.shape[columnAxis]! - 1) * macs[i]! * perProduct;
  });
  return Math.max(0, Math.round(instructions));
}

/** Pixels of the blocks that hold this many. */
const wholeBlocks = (pixels: number) => Math.ceil(pixels / blockPixels) * blockPixels;

const lostBy = (stages: readonly Stage[]) => stages.reduce((sum, { lost }) => sum + lost, 0);

const stepsOf = (stages: readonly Stage[]) => stages.reduce((sum, { steps }) => sum + steps, 0);
