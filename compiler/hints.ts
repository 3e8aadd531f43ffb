/** What to change in the model, or on the command line, for each diagnostic: the nearest thing that works. */
import type { Diagnostic, DiagnosticCode } from "./diagnostics.js";

const hints: Readonly<Record<DiagnosticCode, string>> = {
  QC1001: "give a .onnx or .tflite file; export it again if it was cut short",
  QC1002: "export the model again with dense constants that hold as many values as their shapes say",
  QC1003: "run onnx.checker on the model and export it again",
  QC1004: "export with fixed dimensions, or give symbolic ones with --dim name=size",
  QC1005: "keep the data file beside the model, or save the model with its data inside",
  QC1006: "export with opset 13 or newer, at most 25",
  QC2001:
    "express it with the operators of docs/operators.md (an activation: HardSigmoid + Mul), or leave it to the host in front of or behind the model",
  QC2002: "change the attribute or input as the reason says",
  QC2003:
    "quantize with QuantizeLinear/DequantizeLinear around every operation; for a float input that holds codes give --input-type",
  QC2004: "use positive scales and integer zero points: one of each per activation, one per output channel of weights",
  QC2005: "correct the shapes; onnx.shape_inference shows where they part",
  QC2006: "put QuantizeLinear before the graph output",
  QC2007: "export the input as int32, or give its codes with --input-type",
  QC2008: "nothing needs to change; a constant is better known to the caller at compile time",
  QC3001: "use fewer bits for the weights or the input, or split the sum into layers of fewer taps",
  QC3002: "choose other scales for this operation, such as powers of two, or another --numerics",
  QC3003: "nothing needs to change; --numerics exact computes the same without this note",
  QC3004: "report this with the model: it is a defect of qcompile",
  QC4001: "choose a name that `qcompile targets` lists",
  QC4002: "choose a target with more memory, or make the largest layers smaller",
  QC4003: "correct these fields of the target's description",
  QC5001: "install the tool, or choose a target that does without it",
  QC5002: "run the tool's command by hand to see its whole output",
  QC5004: "report this with the model: generated code and circuits end, inside their memory",
  QC6001: "see --help of the command",
  QC6002: "check the path and its permissions",
  QC6003: "give as many values of the type as the model's input takes",
};

/** The hint of a diagnostic: its own, else that of its code. */
export function hintOf({ code, hint }: Diagnostic): string {
  return hint ?? hints[code];
}
