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

/* The kernel positions of one axis that lie inside the image, `first` up to, not including, `end`; none when end <= first. */
typedef struct {
    int32_t first;
    int32_t end;
} qc_direct_span;

QC_INLINE qc_direct_span qc_direct_inside(int32_t start, int32_t size, int32_t kernel, int32_t dilation)
{
    qc_direct_span span = {0, kernel};

    while (span.first < kernel && start + span.first * dilation < 0) {
        span.first++;
    }
    while (span.end > 0 && start + (span.end - 1) * dilation >= size) {
        span.end--;
    }
    return span;
}

/* sum + (code - zero) * weight, modulo 2^32. */
QC_INLINE uint32_t qc_direct_add(uint32_t sum, const uint8_t *x, int32_t code, int x_kind, int32_t zero, const void *weights,
                                 int32_t weight, int weight_bytes)
{
    const int32_t factor =
        weight_bytes == 1 ? (int32_t)((const int8_t *)weights)[weight] : (int32_t)((const int16_t *)weights)[weight];

    return sum + ((uint32_t)qc_load(x, code, x_kind) - (uint32_t)zero) * (uint32_t)factor;
}

/* weight_bytes: 1 or 2. depthwise: one input channel per group. zero: the input zero point; padded taps add nothing. */
QC_INLINE void qc_conv2d_direct(const qc_window *s, const uint8_t *x, const void *weights, const int32_t *biases,
                                const int32_t *records, uint8_t *y, qc_requant q, int x_kind, int y_kind, int weight_bytes,
                                int depthwise, int32_t zero)
{
    const int32_t depth = depthwise ? 1 : s->channels / s->groups;
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t taps = s->kernel_height * s->kernel_width * depth;
    const int32_t across = s->dilation_x * s->channels;
    const int32_t down = s->dilation_y * s->width * s->channels;
    int32_t row;
    int32_t column;
    int32_t o;
    int32_t ky;
    int32_t kx;
    int32_t i;

    for (row = 0; row < s->out_height; row++) {
        const int32_t top = row * s->stride_y - s->pad_top;
        const qc_direct_span rows = qc_direct_inside(top, s->height, s->kernel_height, s->dilation_y);

        for (column = 0; column < s->out_width; column++) {
            const int32_t left = column * s->stride_x - s->pad_left;
            const qc_direct_span columns = qc_direct_inside(left, s->width, s->kernel_width, s->dilation_x);
            const int32_t *record = records;
            int32_t corner = ((top + rows.first * s->dilation_y) * s->width + left + columns.first * s->dilation_x) * s->channels;
            int32_t next = outputs;

            for (o = 0; o < s->out_channels; o++) {
                int32_t line = corner;
                uint32_t sum = (uint32_t)biases[o];

                for (ky = rows.first; ky < rows.end; ky++) {
                    int32_t code = line;
                    int32_t weight = o * taps + (ky * s->kernel_width + columns.first) * depth;

                    for (kx = columns.first; kx < columns.end; kx++) {
                        for (i = 0; i < depth; i++) {
                            sum = qc_direct_add(sum, x, code + i, x_kind, zero, weights, weight + i, weight_bytes);
                        }
                        code += across;
                        weight += depth;
                    }
                    line += down;
                }
                qc_store(y, o, y_kind, qc_requantize_code(q, (int32_t)sum, record));
                record += qc_record_words(q);
                if (--next == 0) {
                    next = outputs;
                    corner += depth;
                }
            }
            y += s->out_channels * qc_element_bytes(y_kind);
        }
    }
}

#endif
