/*
 * Positions of the largest codes of rows of `count`, of the least ones where `least`; of equal codes the first, or the last
 * where `last`.
 */
#ifndef QC_ARG_MAX_H
#define QC_ARG_MAX_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_element.h"

QC_INLINE void qc_arg_max(const uint8_t *x, uint8_t *y, int32_t rows, int32_t count, int x_kind, int y_kind, int least, int last)
{
    int32_t at = 0;
    int32_t row;

    for (row = 0; row < rows; row++) {
        int32_t best = qc_load(x, at, x_kind);
        int32_t position = 0;
        int32_t i;

        for (i = 1; i < count; i++) {
            const int32_t code = qc_load(x, at + i, x_kind);
            /* Codes of 32 bits may be further apart than 32 bits can say. */
            const int32_t above = x_kind == QC_S32 ? (code > best) - (code < best) : code - best;
            const int32_t ahead = least ? -above : above;
            /* Signs instead of a branch, so that every element takes as many instructions. */
            const int32_t mask = last ? ~(ahead >> 31) : -ahead >> 31;

            best = (code & mask) | (best & ~mask);
            position = (i & mask) | (position & ~mask);
        }
        qc_store(y, row, y_kind, position);
        at += count;
    }
}

#endif
