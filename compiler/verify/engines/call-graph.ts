/**
 * How much stack a program may take, from GCC's `-fcallgraph-info=su`: one VCG graph per object, with a node per function
 * (its frame) and an edge per call. GCC manual, "Developer Options". What a statement of inline assembly pushes is in no
 * frame, and no edge calls the arithmetic functions of libgcc; the compiler's assembly text has both.
 */
import { fail } from "../../diagnostics.js";
import { type LibraryFrame, stackGrowth } from "./library-frames.js";

/** The most stack that a call of a function may take. */
export interface StackBound {
  /** Bytes on the deepest path, the function's own included. */
  readonly bytes: number;
  /** Functions on any path whose frames nobody knows. Their stack is not in `bytes`. */
  readonly unknown: readonly string[];
}

interface Frame {
  /** Undefined where no object defines the function. */
  bytes?: number;
  readonly calls: Set<string>;
}

/** What GCC left of one object: `-fcallgraph-info=su -S`. */
export interface CompiledUnit {
  readonly graph: string;
  readonly assembly: string;
}

/**
 * The bound of `entry` over all objects and, where the frames of the linked program are given, what they call of libraries. Throws QC5004
 * where there is none: recursion, or a frame without a bound.
 */
export function stackBound(
  units: readonly CompiledUnit[],
  entry: string,
  program?: ReadonlyMap<string, LibraryFrame>,
): StackBound {
  const frames = framesOf(units);
  const unknown = new Set<string>();
  const known = new Map<string, number>();
  const open = new Set<string>();
  const depthOf = (name: string): number => {
    const depth = known.get(name);
    if (depth !== undefined) return depth;
    if (open.has(name)) return fail("QC5004", `'${name}' calls itself: its stack has no bound.`, entry);
    open.add(name);
    const own = frames.get(name);
    const frame = own?.bytes === undefined ? program?.get(name) : own;
    // GCC also lists helpers that its last passes have replaced: the program has none of those.
    if (frame?.bytes === undefined && (frame || !program)) unknown.add(name);
    const below = Math.max(0, ...[...(frame?.calls ?? [])].map(depthOf));
    open.delete(name);
    const sum = (frame?.bytes ?? 0) + below;
    known.set(name, sum);
    return sum;
  };
  return { bytes: depthOf(entry), unknown: [...unknown].sort() };
}

const nodeLine = /^node: \{ title: "([^"]+)" label: "([^"]*)"/;
const edgeLine = /^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"/;

function framesOf(units: readonly CompiledUnit[]): Map<string, Frame> {
  const frames = new Map<string, Frame>();
  const frameOf = (name: string): Frame => {
    const frame = frames.get(name) ?? { calls: new Set() };
    frames.set(name, frame);
    return frame;
  };
  for (const { graph, assembly } of units) {
    const { pushed, helpers, aliases } = readAssembly(assembly);
    for (const line of graph.split("\n")) {
      const [, title, label] = nodeLine.exec(line) ?? [];
      const [, bytes, kind] = /(\d+) bytes \(([^)]+)\)/.exec(label ?? "") ?? [];
      // "dynamic,bounded" frames have their bound in the number; "dynamic" ones grow at run time.
      if (title && kind === "dynamic") fail("QC5004", `the frame of '${title}' has no bound.`);
      // Functions of one file alone are titled file:name.
      const name = title?.replace(/^.*:/, "") ?? "";
      if (title && bytes) {
        frameOf(title).bytes = Number(bytes) + (pushed.get(name) ?? 0);
        for (const helper of helpers.get(name) ?? []) frameOf(title).calls.add(helper);
      }
      const [, caller, callee] = edgeLine.exec(line) ?? [];
      // Of functions with the same code one has a frame; the others are names for it.
      const [, file = "", called = ""] = /^(.*:)?(.*)$/.exec(callee ?? "") ?? [];
      if (caller && callee) frameOf(caller).calls.add(`${file}${aliases.get(called) ?? called}`);
    }
  }
  return frames;
}

/** Where inline assembly begins and ends: GCC's marks for Arm, and for RISC-V. */
const begins = /^(@ [1-9]\d* "|#APP)/;
const ends = /^(@ 0 ""|#NO_APP)/;

interface AssemblyText {
  /** By function: the most bytes that one statement of inline assembly pushes, and the helpers of libgcc that it calls. */
  readonly pushed: ReadonlyMap<string, number>;
  readonly helpers: ReadonlyMap<string, ReadonlySet<string>>;
  /** Other names of functions. */
  readonly aliases: ReadonlyMap<string, string>;
}

function readAssembly(text: string): AssemblyText {
  const most = new Map<string, number>();
  const helpers = new Map<string, Set<string>>();
  const aliases = new Map<string, string>();
  let name = "";
  let inside = false;
  let pushed = 0;
  for (const line of text.split("\n")) {
    const [, label] = /^\s*\.type\s+([^,\s]+),\s*[%@]function/.exec(line) ?? [];
    name = label ?? name;
    const [, alias, aliased] = /^\s*\.(?:thumb_)?set\s+([^,\s]+),\s*([^,\s]+)$/.exec(line) ?? [];
    if (alias && aliased) aliases.set(alias, aliased);
    const [, helper] = /^\s*(?:bl?|call|tail)\s+(__\w+)/.exec(line) ?? [];
    if (helper) helpers.set(name, (helpers.get(name) ?? new Set()).add(helper));
    if (ends.test(line)) inside = false;
    if (begins.test(line)) [inside, pushed] = [true, 0];
    if (!inside) continue;
    // All that is pushed, whatever has been popped in between.
    pushed += stackGrowth(line) ?? 0;
    most.set(name, Math.max(most.get(name) ?? 0, pushed));
  }
  return { pushed: most, helpers, aliases };
}
