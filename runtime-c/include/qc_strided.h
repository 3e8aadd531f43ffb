/*
 * A strided copy of elements of `size` bytes: digit i of the output's index counts to dims[i], and one step of it moves
 * strides[i] elements in the input, backwards where negative. rank is 1..8, outermost digit first; x is the input's place
 * of output element 0.
 */
#ifndef QC_STRIDED_H
#define QC_STRIDED_H

#include <stdint.h>
#include <string.h>

#include "qc_config.h"

QC_INLINE void qc_strided(const uint8_t *x, uint8_t *y, int32_t rank, const int32_t *dims, const int32_t *strides,
                          int32_t size)
{
    const int32_t run = dims[rank - 1];
    const int32_t step = strides[rank - 1];
    int32_t index[8] = {0};
    int32_t at = 0;
    int32_t axis;

    do {
        if (step == 1) {
            memcpy(y, x + at * size, (size_t)(run * size));
            y += run * size;
        } else {
            int32_t code = at;
            int32_t i;

            for (i = 0; i < run; i++) {
                memcpy(y, x + code * size, (size_t)size);
                y += size;
                code += step;
            }
        }
        for (axis = rank - 2; axis >= 0; axis--) {
            at += strides[axis];
            if (++index[axis] < dims[axis]) {
                break;
            }
            at -= strides[axis] * dims[axis];
            index[axis] = 0;
        }
    } while (axis >= 0);
}

#endif
