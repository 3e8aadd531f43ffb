/** Positions along one axis, in any order and as often as they are listed. */
export interface GatherAttributes {
  readonly axis: number;
  readonly indices: readonly number[];
}
