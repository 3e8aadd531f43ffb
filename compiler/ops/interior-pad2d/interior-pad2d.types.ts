/** Elements of one code between the pixels of an image, channels last, and behind its last ones. */
export interface InteriorPad2dGraphAttributes {
  /** Distance in the result of pixels that are neighbours in the image: height, width. */
  readonly strides: readonly [number, number];
  /** Rows below the last row of pixels, columns behind the last column. */
  readonly after: readonly [number, number];
}

export interface InteriorPad2dAttributes extends InteriorPad2dGraphAttributes {
  readonly code: number;
}
