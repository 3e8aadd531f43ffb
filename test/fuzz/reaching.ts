/**
 * For each kernel that is made for a core, a seed whose graph of layers alone (`layersOf`) reaches it; `kernelsOf` says what a graph reaches.
 * Other steps of the generator do not change these graphs.
 */
export const reaching: Readonly<Record<string, number>> = {
  "cortex-m4 conv2d_blocks_1x1": 66,
  "cortex-m4 conv2d_blocks_1x1_1": 79,
  "cortex-m4 conv2d_blocks_1x1_2": 26,
  "cortex-m4 conv2d_blocks_3x3": 9,
  "cortex-m4 conv2d_blocks_10x4": 26,
  "cortex-m4 conv2d_winograd": 136,
  "cortex-m4 conv2d_sign": 17,
  "cortex-m4 depthwise_rows_1": 9,
  "cortex-m4 depthwise_rows_2": 34,
  "cortex-m4 depthwise_rows_1_turned": 31,
  "cortex-m4 depthwise_line_1": 67,
  "cortex-m4 depthwise_line_2": 26,
  "cortex-m55 conv2d_mve": 6,
  "cortex-m55 depthwise_conv2d_3x3_1_mve": 51,
  "cortex-m55 depthwise_conv2d_3x3_2_mve": 133,
  "rv32imc conv2d_high_word": 2,
  "rv32imc depthwise_rolling_1_high_word": 2,
  "rv32imc depthwise_rolling_2_high_word": 27,
  "cortex-m0plus conv2d_high_word": 8,
  "cortex-m0plus depthwise_rolling_1_high_word": 8,
  "cortex-m0plus depthwise_rolling_2_high_word": 38,
  "cortex-m0plus depthwise_conv2d_5x5_high_word": 24,
  "cortex-m4 depthwise_conv2d_7x7_plain": 31,
  "host conv2d_plain": 12,
  "host depthwise_conv2d_3x3_plain": 12,
};
