/* Any function of one code, as its results in the order of qc_table_index. y may be x where both have one size. */
#ifndef QC_TABLE_H
#define QC_TABLE_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_element.h"

QC_INLINE void qc_table(const uint8_t *x, uint8_t *y, int32_t count, int x_kind, int y_kind, int32_t low, const uint8_t *values)
{
    int32_t i;

    for (i = 0; i < count; i++) {
        qc_store(y, i, y_kind, qc_load(values, qc_table_index(x, i, x_kind, low), y_kind));
    }
}

#endif
