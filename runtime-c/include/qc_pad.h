/* Constant padding along 1..8 axes, outermost first; the input's elements follow each other in the output. */
#ifndef QC_PAD_H
#define QC_PAD_H

#include <stdint.h>
#include <string.h>

#include "qc_config.h"
#include "qc_element.h"

/* One axis of the output: padded positions, positions of the input, padded positions. */
typedef struct {
    int32_t before;
    int32_t inside;
    int32_t after;
} qc_pad_axis;

/* Writes `count` times the same code; returns the next place. */
QC_INLINE uint8_t *qc_pad_fill(uint8_t *y, int32_t count, int kind, int32_t code)
{
    if (kind <= QC_S8) {
        memset(y, (uint8_t)code, (size_t)count);
    } else {
        int32_t i;

        for (i = 0; i < count; i++) {
            qc_store(y, i, kind, code);
        }
    }
    return y + count * qc_element_bytes(kind);
}

QC_INLINE void qc_pad(const uint8_t *x, uint8_t *y, int32_t rank, const qc_pad_axis *axes, int kind, int32_t code)
{
    const qc_pad_axis row = axes[rank - 1];
    int32_t index[8] = {0};
    int32_t axis;

    do {
        int inside = 1;

        for (axis = 0; axis < rank - 1; axis++) {
            inside = inside && index[axis] >= axes[axis].before && index[axis] < axes[axis].before + axes[axis].inside;
        }
        if (inside) {
            const int32_t bytes = row.inside * qc_element_bytes(kind);

            y = qc_pad_fill(y, row.before, kind, code);
            memcpy(y, x, (size_t)bytes);
            y = qc_pad_fill(y + bytes, row.after, kind, code);
            x += bytes;
        } else {
            y = qc_pad_fill(y, row.before + row.inside + row.after, kind, code);
        }
        for (axis = rank - 2; axis >= 0; axis--) {
            if (++index[axis] < axes[axis].before + axes[axis].inside + axes[axis].after) {
                break;
            }
            index[axis] = 0;
        }
    } while (axis >= 0);
}

#endif
