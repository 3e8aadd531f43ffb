/*
 * Convolution with general groups, strides, dilation and pads in portable C: patches of four output pixels are interleaved
 * once, then multiplied with all output channels, four at a time.
 * Weights: per group, per four output channels, per tap: four bytes. Channels are padded with zero weights, records with zeros.
 */
#ifndef QC_CONV2D_QUADS_H
#define QC_CONV2D_QUADS_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_four.h"
#include "qc_requantize.h"
#include "qc_window.h"

/* Sums of four pixels. */
typedef struct {
    qc_four p0;
    qc_four p1;
    qc_four p2;
    qc_four p3;
} qc_quads_sums;

/* One tap of four pixels. */
QC_INLINE qc_quads_sums qc_quads_tap(qc_quads_sums s, const uint8_t *codes, const int8_t *weights, int x_signed)
{
    const qc_four w = {weights[0], weights[1], weights[2], weights[3]};

    s.p0 = qc_four_add(s.p0, codes, w, x_signed);
    s.p1 = qc_four_add(s.p1, codes + 1, w, x_signed);
    s.p2 = qc_four_add(s.p2, codes + 2, w, x_signed);
    s.p3 = qc_four_add(s.p3, codes + 3, w, x_signed);
    return s;
}

/* Stores 1..4 channels of one pixel. */
QC_INLINE void qc_quads_store(qc_four sums, const int32_t *record, qc_requant q, int32_t channels, uint8_t *y)
{
    const int32_t words = qc_record_words(q);

    y[0] = qc_requantize(q, sums.a, record);
    if (channels > 1) {
        y[1] = qc_requantize(q, sums.b, record + words);
    }
    if (channels > 2) {
        y[2] = qc_requantize(q, sums.c, record + 2 * words);
    }
    if (channels > 3) {
        y[3] = qc_requantize(q, sums.d, record + 3 * words);
    }
}

/* All output channels of 1..4 pixels; outputs of successive pixels are `pitch` bytes apart. */
QC_INLINE void qc_quads_block(const uint8_t *patches, const int8_t *weights, int32_t taps, int32_t outputs, int32_t pixels,
                              int x_signed, const int32_t *record, qc_requant q, uint8_t *y, int32_t pitch)
{
    int32_t channels;

    for (channels = outputs; channels > 0; channels -= 4) {
        const int8_t *const pairs_end = weights + taps / 2 * 8;
        const uint8_t *codes = patches;
        qc_quads_sums s = {{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}};

        while (weights != pairs_end) {
            s = qc_quads_tap(s, codes, weights, x_signed);
            s = qc_quads_tap(s, codes + 4, weights + 4, x_signed);
            codes += 8;
            weights += 8;
        }
        if (taps % 2 != 0) {
            s = qc_quads_tap(s, codes, weights, x_signed);
            weights += 4;
        }
        qc_quads_store(s.p0, record, q, channels, y);
        if (pixels > 1) {
            qc_quads_store(s.p1, record, q, channels, y + pitch);
        }
        if (pixels > 2) {
            qc_quads_store(s.p2, record, q, channels, y + 2 * pitch);
        }
        if (pixels > 3) {
            qc_quads_store(s.p3, record, q, channels, y + 3 * pitch);
        }
        record += 4 * qc_record_words(q);
        y += 4;
    }
}

/* scratch: 4 * kernel_height * kernel_width * channels / groups bytes. */
QC_INLINE void qc_conv2d_quads(const qc_window *s, const uint8_t *x, const int8_t *weights, const int32_t *records, uint8_t *y,
                               uint8_t *scratch, qc_requant q, int x_signed)
{
    const qc_layout interleaved = {0, 4, x_signed};
    const int32_t depth = s->channels / s->groups;
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t blocks = (outputs + 3) / 4;
    const int32_t taps = s->kernel_height * s->kernel_width * depth;
    const int32_t total = s->out_height * s->out_width;
    int32_t group;
    int32_t pixel;
    int32_t i;

    for (group = 0; group < s->groups; group++) {
        int32_t row = 0;
        int32_t column = 0;

        for (pixel = 0; pixel < total; pixel += 4) {
            const int32_t pixels = total - pixel < 4 ? total - pixel : 4;

            for (i = 0; i < 4; i++) {
                qc_patch(interleaved, s, x, row, column, depth, scratch + i);
                if (pixel + i < total - 1 && ++column == s->out_width) {
                    column = 0;
                    row++;
                }
            }
            qc_quads_block(scratch, weights, taps, outputs, pixels, x_signed, records, q, y + pixel * s->out_channels,
                           s->out_channels);
        }
        weights += blocks * 4 * taps;
        records += blocks * 4 * qc_record_words(q);
        x += depth;
        y += outputs;
    }
}

#endif
