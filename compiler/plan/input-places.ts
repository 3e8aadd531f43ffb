/** Where a graph's inputs are, when they do not lie in the arena whole. */
import { fail } from "../diagnostics.js";
import type { IntegerGraph, IntegerTensor } from "../ir/integer-graph.js";
import { livesOf } from "./liveness.js";

export interface InputPlaces {
  /** Handed over row by row; the first step takes them in. */
  readonly streamed: ReadonlySet<IntegerTensor>;
  /** In memory of the caller's, where they can be read again and may not be changed. */
  readonly external: ReadonlySet<IntegerTensor>;
  /** Slices lie within their source, and what is joined within the result, wherever they can; else only aliases share bytes. */
  readonly views?: boolean;
}

/** Every input in the arena. */
export const resident: InputPlaces = { streamed: new Set(), external: new Set() };

/** How the caller gives the only input; in the arena unless one of both is said. */
export interface InputOptions {
  /** Row by row, so that it never lies in the arena whole. */
  readonly streamInput?: boolean | undefined;
  /** As a pointer to memory outside the arena: a frame buffer, or flash. */
  readonly externalInput?: boolean | undefined;
}

/** Where these options put the inputs. Throws QC6001 where the graph does not allow it. */
export function inputPlaces(graph: IntegerGraph, { streamInput, externalInput }: InputOptions): InputPlaces {
  if (!streamInput && !externalInput) return resident;
  if (streamInput && externalInput) fail("QC6001", "--stream-input and --external-input exclude each other.");
  const [input, ...others] = graph.inputs;
  const lives = livesOf(graph);
  const read = graph.nodes.some(({ inputs }) => inputs.includes(input!));
  const given = input && graph.outputs.some((output) => lives.get(output)!.tensor === input);
  if (others.length > 0 || !read || given) {
    if (streamInput) refuseStream(graph);
    fail(
      "QC6001",
      `--external-input: got ${graph.inputs.length} inputs${given ? ", one of which is an output" : ""}; expected one input that is computed with.`,
    );
  }
  const inputs = new Set(graph.inputs);
  return streamInput ? { streamed: inputs, external: new Set() } : { streamed: new Set(), external: inputs };
}

/** Throws QC6001: rows of the input cannot be taken in one by one. */
export function refuseStream({ nodes, inputs }: IntegerGraph): never {
  const first = nodes.find((node) => inputs.some((input) => node.inputs.includes(input)));
  return fail(
    "QC6001",
    `--stream-input: '${first?.name ?? inputs[0]?.name}' needs the whole input; expected one input [1, height, width, channels] whose first layers slide over its rows.`,
  );
}
