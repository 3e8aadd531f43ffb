/** The AXI4-Stream ports of an emitted top module: one per graph input and output. */
import { fail } from "../../compiler/diagnostics.js";
import {
  bytesPerElement,
  elementCount,
  type IntegerGraph,
  type IntegerTensor,
  typeName,
} from "../../compiler/ir/index.js";

/** One port: an element per beat on `8 * bytes` data wires, sign-extended where its type is signed. */
export interface StreamPort {
  /** `s_axis` or `m_axis`, with `_<index>` where the graph has several. */
  readonly name: string;
  readonly tensor: string;
  readonly type: string;
  /** Bytes per element. */
  readonly bytes: number;
  /** Beats of one inference. */
  readonly elements: number;
}

export interface StreamPorts {
  readonly inputs: readonly StreamPort[];
  readonly outputs: readonly StreamPort[];
}

/** Ports in the order of the graph's inputs and outputs. */
export function streamPorts({ inputs, outputs }: Pick<IntegerGraph, "inputs" | "outputs">): StreamPorts {
  return { inputs: portsOf("s_axis", inputs), outputs: portsOf("m_axis", outputs) };
}

function portsOf(prefix: string, tensors: readonly IntegerTensor[]): StreamPort[] {
  return tensors.map(({ name, type, shape }, index) => ({
    name: tensors.length === 1 ? prefix : `${prefix}_${index}`,
    tensor: name,
    type: typeName(type),
    bytes: bytesPerElement(type),
    elements: elementCount(shape),
  }));
}

/** Bytes of one inference. */
export function frameBytes(ports: readonly StreamPort[]): number {
  return ports.reduce((sum, { bytes, elements }) => sum + bytes * elements, 0);
}

/** File of a project that describes its ports. */
export const portsFile = "ports.json";

/** The ports of an emitted project. */
export function projectPorts(files: ReadonlyMap<string, string>): StreamPorts {
  const text = files.get(portsFile) ?? fail("QC5002", `the project has no ${portsFile}`, "verilator");
  return JSON.parse(text) as StreamPorts;
}
