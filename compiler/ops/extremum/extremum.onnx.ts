/** ONNX Max and Min of two operands, or more. */
import { Attributes } from "../../import/attributes.js";
import type { OnnxRule } from "../../import/rules.js";
import { bothQuantized, pendingPair, twoOperands } from "../two-operands.onnx.js";
import { readExtremum } from "../variadic.onnx.js";
import type { ExtremumGraphAttributes } from "./extremum.types.js";

const rule = (kind: "max" | "min"): OnnxRule => {
  const readMany = readExtremum(kind);
  return (node, reader) => {
    if (node.inputs.length > 2) return readMany(node, reader);
    if (!bothQuantized(node, reader)) return false; // functions of one tensor: table
    new Attributes(node, reader).done();
    const operands = twoOperands(node, reader, reader.quantized(node, 0), reader.quantized(node, 1));
    reader.define(node, pendingPair(node, "extremum", operands, { kind } satisfies ExtremumGraphAttributes));
    return true;
  };
};

export const readMax = rule("max");
export const readMin = rule("min");
