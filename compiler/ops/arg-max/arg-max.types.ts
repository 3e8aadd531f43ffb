/** The position of the largest (or least) code along the last axis: index codes, whose values are the positions. */
export interface ArgMaxAttributes {
  /** Set where the least code is wanted instead of the largest. */
  readonly least?: boolean;
  /** Of several equal codes, whether the last one counts instead of the first. */
  readonly last: boolean;
}
