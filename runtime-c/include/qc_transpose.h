/* Permutation of axes. Output axis i has dims[i] elements that are strides[i] bytes apart in the input. rank is 1..8. */
#ifndef QC_TRANSPOSE_H
#define QC_TRANSPOSE_H

#include <stdint.h>

#include "qc_config.h"

QC_INLINE void qc_transpose(const uint8_t *x, uint8_t *y, int32_t rank, const int32_t *dims, const int32_t *strides)
{
    int32_t index[8] = {0};
    int32_t i;
    int32_t axis;

    do {
        const uint8_t *code = x;

        for (i = 0; i < dims[rank - 1]; i++) {
            *y++ = *code;
            code += strides[rank - 1];
        }
        for (axis = rank - 2; axis >= 0; axis--) {
            x += strides[axis];
            if (++index[axis] < dims[axis]) {
                break;
            }
            x -= strides[axis] * dims[axis];
            index[axis] = 0;
        }
    } while (axis >= 0);
}

#endif
