/* Rows of a table: `count` indices choose among `rows` rows of `run` bytes. No index reads beyond the table. */
#ifndef QC_EMBEDDING_H
#define QC_EMBEDDING_H

#include <stdint.h>
#include <string.h>

#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_element.h"
#include "qc_scalar.h"

QC_INLINE void qc_embedding(const uint8_t *x, uint8_t *y, int32_t count, int x_kind, int32_t rows, int32_t run,
                            const uint8_t *table)
{
    int32_t i;

    for (i = 0; i < count; i++) {
        const int32_t code = qc_load(x, i, x_kind);
        /* Negative indices count from the end. */
        const int32_t row = qc_saturate(code < 0 ? code + rows : code, 0, rows - 1);

        memcpy(y, table + row * run, (size_t)run);
        y += run;
    }
}

#endif
