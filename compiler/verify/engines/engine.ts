/** An engine builds generated C and runs inferences on it; every engine must return the same bytes. */
import type { Range } from "../../ir/types.js";
import type { StackBound } from "./call-graph.js";

export interface EngineRequest {
  /** The generated C project: file name to text. */
  readonly files: ReadonlyMap<string, string>;
  /** Per inference the bytes of all graph inputs, one after the other: MODEL_INPUT_BYTES; at least one inference. */
  readonly inputs: readonly Uint8Array[];
  /** MODEL_OUTPUT_BYTES: the bytes of all graph outputs, which are returned one after the other. */
  readonly outputBytes: number;
  /** An existing directory for this run alone; the engine leaves its files there. */
  readonly workDir: string;
  /** Also returns what each layer computed; the model is then not measured. */
  readonly trace?: boolean;
  /** Also measures each layer; its marks may cost an instruction or two in all. */
  readonly profile?: boolean;
}

/** What one layer cost. */
export interface LayerCount {
  /** The tensor it computed. */
  readonly tensor: number;
  readonly instructions: number;
  /** As EngineResult's estimatedCycles; 0 for cores without one. */
  readonly cycles: number;
}

/** The bytes of one tensor right after it was computed. */
export interface TraceRecord {
  readonly tensor: number;
  readonly bytes: Uint8Array;
}

export interface EngineResult {
  /** The bytes of all graph outputs, per inference. */
  readonly outputs: readonly Uint8Array[];
  /** Instructions of one inference: the median over the inputs. Null where nothing counts them. */
  readonly instructions: number | null;
  /** Fewest and most instructions over the inputs: equal unless the data steer branches. */
  readonly instructionRange: Range | null;
  /** Simulated clock cycles of one inference and between inferences that follow each other; circuits only. */
  readonly cycles?: { readonly latency: number; readonly interval: number } | null;
  /**
   * Cycles of one inference on a Cortex-M4 whose memory never waits, the median over the inputs, by the rules of
   * runtime-c/emulation/count.c; null for other cores.
   */
  readonly estimatedCycles?: number | null;
  /** With `profile`: every layer that runs code, in order of execution. */
  readonly layers?: readonly LayerCount[];
  /** Bytes of stack below the call of model_run: the deepest over the inputs. */
  readonly stackBytes: number | null;
  /** The same from the compiler's frames along the call graph, for every input. */
  readonly stackBound: StackBound | null;
  /** Bytes of linked instructions: the model's objects and the library functions they call, literal pools included. */
  readonly codeBytes: number | null;
  /** Bytes of linked constants: weights, biases and every other constant of the model's objects. */
  readonly weightBytes: number | null;
  /** With `trace`: the records of each inference, in order of execution. */
  readonly trace?: readonly (readonly TraceRecord[])[];
}

/** The figures of an engine that measures nothing. */
export const unmeasured = {
  instructions: null,
  instructionRange: null,
  stackBytes: null,
  stackBound: null,
  codeBytes: null,
  weightBytes: null,
} as const;

/** Whether an engine can run here; if not, why, and the command that installs what is missing. */
export type Availability =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly install: string };

export interface Engine {
  /** Shown in reports, such as `host-c` or `qemu:cortex-m4`. */
  readonly name: string;
  available(): Promise<Availability>;
  /** Builds and runs. Throws QC5001 when a tool is missing, QC5002 when one fails, QC5004 when the program goes wrong. */
  run(request: EngineRequest): Promise<EngineResult>;
}
