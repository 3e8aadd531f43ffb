/** Folds between element types. */
import { elementTypeName } from "../tensor-data.js";
import type { Fold, Folded, Operands } from "./operands.js";

/** Numbers outside the target are refused: the standard leaves what they become to the implementation. */
function cast(operands: Operands, to: number): readonly Folded[] {
  const { dataType } = operands.input(0);
  // The open ends of slices are no exact numbers, yet they may keep their type.
  if (to === dataType) return [operands.input(0)];
  const { dims, values } = operands.numbers(0);
  const { kind, range } = operands.type(to);
  const element = (k: number): number => {
    if (kind !== "integer") return values[k]!;
    const whole = Math.trunc(values[k]!);
    return whole >= range.lo && whole <= range.hi
      ? whole
      : operands.wrong(`${values[k]} does not fit ${elementTypeName[to]}`);
  };
  return [operands.build(to, dims, element)];
}

export const folds: Readonly<Record<string, Fold>> = {
  Cast: (operands) => {
    const to = operands.attributes.integer("to", 0);
    // Concerns float8 alone, which no fold computes with.
    operands.attributes.integer("saturate", 1);
    operands.attributes.done();
    return cast(operands, to);
  },
  CastLike: (operands) => {
    operands.attributes.integer("saturate", 1);
    operands.attributes.done();
    return cast(operands, operands.input(1).dataType);
  },
};
