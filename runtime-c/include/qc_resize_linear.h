/*
 * Linear interpolation of an image: `rows` and `columns` hold, for every output position, the lower input position and the
 * weight of the next one; the lower one weighs the rest of the denominator.
 */
#ifndef QC_RESIZE_LINEAR_H
#define QC_RESIZE_LINEAR_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_element.h"
#include "qc_requantize.h"

QC_INLINE void qc_resize_linear(const uint8_t *x, uint8_t *y, int32_t height, int32_t width, int32_t in_width, int32_t channels,
                                int32_t row_denominator, int32_t column_denominator, const int32_t *rows, const int32_t *columns,
                                const int32_t *record, qc_requant q, int x_kind, int y_kind)
{
    int32_t out = 0;
    int32_t row;
    int32_t column;
    int32_t channel;

    for (row = 0; row < height; row++) {
        const int32_t below = rows[2 * row + 1];
        const int32_t above = row_denominator - below;
        const int32_t top = rows[2 * row] * in_width * channels;
        /* Where nothing weighs the next row or column, it may not exist. */
        const int32_t bottom = below > 0 ? top + in_width * channels : top;

        for (column = 0; column < width; column++) {
            const int32_t right = columns[2 * column + 1];
            const int32_t left = column_denominator - right;
            const int32_t first = columns[2 * column] * channels;
            const int32_t next = right > 0 ? first + channels : first;

            for (channel = 0; channel < channels; channel++) {
                const int32_t upper =
                    left * qc_load(x, top + first + channel, x_kind) + right * qc_load(x, top + next + channel, x_kind);
                const int32_t lower =
                    left * qc_load(x, bottom + first + channel, x_kind) + right * qc_load(x, bottom + next + channel, x_kind);

                qc_store(y, out, y_kind, qc_requantize_code(q, above * upper + below * lower, record));
                out++;
            }
        }
    }
}

#endif
