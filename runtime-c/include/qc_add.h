/* Elementwise function of two 8-bit operands. */
#ifndef QC_ADD_H
#define QC_ADD_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_requantize.h"
#include "qc_scalar.h"

/* y = clamp((a*ma + b*mb + c) >> shift). The sum fits 32 bits for all codes. y may be a or b. */
QC_INLINE void qc_add(const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t count, int a_signed, int b_signed, int32_t ma,
                      int32_t mb, int32_t c, int32_t shift, int32_t lo, int32_t hi)
{
    int32_t i;

    for (i = 0; i < count; i++) {
        const int32_t sum = qc_add_linear(qc_code(a[i], a_signed), qc_code(b[i], b_signed), ma, mb, c, shift);

        y[i] = (uint8_t)qc_clamp(sum, lo, hi);
    }
}

/* y = staircase(a_table[a] + b_table[b]); tables are indexed by the stored byte. y may be a or b. */
QC_INLINE void qc_add_tables(const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t count, const int32_t *a_table,
                             const int32_t *b_table, const int32_t *record, qc_requant q)
{
    int32_t i;

    for (i = 0; i < count; i++) {
        y[i] = qc_requantize(q, a_table[a[i]] + b_table[b[i]], record);
    }
}

#endif
