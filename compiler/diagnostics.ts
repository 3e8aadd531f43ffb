/**
 * Every message qcompile can raise, with its code. Codes are stable:
 * QC1xxx reading the model, QC2xxx graph meaning and support, QC3xxx arithmetic, QC4xxx memory and targets,
 * QC5xxx tools and verification, QC6xxx command line and files.
 */

/** Process exit codes, part of the interface. */
export const exitCode = { ok: 0, mismatch: 1, usage: 2, unsupported: 3, doesNotFit: 4, internal: 70 } as const;

const catalogue = {
  QC1001: { title: "not a readable model", exit: exitCode.unsupported },
  QC1002: { title: "tensor data does not match its shape or type", exit: exitCode.unsupported },
  QC1003: { title: "malformed graph", exit: exitCode.unsupported },
  QC1004: { title: "dynamic or invalid dimension", exit: exitCode.unsupported },
  QC1005: { title: "external data cannot be read", exit: exitCode.unsupported },
  QC1006: { title: "unsupported version of ONNX", exit: exitCode.unsupported },
  QC2001: { title: "unsupported operator", exit: exitCode.unsupported },
  QC2002: { title: "unsupported attribute or input", exit: exitCode.unsupported },
  QC2003: { title: "float computation is not enclosed by quantization", exit: exitCode.unsupported },
  QC2004: { title: "invalid quantization parameters", exit: exitCode.unsupported },
  QC2005: { title: "shapes do not agree", exit: exitCode.unsupported },
  QC2006: { title: "float graph output", exit: exitCode.unsupported },
  QC2007: { title: "64-bit graph input", exit: exitCode.unsupported },
  QC2008: { title: "graph without inputs", exit: exitCode.unsupported },
  QC3001: { title: "accumulator may leave 32 bits", exit: exitCode.unsupported },
  QC3002: { title: "no certified implementation", exit: exitCode.unsupported },
  QC3003: { title: "arithmetic family has no such definition; exact is used", exit: exitCode.unsupported },
  QC3004: { title: "integer graph is not well formed", exit: exitCode.internal },
  QC4001: { title: "unknown target", exit: exitCode.usage },
  QC4002: { title: "does not fit", exit: exitCode.doesNotFit },
  QC4003: { title: "invalid target description", exit: exitCode.usage },
  QC5001: { title: "a tool is missing", exit: exitCode.usage },
  QC5002: { title: "a tool failed", exit: exitCode.internal },
  QC5004: { title: "the generated program went wrong", exit: exitCode.mismatch },
  QC6001: { title: "wrong usage", exit: exitCode.usage },
  QC6002: { title: "cannot read or write a file", exit: exitCode.usage },
  QC6003: { title: "input data does not match the model", exit: exitCode.usage },
} as const;

export type DiagnosticCode = keyof typeof catalogue;

export interface Diagnostic {
  readonly code: DiagnosticCode;
  /** Name of the node or tensor concerned. */
  readonly where?: string | undefined;
  readonly message: string;
  /** What to change, where there is better advice than that of the code (hints.ts). */
  readonly hint?: string | undefined;
}

/** An error the user can act on; carries one or more diagnostics and the exit code of the first. */
export class QcError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join("\n"));
    this.name = "QcError";
    this.diagnostics = diagnostics;
  }

  get exitCode(): number {
    const first = this.diagnostics[0];
    return first ? catalogue[first.code].exit : exitCode.internal;
  }
}

/** What a code stands for, in a few words. */
export function titleOf(code: DiagnosticCode): string {
  return catalogue[code].title;
}

/** `QC2001 Conv 'conv_3': unsupported operator: ...`, one line. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const where = diagnostic.where === undefined ? "" : ` '${diagnostic.where.replace(/\p{Cc}/gu, "?")}'`;
  return `${diagnostic.code}${where} ${catalogue[diagnostic.code].title}: ${diagnostic.message}`;
}

/** Throws one diagnostic. The message says got, expected and what to do. */
export function fail(code: DiagnosticCode, message: string, where?: string): never {
  throw new QcError([{ code, message, where }]);
}
