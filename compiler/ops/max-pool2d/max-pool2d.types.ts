/** Max pooling on codes, channels last; padded taps are ignored. */
import type { Window } from "../conv2d/conv2d.types.js";

export interface MaxPool2dAttributes extends Window {
  /** Set where the least code of the window is wanted instead of the largest. */
  readonly least?: boolean;
}
