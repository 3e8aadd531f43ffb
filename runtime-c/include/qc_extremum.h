/* Larger or smaller of two operands, each through a table (qc_table_index). Operands as in qc_add.h. */
#ifndef QC_EXTREMUM_H
#define QC_EXTREMUM_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_element.h"

QC_INLINE void qc_extremum(const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t count, int32_t b_count, int32_t inner,
                           int larger, int a_kind, int b_kind, int y_kind, int32_t a_low, int32_t b_low, const int16_t *a_table,
                           const int16_t *b_table)
{
    int32_t i = 0;

    while (i < count) {
        int32_t j;

        for (j = 0; j < b_count; j++) {
            const int32_t end = i + inner;
            const int16_t other = b_table[qc_table_index(b, j, b_kind, b_low)];

            for (; i < end; i++) {
                const int16_t own = a_table[qc_table_index(a, i, a_kind, a_low)];
                /* The sign of their difference instead of a branch, so that every element takes as many instructions. */
                const int32_t above = (other - own) >> 31;
                const int32_t mask = larger ? above : ~above;

                qc_store(y, i, y_kind, (own & mask) | (other & ~mask));
            }
        }
    }
}

#endif
