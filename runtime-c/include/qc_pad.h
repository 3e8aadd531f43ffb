/* Constant padding along 1..8 axes, outermost first; the input's elements follow each other in the output. */
#ifndef QC_PAD_H
#define QC_PAD_H

#include <stdint.h>
#include <string.h>

#include "qc_config.h"

/* One axis of the output: padded positions, positions of the input, padded positions. */
typedef struct {
    int32_t before;
    int32_t inside;
    int32_t after;
} qc_pad_axis;

QC_INLINE void qc_pad(const uint8_t *x, uint8_t *y, int32_t rank, const qc_pad_axis *axes, uint8_t code)
{
    const qc_pad_axis row = axes[rank - 1];
    const int32_t width = row.before + row.inside + row.after;
    int32_t index[8] = {0};
    int32_t axis;

    do {
        int inside = 1;

        for (axis = 0; axis < rank - 1; axis++) {
            inside = inside && index[axis] >= axes[axis].before && index[axis] < axes[axis].before + axes[axis].inside;
        }
        if (inside) {
            memset(y, code, (size_t)row.before);
            memcpy(y + row.before, x, (size_t)row.inside);
            memset(y + row.before + row.inside, code, (size_t)row.after);
            x += row.inside;
        } else {
            memset(y, code, (size_t)width);
        }
        y += width;
        for (axis = rank - 2; axis >= 0; axis--) {
            if (++index[axis] < axes[axis].before + axes[axis].inside + axes[axis].after) {
                break;
            }
            index[axis] = 0;
        }
    } while (axis >= 0);
}

#endif
