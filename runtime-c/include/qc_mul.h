/* Product of two operands: y = staircase((a - a_zero)*(b - b_zero)), which fits 32 bits. Operands as in qc_add.h. */
#ifndef QC_MUL_H
#define QC_MUL_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_element.h"
#include "qc_requantize.h"

QC_INLINE void qc_mul(const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t count, int32_t b_count, int32_t inner,
                      int a_kind, int b_kind, int y_kind, int32_t a_zero, int32_t b_zero, const int32_t *record, qc_requant q)
{
    int32_t i = 0;

    while (i < count) {
        int32_t j;

        for (j = 0; j < b_count; j++) {
            const int32_t end = i + inner;
            const int32_t factor = qc_load(b, j, b_kind) - b_zero;

            for (; i < end; i++) {
                qc_store(y, i, y_kind, qc_requantize_code(q, (qc_load(a, i, a_kind) - a_zero) * factor, record));
            }
        }
    }
}

#endif
