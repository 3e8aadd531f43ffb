/** What the kernels of an operation say of themselves, and which of them computes a node. */
import type { RequantizeLayer } from "../../compiler/arith/index.js";
import type { IntegerNode } from "../../compiler/ir/index.js";
import type { Faster } from "../../compiler/ops/op.js";
import type { Core, CoreFeature } from "../core.js";
import type { CContext } from "./lowering.js";

/** Code of runtime-c for nodes of some geometry and some constants. */
export interface Kernel<Attributes> {
  /** What a core needs to have it; every core has it unless given. */
  readonly feature?: CoreFeature;
  /** Whether it computes the node, by geometry, certified constants and what attributes ask for. */
  takes(node: IntegerNode<Attributes>): boolean;
  /** Bytes of scratch for a node that it takes, on a core or on any; none unless given. */
  scratchBytes?(node: IntegerNode<Attributes>, core?: Core): number;
  /** Emits the constants and the call of a node that it takes. */
  lower(node: IntegerNode<Attributes>, context: CContext): void;
  /** What the node would save by asking for it. */
  forSpeed?(node: IntegerNode<Attributes>, core: Core): Faster<Attributes>[];
}

/** Kernels, the fastest first: the first that a core has and that takes a node computes it. The last one takes all, on every core. */
export type Kernels<Attributes> = readonly Kernel<Attributes>[];

const has = (core: Core) => (kernel: { readonly feature?: CoreFeature }) =>
  kernel.feature === undefined || core.features.includes(kernel.feature);

/** The kernel that computes a node on a core. */
export function kernelOf<Attributes>(
  kernels: Kernels<Attributes>,
  node: IntegerNode<Attributes>,
  core: Core,
): Kernel<Attributes> {
  return kernels.filter(has(core)).find((kernel) => kernel.takes(node))!;
}

/** Bytes of scratch on a core; without one, those of the kernel that needs most. */
export function kernelScratchBytes<Attributes>(
  kernels: Kernels<Attributes>,
  node: IntegerNode<Attributes>,
  core?: Core,
): number {
  const used = core ? [kernelOf(kernels, node, core)] : kernels.filter((kernel) => kernel.takes(node));
  return Math.max(...used.map((kernel) => kernel.scratchBytes?.(node, core) ?? 0));
}

/** What the kernels of a core would save, each by attributes that ask for it. */
export function fasterKernels<Attributes>(
  kernels: Kernels<Attributes>,
  node: IntegerNode<Attributes>,
  core: Core,
): Faster<Attributes>[] {
  return kernels.filter(has(core)).flatMap((kernel) => kernel.forSpeed?.(node, core) ?? []);
}

/** A layer of products: what its constants are made of. */
interface Layer {
  readonly weights: object;
  readonly bias: Int32Array;
  readonly requantize: RequantizeLayer;
}

/** `make`, whose results are kept by layer: plans ask for them many times, and a node's rows have the same ones as the whole. */
export function keptByLayer<Attributes extends Layer, Result>(
  make: (node: IntegerNode<Attributes>) => Result,
): (node: IntegerNode<Attributes>) => Result {
  const known = new WeakMap<
    RequantizeLayer,
    { readonly weights: object; readonly bias: object; readonly result: Result }
  >();
  return (node) => {
    const { weights, bias, requantize } = node.attributes;
    const before = known.get(requantize);
    if (before?.weights === weights && before.bias === bias) return before.result;
    const result = make(node);
    known.set(requantize, { weights, bias, result });
    return result;
  };
}

/** Whether a core's packed multiplies are the widest that it has. */
export const packsMost = ({ features }: Core): boolean => features.includes("dsp") && !features.includes("mve");
