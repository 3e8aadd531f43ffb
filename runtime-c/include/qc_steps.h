/* A staircase of one code: requantization and rising functions of codes too wide for a table. y may be x where both have one size. */
#ifndef QC_STEPS_H
#define QC_STEPS_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_element.h"
#include "qc_requantize.h"

QC_INLINE void qc_steps(const uint8_t *x, uint8_t *y, int32_t count, int x_kind, int y_kind, const int32_t *record, qc_requant q)
{
    int32_t i;

    for (i = 0; i < count; i++) {
        qc_store(y, i, y_kind, qc_requantize_code(q, qc_load(x, i, x_kind), record));
    }
}

#endif
