/*
 * Convolution straight from its definition, for any kinds of input and output (qc_element.h) and int8 or int16 weights: the
 * kernel where patches do not pay, which is one input channel per group, and where codes do not fit 16 bits.
 * Weights: per output channel, per tap. Sums wrap modulo 2^32; the whole sum fits.
 */
#ifndef QC_CONV2D_DIRECT_H
#define QC_CONV2D_DIRECT_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_element.h"
#include "qc_requantize.h"
#include "qc_window.h"

/* weight_bytes: 1 or 2. zero: the input zero point; padded taps add nothing. */
QC_INLINE void qc_conv2d_direct(const qc_window *s, const uint8_t *x, const void *weights, const int32_t *biases,
                                const int32_t *records, uint8_t *y, qc_requant q, int x_kind, int y_kind, int weight_bytes,
                                int32_t zero)
{
    const int32_t depth = s->channels / s->groups;
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t taps = s->kernel_height * s->kernel_width * depth;
    int32_t row;
    int32_t column;
    int32_t o;
    int32_t ky;
    int32_t kx;
    int32_t i;

    for (row = 0; row < s->out_height; row++) {
        for (column = 0; column < s->out_width; column++) {
            const int32_t top = row * s->stride_y - s->pad_top;
            const int32_t left = column * s->stride_x - s->pad_left;
            const int32_t *record = records;
            int32_t first = 0;
            int32_t next = outputs;

            for (o = 0; o < s->out_channels; o++) {
                uint32_t sum = (uint32_t)biases[o];

                for (ky = 0; ky < s->kernel_height; ky++) {
                    const int32_t iy = top + ky * s->dilation_y;

                    if (iy < 0 || iy >= s->height) {
                        continue;
                    }
                    for (kx = 0; kx < s->kernel_width; kx++) {
                        const int32_t ix = left + kx * s->dilation_x;
                        const int32_t code = (iy * s->width + ix) * s->channels + first;
                        const int32_t weight = o * taps + (ky * s->kernel_width + kx) * depth;

                        if (ix < 0 || ix >= s->width) {
                            continue;
                        }
                        for (i = 0; i < depth; i++) {
                            const int32_t factor = weight_bytes == 1 ? (int32_t)((const int8_t *)weights)[weight + i]
                                                                     : (int32_t)((const int16_t *)weights)[weight + i];

                            sum += ((uint32_t)qc_load(x, code + i, x_kind) - (uint32_t)zero) * (uint32_t)factor;
                        }
                    }
                }
                qc_store(y, o, y_kind, qc_requantize_code(q, (int32_t)sum, record));
                record += qc_record_words(q);
                if (--next == 0) {
                    next = outputs;
                    first += depth;
                }
            }
            y += s->out_channels * qc_element_bytes(y_kind);
        }
    }
}

#endif
