/* Any function of one code: 256 results, indexed by the stored byte. y may be x. */
#ifndef QC_TABLE_H
#define QC_TABLE_H

#include <stdint.h>

#include "qc_config.h"

QC_INLINE void qc_table(const uint8_t *x, uint8_t *y, int32_t count, const uint8_t *values)
{
    int32_t i;

    for (i = 0; i < count; i++) {
        y[i] = values[x[i]];
    }
}

#endif
