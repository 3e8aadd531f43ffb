/*
 * Softmax over rows of 8-bit codes. exponentials[d], d = row maximum - code, has 256 entries.
 */
#ifndef QC_SOFTMAX_H
#define QC_SOFTMAX_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_requantize.h"
#include "qc_scalar.h"

/* The largest code of a row. */
QC_INLINE int32_t qc_row_maximum(const uint8_t *x, int32_t classes, int x_signed)
{
    int32_t largest = qc_code(x[0], x_signed);
    int32_t i;

    for (i = 1; i < classes; i++) {
        const int32_t code = qc_code(x[i], x_signed);

        largest = qc_larger(largest, code);
    }
    return largest;
}

/* qc_quotient_half_even without a branch, so that every quotient takes as many instructions. */
QC_INLINE int32_t qc_quotient_masked(int64_t n, int64_t d)
{
    int64_t divisor = d * 256;
    int32_t quotient = 0;
    int32_t weight;

    for (weight = 256; weight > 0; weight >>= 1) {
        const int64_t mask = ~((n - divisor) >> 63);

        n -= divisor & mask;
        quotient |= weight & (int32_t)mask;
        divisor >>= 1;
    }
    /* As qc_round_quotient, by the sign of a difference. */
    return quotient + (int32_t)((uint64_t)(d - 2 * n - (quotient & 1)) >> 63);
}

/* E * levels / (sum << levels_shift), rounded half to even, plus the zero point, saturated. y may be x. */
QC_INLINE void qc_softmax_even(const uint8_t *x, uint8_t *y, int32_t rows, int32_t classes, int x_signed,
                               const uint32_t *exponentials, int32_t levels, int32_t levels_shift, int32_t zero_point, int32_t lo,
                               int32_t hi)
{
    int32_t i;

    for (; rows > 0; rows--, x += classes, y += classes) {
        const int32_t largest = qc_row_maximum(x, classes, x_signed);
        int64_t sum = 0;

        for (i = 0; i < classes; i++) {
            sum += exponentials[largest - qc_code(x[i], x_signed)];
        }
        for (i = 0; i < classes; i++) {
            const int64_t scaled = qc_long_product((int32_t)exponentials[largest - qc_code(x[i], x_signed)], levels);

            y[i] = (uint8_t)qc_saturate(qc_quotient_masked(scaled, sum << levels_shift) + zero_point, lo, hi);
        }
    }
}

/* TensorFlow Lite's: exponentials in Q0.31 summed in Q12.19, one reciprocal per row. y may be x. */
QC_INLINE void qc_softmax_doubly_rounded(const uint8_t *x, uint8_t *y, int32_t rows, int32_t classes, int x_signed,
                                         const uint32_t *exponentials, int32_t zero_point, int32_t lo, int32_t hi)
{
    int32_t i;

    for (; rows > 0; rows--, x += classes, y += classes) {
        const int32_t largest = qc_row_maximum(x, classes, x_signed);
        uint32_t sum = 0;
        int32_t reciprocal;
        int32_t shift;

        for (i = 0; i < classes; i++) {
            sum += (uint32_t)qc_rounding_divide_by_pot((int32_t)exponentials[largest - qc_code(x[i], x_signed)], 12);
        }
        reciprocal = qc_softmax_reciprocal(sum);
        shift = qc_softmax_shift(qc_count_leading_zeros(sum));
        for (i = 0; i < classes; i++) {
            const int32_t exponential = (int32_t)exponentials[largest - qc_code(x[i], x_signed)];

            y[i] = (uint8_t)qc_saturate(qc_softmax_tflite(exponential, reciprocal, shift) + zero_point, lo, hi);
        }
    }
}

#endif
