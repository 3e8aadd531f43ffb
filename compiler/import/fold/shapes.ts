/** Folds that make constants out of attributes and shapes. */
import { elementCount, type Shape } from "../../ir/types.js";
import type { Attributes } from "../attributes.js";
import { floatType, int64Type } from "../tensor-data.js";
import type { Fold, Folded, Operands } from "./operands.js";

const list = (dataType: number, values: readonly number[]): Folded => ({ dataType, dims: [values.length], values });
const scalar = (dataType: number, value: number): Folded => ({ dataType, dims: [], values: [value] });

/** The forms of ONNX Constant, one attribute each. */
const forms = new Map<string, (attributes: Attributes, name: string) => Folded | undefined>([
  ["value", (attributes, name) => attributes.tensor(name)],
  ["value_int", (attributes, name) => scalar(int64Type, attributes.integer(name, 0))],
  ["value_ints", (attributes, name) => list(int64Type, attributes.integers(name, []))],
  ["value_float", (attributes, name) => scalar(floatType, attributes.float(name, 0))],
  ["value_floats", (attributes, name) => list(floatType, attributes.floats(name, []))],
]);

const constant: Fold = (operands) => {
  const names = [...operands.node.attributes.keys()];
  const result = names.length === 1 ? forms.get(names[0]!)?.(operands.attributes, names[0]!) : undefined;
  return result
    ? [result]
    : operands.wrong(`got attributes [${names}]; expected one of ${[...forms.keys()].join(", ")}`);
};

const constantOfShape: Fold = (operands) => {
  const dims = operands.list(0) ?? operands.wrong("the shape is missing");
  const value = operands.attributes.tensor("value") ?? { dataType: floatType, values: [0] };
  operands.attributes.done();
  if (value.values.length !== 1) operands.wrong(`got ${value.values.length} values; expected one`);
  const values = new Float64Array(operands.count(dims)).fill(value.values[0]!);
  return [{ dataType: value.dataType, dims, values }];
};

/** ONNX Range: ceil((limit - start) / delta) elements, at least none. */
const range: Fold = (operands) => {
  const start = operands.input(0);
  const [first, limit, delta] = [0, 1, 2].map(
    (index) => operands.scalar(index) ?? operands.wrong("an input is missing"),
  );
  operands.attributes.done();
  operands.type(start.dataType, "float", "integer");
  if (!(delta! < 0 || delta! > 0)) operands.wrong(`the step is ${delta}`);
  const count = Math.max(0, Math.ceil((limit! - first!) / delta!));
  return [operands.build(start.dataType, [count], (k) => first! + k * delta!)];
};

/** ONNX Shape with its bounds of operator set 15, and Size: what they say of an input of this shape. */
export const shapeFolds: Readonly<Record<string, (operands: Operands, shape: Shape) => Folded>> = {
  Shape: ({ attributes }, shape) => {
    const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + shape.length : at, 0), shape.length);
    const [start, end] = [attributes.integer("start", 0), attributes.integer("end", shape.length)].map(clamp);
    attributes.done();
    return list(int64Type, shape.slice(start, end));
  },
  Size: ({ attributes }, shape) => {
    attributes.done();
    return scalar(int64Type, elementCount(shape));
  },
};

export const folds: Readonly<Record<string, Fold>> = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
};
