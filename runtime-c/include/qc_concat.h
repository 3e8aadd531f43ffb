/* One input of a concatenation: `turns` runs of `run` bytes, each `stride` bytes behind the last in the output. */
#ifndef QC_CONCAT_H
#define QC_CONCAT_H

#include <stdint.h>
#include <string.h>

#include "qc_config.h"

QC_INLINE void qc_concat(const uint8_t *x, uint8_t *y, int32_t turns, int32_t run, int32_t stride)
{
    int32_t turn;

    for (turn = 0; turn < turns; turn++) {
        memcpy(y, x, (size_t)run);
        x += run;
        y += stride;
    }
}

#endif
