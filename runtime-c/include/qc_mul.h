/* Product of two 8-bit operands: y = staircase((a - a_zero)*(b - b_zero)). Operands as in qc_add.h. */
#ifndef QC_MUL_H
#define QC_MUL_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_requantize.h"

QC_INLINE void qc_mul(const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t count, int32_t b_count, int32_t inner,
                      int a_signed, int b_signed, int32_t a_zero, int32_t b_zero, const int32_t *record, qc_requant q)
{
    int32_t i = 0;

    while (i < count) {
        int32_t j;

        for (j = 0; j < b_count; j++) {
            const int32_t end = i + inner;
            const int32_t factor = qc_code(b[j], b_signed) - b_zero;

            for (; i < end; i++) {
                y[i] = qc_requantize(q, (qc_code(a[i], a_signed) - a_zero) * factor, record);
            }
        }
    }
}

#endif
