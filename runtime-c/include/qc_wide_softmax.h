/*
 * Softmax of codes of any width, and LogSoftmax, over rows. exp(-d) in 2^-30, d = row maximum - code, is
 * coarse[d >> fine_bits] * fine[d mod 2^fine_bits] / 2^30, rounded, and 0 for d >= limit. At most 4096 classes.
 */
#ifndef QC_WIDE_SOFTMAX_H
#define QC_WIDE_SOFTMAX_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_element.h"
#include "qc_dsp.h"
#include "qc_scalar.h"

/* Row maximum less a code, whatever int32 codes they are. */
QC_INLINE uint32_t qc_softmax_difference(int32_t largest, const uint8_t *x, int32_t index, int kind)
{
    return (uint32_t)largest - (uint32_t)qc_load(x, index, kind);
}

QC_INLINE uint32_t qc_wide_exponential(uint32_t difference, const uint32_t *fine, const uint32_t *coarse, int fine_bits,
                                       uint32_t limit)
{
    const uint32_t mask = (uint32_t)0 - (uint32_t)(difference < limit);
    const uint32_t inside = difference & mask;
    const uint64_t product = (uint64_t)coarse[inside >> fine_bits] * fine[inside & ((UINT32_C(1) << fine_bits) - 1)];

    return (uint32_t)((product + (UINT32_C(1) << 29)) >> 30) & mask;
}

QC_INLINE int32_t qc_wide_row_maximum(const uint8_t *x, int32_t from, int32_t classes, int kind)
{
    int32_t largest = qc_load(x, from, kind);
    int32_t i;

    for (i = 1; i < classes; i++) {
        const int32_t code = qc_load(x, from + i, kind);

        largest = qc_larger(largest, code);
    }
    return largest;
}

QC_INLINE uint64_t qc_wide_exponential_sum(const uint8_t *x, int32_t from, int32_t classes, int kind, int32_t largest,
                                           const uint32_t *fine, const uint32_t *coarse, int fine_bits, uint32_t limit)
{
    uint64_t sum = 0;
    int32_t i;

    for (i = 0; i < classes; i++) {
        sum += qc_wide_exponential(qc_softmax_difference(largest, x, from + i, kind), fine, coarse, fine_bits, limit);
    }
    return sum;
}

/* n / d rounded half to even, for a quotient of at most 2^16 and d below 2^62: one bit after the other, without a branch. */
QC_INLINE int32_t qc_wide_quotient(uint64_t n, uint64_t d)
{
    uint64_t remainder = n >> 17;
    uint32_t quotient = 0;
    int bit;

    for (bit = 16; bit >= 0; bit--) {
        uint64_t taken;

        remainder = (remainder << 1) | ((n >> bit) & 1);
        taken = (uint64_t)0 - (uint64_t)(remainder >= d);
        remainder -= d & taken;
        quotient = (quotient << 1) | (uint32_t)(taken & 1);
    }
    return (int32_t)(quotient + (uint32_t)(2 * remainder + (quotient & 1) > d));
}

/* E * levels / (sum << levels_shift), rounded half to even, plus the zero point, saturated. */
QC_INLINE void qc_wide_softmax(const uint8_t *x, uint8_t *y, int32_t rows, int32_t classes, int x_kind, int y_kind,
                               const uint32_t *fine, const uint32_t *coarse, int fine_bits, uint32_t limit, int64_t levels,
                               int levels_shift, int32_t zero_point, int32_t lo, int32_t hi)
{
    int32_t from;
    int32_t i;

    for (from = 0; rows > 0; rows--, from += classes) {
        const int32_t largest = qc_wide_row_maximum(x, from, classes, x_kind);
        const uint64_t sum =
            qc_wide_exponential_sum(x, from, classes, x_kind, largest, fine, coarse, fine_bits, limit) << levels_shift;

        for (i = from; i < from + classes; i++) {
            const uint32_t difference = qc_softmax_difference(largest, x, i, x_kind);
            const uint64_t term = qc_wide_exponential(difference, fine, coarse, fine_bits, limit);

            qc_store(y, i, y_kind, qc_saturate(qc_wide_quotient(term * (uint64_t)levels, sum) + zero_point, lo, hi));
        }
    }
}

/* log2(sum / 2^30) with 26 fraction bits, for sums from 2^30 to 2^43: one bit per squaring. */
QC_INLINE int64_t qc_wide_logarithm(uint64_t sum)
{
    int64_t logarithm = 0;
    uint64_t mantissa;
    int i;

    for (i = 1; i <= 13; i++) {
        logarithm += sum >> (30 + i) != 0;
    }
    mantissa = (sum << 1) >> logarithm;
    for (i = 0; i < 26; i++) {
        const uint64_t square = (mantissa * mantissa) >> 31;
        const uint64_t bit = square >> 32;

        mantissa = square >> bit;
        logarithm = 2 * logarithm + (int64_t)bit;
    }
    return logarithm;
}

/* (2^(shift-1) - difference * min(d, most) - logarithm * log2(sum)) / 2^shift, plus the zero point, saturated. */
QC_INLINE void qc_log_softmax(const uint8_t *x, uint8_t *y, int32_t rows, int32_t classes, int x_kind, int y_kind,
                              const uint32_t *fine, const uint32_t *coarse, int fine_bits, uint32_t limit, int64_t difference,
                              int64_t logarithm, int shift, uint32_t most, int32_t zero_point, int32_t lo, int32_t hi)
{
    int32_t from;
    int32_t i;

    for (from = 0; rows > 0; rows--, from += classes) {
        const int32_t largest = qc_wide_row_maximum(x, from, classes, x_kind);
        const uint64_t sum = qc_wide_exponential_sum(x, from, classes, x_kind, largest, fine, coarse, fine_bits, limit);
        const int64_t own = (INT64_C(1) << (shift - 1)) - logarithm * qc_wide_logarithm(sum);

        for (i = from; i < from + classes; i++) {
            const uint32_t d = qc_softmax_difference(largest, x, i, x_kind);
            const int64_t step = (own - difference * (int64_t)(d < most ? d : most)) >> shift;

            qc_store(y, i, y_kind, qc_saturate((int32_t)step + zero_point, lo, hi));
        }
    }
}

#endif
