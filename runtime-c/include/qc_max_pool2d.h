/* Max pooling on codes, or min pooling where `least`; padded taps are ignored. Every window holds at least one tap inside the image. */
#ifndef QC_MAX_POOL2D_H
#define QC_MAX_POOL2D_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_element.h"
#include "qc_window.h"

QC_INLINE void qc_max_pool2d(const qc_window *s, const uint8_t *x, uint8_t *y, int kind, int least)
{
    int32_t row;
    int32_t column;
    int32_t channel;
    int32_t ky;
    int32_t kx;

    for (row = 0; row < s->out_height; row++) {
        for (column = 0; column < s->out_width; column++) {
            const int32_t top = row * s->stride_y - s->pad_top;
            const int32_t left = column * s->stride_x - s->pad_left;
            int first = 1;

            for (ky = 0; ky < s->kernel_height; ky++) {
                const int32_t iy = top + ky * s->dilation_y;

                if (iy < 0 || iy >= s->height) {
                    continue;
                }
                for (kx = 0; kx < s->kernel_width; kx++) {
                    const int32_t ix = left + kx * s->dilation_x;
                    const uint8_t *codes;

                    if (ix < 0 || ix >= s->width) {
                        continue;
                    }
                    codes = x + (iy * s->width + ix) * s->channels * qc_element_bytes(kind);
                    for (channel = 0; channel < s->channels; channel++) {
                        const int32_t code = qc_load(codes, channel, kind);
                        const int32_t held = qc_load(y, channel, kind);

                        if (first || (least ? code < held : code > held)) {
                            qc_store(y, channel, kind, code);
                        }
                    }
                    first = 0;
                }
            }
            y += s->channels * qc_element_bytes(kind);
        }
    }
}

#endif
