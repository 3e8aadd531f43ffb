/* Copies of listed positions: of each of `outer` blocks of `size` runs of `run` bytes, the `count` runs at `indices`. */
#ifndef QC_GATHER_H
#define QC_GATHER_H

#include <stdint.h>
#include <string.h>

#include "qc_config.h"

QC_INLINE void qc_gather(const uint8_t *x, uint8_t *y, int32_t outer, int32_t size, int32_t run, int32_t count,
                         const int32_t *indices)
{
    for (; outer > 0; outer--) {
        int32_t i;

        for (i = 0; i < count; i++) {
            memcpy(y, x + indices[i] * run, (size_t)run);
            y += run;
        }
        x += size * run;
    }
}

#endif
