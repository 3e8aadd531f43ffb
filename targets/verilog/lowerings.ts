/** The Verilog lowering of each op, from the op homes. */
import type { IntegerNode } from "../../compiler/ir/index.js";
import { fail } from "../../compiler/diagnostics.js";
import { verilog as conv2d } from "../../compiler/ops/conv2d/conv2d.verilog.js";
import { verilog as dense } from "../../compiler/ops/dense/dense.verilog.js";
import { verilog as reshape } from "../../compiler/ops/reshape/reshape.verilog.js";
import type { VerilogLowering } from "./lowering.js";

const lowerings: Readonly<Record<string, VerilogLowering>> = { conv2d, dense, reshape };

/** The lowering of a node's op. */
export function loweringOf(node: IntegerNode): VerilogLowering {
  return lowerings[node.op] ?? fail("QC2001", `op ${node.op} has no streaming Verilog form`, node.name);
}
