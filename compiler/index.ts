/** Public interface of qcompile as a library. */
export { type Compilation, type CompileOptions, compile } from "./compile.js";
export { type Diagnostic, type DiagnosticCode, exitCode, formatDiagnostic, QcError } from "./diagnostics.js";
export { interpret, outputsOf } from "./interpreter/interpreter.js";
export type { Graph, IntegerGraph, IntegerNode, IntegerTensor } from "./ir/index.js";
export type { Plan } from "./plan/plan.js";
