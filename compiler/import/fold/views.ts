/** Folds that keep the elements and their order and give them another shape. */
import { elementCount, type Shape } from "../../ir/types.js";
import type { Fold, Operands } from "./operands.js";

/** The first input under another shape; `target` gets its shape. */
function view(operands: Operands, target: (shape: Shape) => Shape): ReturnType<Fold> {
  const { dataType, dims, values } = operands.input(0);
  const shape = target(dims);
  if (operands.shape(shape) !== values.length) operands.wrong(`[${dims}] cannot become [${shape}]`);
  return [{ dataType, dims: shape, values }];
}

const reshape: Fold = (operands) => {
  const given = operands.list(1) ?? operands.wrong("the shape is missing");
  const allowZero = operands.attributes.integer("allowzero", 0) !== 0;
  operands.attributes.done();
  if (given.filter((dim) => dim === -1).length > 1 || (allowZero && given.includes(-1) && given.includes(0)))
    operands.wrong(`the target [${given}] leaves more than one length open`);
  return view(operands, (shape) => {
    const dims = given.map((dim, axis) =>
      dim === 0 && !allowZero
        ? (shape[axis] ?? operands.wrong(`the target [${given}] copies axis ${axis} of [${shape}]`))
        : dim,
    );
    const known = elementCount(dims.filter((dim) => dim !== -1));
    return dims.map((dim) => (dim === -1 ? elementCount(shape) / known : dim));
  });
};

const flatten: Fold = (operands) => {
  const axis = operands.attributes.integer("axis", 1);
  operands.attributes.done();
  return view(operands, (shape) => {
    const own = axis === shape.length ? axis : operands.axis(axis, shape);
    return [elementCount(shape.slice(0, own)), elementCount(shape.slice(own))];
  });
};

const squeeze: Fold = (operands) => {
  const given = operands.list(1, "axes");
  operands.attributes.done();
  return view(operands, (shape) => {
    const dropped = given && operands.axes(given, shape.length);
    return shape.filter((dim, axis) => (dropped ? !dropped.has(axis) : dim !== 1));
  });
};

const unsqueeze: Fold = (operands) => {
  const given = operands.list(1, "axes") ?? operands.wrong("the axes are missing");
  operands.attributes.done();
  return view(operands, (shape) => {
    const rank = shape.length + given.length;
    const added = operands.axes(given, rank);
    const rest = [...shape];
    return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.shift()!));
  });
};

export const folds: Readonly<Record<string, Fold>> = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
};
