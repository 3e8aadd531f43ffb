/** Whether a plan fits a target's memory, with the binding tensors named. */
import type { Target } from "../../targets/core.js";
import { fail } from "../diagnostics.js";
import { opHomes } from "../ops/index.js";
import { tensorBytes } from "./liveness.js";
import { makePlan, type PlanOptions } from "./make-plan.js";
import { type Plan, streamsInput } from "./plan.js";

export interface MemoryLimits extends Pick<PlanOptions, "maxRecompute"> {
  readonly sramBytes?: number | undefined;
  readonly flashBytes?: number | undefined;
}

/** Throws QC4002 when the arena exceeds the RAM or the weights alone exceed the flash. `limits` override the target's. */
export function checkFit(plan: Plan, target: Target, limits: MemoryLimits): void {
  const own = target.family === "fpga" ? undefined : target;
  const sram = limits.sramBytes ?? own?.sramBytes ?? Infinity;
  const flash = limits.flashBytes ?? own?.flashBytes ?? Infinity;
  if (plan.arenaBytes > sram) {
    const least = makePlan(plan.graph, {
      optimize: "memory",
      streamInput: streamsInput(plan),
      externalInput: plan.external.size > 0,
      maxRecompute: limits.maxRecompute,
      core: plan.core,
    });
    const cost = least.overhead === 0 ? "" : `, at about ${least.overhead} instructions more than on whole tensors`;
    const tensors = plan.peak.tensors.map((tensor) => `'${tensor.name}' ${tensorBytes(tensor)} bytes`).join(", ");
    fail(
      "QC4002",
      `the arena takes ${plan.arenaBytes} bytes, ${plan.arenaBytes - sram} more than the ${sram} available; alive together at the peak: ${tensors}. The smallest arena takes ${least.arenaBytes} bytes${cost}. Choose a part with that much RAM, or a smaller model.`,
      plan.peak.node,
    );
  }
  const weights = plan.graph.nodes.map((node) => ({ node, bytes: opHomes.get(node.op)!.weightBytes(node) }));
  const total = weights.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > flash) {
    const largest = weights.reduce((a, b) => (b.bytes > a.bytes ? b : a));
    fail(
      "QC4002",
      `the weights alone take ${total} bytes of flash, ${total - flash} more than the ${flash} available; the largest layer takes ${largest.bytes}. Choose a part with more flash, or a smaller model.`,
      largest.node.name,
    );
  }
}
