/* Larger or smaller of two 8-bit operands, each through a table indexed by its stored byte. Operands as in qc_add.h. */
#ifndef QC_EXTREMUM_H
#define QC_EXTREMUM_H

#include <stdint.h>

#include "qc_config.h"

QC_INLINE void qc_extremum(const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t count, int32_t b_count, int32_t inner,
                           int larger, const int16_t *a_table, const int16_t *b_table)
{
    int32_t i = 0;

    while (i < count) {
        int32_t j;

        for (j = 0; j < b_count; j++) {
            const int32_t end = i + inner;
            const int16_t other = b_table[b[j]];

            for (; i < end; i++) {
                const int16_t own = a_table[a[i]];

                y[i] = (uint8_t)((own > other) == (larger != 0) ? own : other);
            }
        }
    }
}

#endif
