/** Axis numbers as ONNX writes them. */

/** The axis counted from the front, from the end where negative; undefined when `rank` axes have none such. */
export function axisOf(axis: number, rank: number): number | undefined {
  const own = axis < 0 ? axis + rank : axis;
  return Number.isInteger(own) && own >= 0 && own < rank ? own : undefined;
}
