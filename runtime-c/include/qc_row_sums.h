/* Averages over a whole image whose rows come one after the other: sums per channel, and a staircase of each at the end. */
#ifndef QC_ROW_SUMS_H
#define QC_ROW_SUMS_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_element.h"
#include "qc_requantize.h"

/* Adds the codes of a row of `width` pixels to the sums of their channels, which begin at 0 where `first`. */
QC_INLINE void qc_add_row(const uint8_t *x, int32_t width, int32_t channels, int32_t *sums, int first, int kind)
{
    int32_t channel;
    int32_t left;

    for (channel = 0; channel < channels; channel++) {
        const uint8_t *code = x + channel * qc_element_bytes(kind);
        int32_t sum = first ? 0 : sums[channel];

        for (left = width; left > 0; left--) {
            sum += qc_load(code, 0, kind);
            code += channels * qc_element_bytes(kind);
        }
        sums[channel] = sum;
    }
}

/* One result per sum, all by one record. */
QC_INLINE void qc_finish_sums(const int32_t *sums, int32_t channels, const int32_t *record, uint8_t *y, qc_requant q, int kind)
{
    int32_t channel;

    for (channel = 0; channel < channels; channel++) {
        qc_store(y, channel, kind, qc_requantize_code(q, sums[channel], record));
    }
}

#endif
