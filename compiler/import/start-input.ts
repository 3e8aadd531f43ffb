/** Graphs whose outputs depend on no input: every engine makes results from inputs, so they get one that asks for the results. */
import type { Diagnostic } from "../diagnostics.js";
import type { OnnxModel, OnnxValue } from "./onnx.js";

const int8Type = 3;

/** The model with an int8 input of one element where it has none, and a note that says so. */
export function withStartInput(model: OnnxModel): { readonly model: OnnxModel; readonly notes: Diagnostic[] } {
  if (model.inputs.length > 0) return { model, notes: [] };
  const taken = new Set([...model.initializers.keys(), ...model.nodes.flatMap(({ outputs }) => outputs)]);
  let name = "start";
  while (taken.has(name)) name += "_";
  const input: OnnxValue = { name, dataType: int8Type, dims: [1] };
  const message = `no output depends on an input; '${name}', one int8 code of any value, asks for its outputs.`;
  return { model: { ...model, inputs: [input] }, notes: [{ code: "QC2008", message }] };
}
