/** The Verilog lowering of a node, from its op home. */
import { fail } from "../../compiler/diagnostics.js";
import type { IntegerNode } from "../../compiler/ir/index.js";
import { opHomes } from "../../compiler/ops/index.js";
import type { VerilogLowering } from "./lowering.js";

/** The lowering of a node's op. */
export function loweringOf(node: IntegerNode): VerilogLowering {
  const home = opHomes.get(node.op) ?? fail("QC2001", `op ${node.op} has no streaming Verilog form`, node.name);
  return home.verilog;
}
