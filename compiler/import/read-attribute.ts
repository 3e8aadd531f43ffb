/** AttributeProto to plain values. */
import type { onnx as Proto } from "onnx-proto";
import { saturated } from "./element-formats.js";
import type { ExternalData } from "./external-data.js";
import type { OnnxAttribute } from "./onnx.js";
import { decodeTensor } from "./tensor-data.js";

/** An attribute whose value no operation here reads, such as a subgraph: asking for it refuses the node, naming this type. */
export class UnreadAttribute {
  constructor(readonly type: string) {}
}

type Field = Exclude<keyof Proto.IAttributeProto, "name" | "refAttrName" | "docString" | "type">;

/** The field that holds the value, by AttributeProto.type. */
const fields: ReadonlyMap<number, Field> = new Map([
  [1, "f"],
  [2, "i"],
  [3, "s"],
  [4, "t"],
  [5, "g"],
  [6, "floats"],
  [7, "ints"],
  [8, "strings"],
  [9, "tensors"],
  [10, "graphs"],
  [11, "sparseTensor"],
  [12, "sparseTensors"],
  [13, "tp"],
  [14, "typeProtos"],
]);

/** The value of an attribute; exporters before IR version 3 wrote no type, so then the field that is present tells it. */
export function readAttribute(attribute: Proto.IAttributeProto, external: ExternalData): OnnxAttribute {
  if (attribute.refAttrName) return new UnreadAttribute("reference to a function's attribute");
  const present = [...fields.values()].filter((each) => isPresent(attribute, each));
  const type = Number(attribute.type ?? 0);
  const field = type === 0 && present.length === 1 ? present[0] : fields.get(type);
  switch (field) {
    case "f":
      return Number(attribute.f);
    case "i":
      return saturated(attribute.i ?? 0);
    case "s":
      return Buffer.from(attribute.s ?? []).toString("utf8");
    case "t":
      return attribute.t ? decodeTensor(attribute.t, external) : new UnreadAttribute("missing tensor");
    case "floats":
      return attribute.floats ?? [];
    case "ints":
      return (attribute.ints ?? []).map(saturated);
    default:
      return new UnreadAttribute(field ?? `type ${type}`);
  }
}

/** Decoded messages carry a scalar or message as their own property only when the file holds it. */
function isPresent(attribute: Proto.IAttributeProto, field: Field): boolean {
  const value = attribute[field];
  return Array.isArray(value) ? value.length > 0 : Object.hasOwn(attribute, field) && value !== null;
}
