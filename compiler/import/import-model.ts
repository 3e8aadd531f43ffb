/** Which front end reads a file: told by the file's first bytes, never by its name. */
import { fail } from "../diagnostics.js";
import type { Graph } from "../ir/graph.js";
import { pinnedDims } from "./input-shape.js";
import type { ImportOptions } from "./onnx.js";
import { importModel as importOnnx } from "./read-graph.js";
import { isTflite } from "./tflite/model.js";
import { importTflite } from "./tflite/read-tflite.js";

export interface FrontEnd {
  /** The arithmetic family that a model of this format means unless the user says otherwise. */
  readonly numerics: string;
  /** Reads model bytes into a Graph. Throws a QcError that lists every unsupported operator at once. */
  read(bytes: Uint8Array, name: string, options?: ImportOptions): Graph;
}

const onnx: FrontEnd = { numerics: "exact", read: importOnnx };
const tflite: FrontEnd = {
  numerics: "tflite",
  read: (bytes, name, options) => {
    pinnedDims(options?.dims, []); // its shapes are numbers, its quantization is in its tensors
    if (options?.inputs?.size)
      fail("QC6001", "--input-type is for ONNX models; a .tflite file says what its inputs hold.");
    return importTflite(bytes, name);
  },
};

/** TensorFlow Lite files carry an identifier; ONNX files have none. */
export function frontEndFor(bytes: Uint8Array): FrontEnd {
  return isTflite(bytes) ? tflite : onnx;
}
