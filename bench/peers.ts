/**
 * What peers need for the MLPerf Tiny reference models: TensorFlow Lite Micro 90b983c2 with CMSIS-NN 4ab83cc3 (Arm) and with
 * muRISCV-NN 4eb6a1f (RISC-V), gcc 12.2 -O3, counted under QEMU 7.2 with the same plugin. `code` is all flash but the model.
 *
 * Cortex-M0+, for which CMSIS-NN has no kernels of its own: TensorFlow Lite Micro's reference kernels (ConvPerChannel of its revision
 * 68f55457, DepthwiseConvPerChannel 58e6f4de, FullyConnected cb60aa9c, Add 02a2683d, AveragePool d138bfcf, common.cc 2e509434;
 * gemmlowp 032a5999), called layer by layer with the models' own parameters, every layer's bytes equal to this project's `tflite`
 * numerics. Neither the interpreter around them nor Softmax is counted, and of two builds each model has the faster one: -O3
 * (AD 3,375,022, IC 205,353,408, KWS 71,461,397, VWW 180,739,755) and TFLM's own flags, -O2 for kernels and -Os for the rest
 * (AD 3,406,830, IC 167,995,955, KWS 73,898,844, VWW 170,567,395); with -Os alone they are AD 4,475,052, IC 710,737,160,
 * KWS 177,977,472, VWW 491,977,664. The same calls built for a Cortex-M4 take what all of TensorFlow Lite Micro with these kernels
 * does, within 0.3 % (AD, and every model with -Os) and 3 % (-O3).
 */
export interface PeerFigures {
  readonly instructions: number;
  /** Undefined where kernels alone were measured. */
  readonly arena?: number;
  readonly code?: number;
}

type Models = Readonly<Record<"AD" | "IC" | "KWS" | "VWW", PeerFigures>>;

export const peers: Readonly<Record<string, Models>> = {
  "cortex-m0plus": {
    AD: { instructions: 3_375_022 },
    IC: { instructions: 167_995_955 },
    KWS: { instructions: 71_461_397 },
    VWW: { instructions: 170_567_395 },
  },
  "cortex-m4": {
    AD: { instructions: 582_317, arena: 2_580, code: 35_990 },
    IC: { instructions: 29_874_412, arena: 54_996, code: 90_426 },
    KWS: { instructions: 7_844_787, arena: 22_820, code: 91_662 },
    VWW: { instructions: 24_720_344, arena: 100_708, code: 91_662 },
  },
  "cortex-m7": {
    AD: { instructions: 582_623, arena: 2_580, code: 33_652 },
    IC: { instructions: 29_938_371, arena: 54_996, code: 88_068 },
    KWS: { instructions: 7_760_737, arena: 22_820, code: 89_948 },
    VWW: { instructions: 24_483_818, arena: 100_708, code: 89_948 },
  },
  "cortex-m33": {
    AD: { instructions: 582_533, arena: 2_580, code: 36_340 },
    IC: { instructions: 29_931_628, arena: 54_996, code: 90_984 },
    KWS: { instructions: 7_800_599, arena: 22_820, code: 92_252 },
    VWW: { instructions: 24_542_030, arena: 100_708, code: 92_252 },
  },
  "cortex-m55": {
    AD: { instructions: 149_964, arena: 9_268, code: 29_676 },
    IC: { instructions: 4_811_079, arena: 55_028, code: 83_268 },
    KWS: { instructions: 1_784_779, arena: 27_348, code: 83_188 },
    VWW: { instructions: 6_433_517, arena: 100_772, code: 83_188 },
  },
  rv32imc: {
    AD: { instructions: 1_341_607, arena: 2_684, code: 43_748 },
    IC: { instructions: 54_718_180, arena: 55_020, code: 95_064 },
    KWS: { instructions: 14_920_971, arena: 22_828, code: 94_812 },
    VWW: { instructions: 44_756_621, arena: 100_716, code: 94_812 },
  },
};
