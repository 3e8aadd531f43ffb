/** How each kind of target wants its staircases computed. */
import type { RealiseOptions } from "../compiler/arith/realise.js";

/**
 * Cores: a shift of at least 32, so that only the high word of the 64-bit product is shifted (SMLAL and one shift on
 * Armv7E-M). Circuits: the narrowest multipliers, because width is area.
 */
export const coreRealisation: RealiseOptions = { minShift: 32, maxShift: 40 };
export const circuitRealisation: RealiseOptions = { minShift: 0, maxShift: 62, narrow: true };
