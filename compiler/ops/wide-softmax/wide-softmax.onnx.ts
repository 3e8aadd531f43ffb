/** ONNX LogSoftmax, and Softmax of codes of more than 8 bits. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxRule } from "../../import/rules.js";
import { classScores, onClasses } from "../softmax/softmax.onnx.js";
import type { WideSoftmaxGraphAttributes } from "./wide-softmax.types.js";

const rule =
  (attributes: WideSoftmaxGraphAttributes): OnnxRule =>
  (node, reader) => {
    const operation = { op: "wide-softmax", attributes };
    const x = classScores(node, reader);
    reader.define(node, onClasses(node, reader, x, new Attributes(node, reader), reader.opset, operation));
    return true;
  };

export const readWideSoftmax = rule({ log: false });
export const readLogSoftmax = rule({ log: true });
