/* The end of RV32 kernels' assembly: an output code, in as many instructions whether it saturates or not. */
#ifndef QC_RISCV_CODE_H
#define QC_RISCV_CODE_H

#include <stdint.h>

#include "qc_assembly.h"
#include "qc_config.h"
#include "qc_requantize.h"

/* Least and greatest high words of a sum's product whose codes are within the limits. */
typedef struct {
    int32_t least;
    int32_t greatest;
} qc_high_words;

QC_INLINE qc_high_words qc_high_words_within(int32_t lo, int32_t hi, int32_t shift)
{
    const int32_t unit = (int32_t)1 << shift;
    const qc_high_words words = {lo * unit, hi * unit + (unit - 1)};

    return words;
}

#if QC_RISCV_ASSEMBLY
/*
 * Stores the code of 256 times a sum with its addend, in register SUM, at TO. LEAST and GREATEST are the limits of high words, HI is the
 * greatest code. Saturation takes the place of the shift, or of the shift and its store, by code behind the function.
 */
#define QC_RISCV_CODE(SUM, MULTIPLIER, SHIFT, LEAST, GREATEST, HI, TO) \
    "mulh " SUM ", " SUM ", " MULTIPLIER "\n\t"                       \
    "blt " SUM ", " LEAST ", 8f\n\t"                                  \
    "blt " GREATEST ", " SUM ", 9f\n\t"                               \
    "sra " SUM ", " SUM ", " SHIFT "\n"                               \
    "7:\n\t"                                                          \
    "sb " SUM ", " TO "\n"                                            \
    "6:\n\t"                                                          \
    ".subsection 1\n"                                                 \
    "8:\n\t"                                                          \
    "sra " SUM ", " LEAST ", " SHIFT "\n\t"                           \
    "j 7b\n"                                                          \
    "9:\n\t"                                                          \
    "sb " HI ", " TO "\n\t"                                           \
    "j 6b\n\t"                                                        \
    ".previous\n\t"
#endif

#endif
