/* Pixels stride_y rows and stride_x columns apart in an image [rows][columns][channels] of one code. */
#ifndef QC_INTERIOR_PAD2D_H
#define QC_INTERIOR_PAD2D_H

#include <stdint.h>
#include <string.h>

#include "qc_config.h"
#include "qc_element.h"

QC_INLINE void qc_interior_pad2d(const uint8_t *x, uint8_t *y, int32_t height, int32_t width, int32_t channels, int32_t rows,
                                 int32_t columns, int32_t stride_y, int32_t stride_x, int32_t code, int kind)
{
    const int32_t pixel = channels * qc_element_bytes(kind);
    int32_t row;
    int32_t column;
    int32_t i;

    for (i = 0; i < rows * columns * channels; i++) {
        qc_store(y, i, kind, code);
    }
    for (row = 0; row < height; row++) {
        uint8_t *to = y + row * stride_y * columns * pixel;

        for (column = 0; column < width; column++) {
            memcpy(to, x, (size_t)pixel);
            x += pixel;
            to += stride_x * pixel;
        }
    }
}

#endif
