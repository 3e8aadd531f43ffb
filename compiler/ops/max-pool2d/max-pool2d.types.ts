/** Max pooling on codes, channels last; padded taps are ignored. */
import type { Window } from "../conv2d/conv2d.types.js";

export type MaxPool2dAttributes = Window;
