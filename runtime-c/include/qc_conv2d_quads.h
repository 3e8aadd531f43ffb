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
#include "qc_requantize.h"
#include "qc_window.h"

/* Stores 1..4 channels of one pixel. */
QC_INLINE void qc_quads_store(int32_t a, int32_t b, int32_t c, int32_t d, const int32_t *record, qc_requant q, int32_t channels,
                              uint8_t *y)
{
    const int32_t words = qc_record_words(q);

    y[0] = qc_requantize(q, a, record);
    if (channels > 1) {
        y[1] = qc_requantize(q, b, record + words);
    }
    if (channels > 2) {
        y[2] = qc_requantize(q, c, record + 2 * words);
    }
    if (channels > 3) {
        y[3] = qc_requantize(q, d, record + 3 * words);
    }
}

/* 1..4 output channels of 1..4 pixels; outputs of successive pixels are `pitch` bytes apart. */
QC_INLINE void qc_quads_tile(const uint8_t *codes, const int8_t *weights, int32_t taps, int32_t pixels, int32_t channels,
                             int x_signed, const int32_t *record, qc_requant q, uint8_t *y, int32_t pitch)
{
    const int8_t *const end = weights + 4 * taps;
    int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0;
    int32_t b0 = 0, b1 = 0, b2 = 0, b3 = 0;
    int32_t c0 = 0, c1 = 0, c2 = 0, c3 = 0;
    int32_t d0 = 0, d1 = 0, d2 = 0, d3 = 0;

    do {
        const int32_t w0 = weights[0];
        const int32_t w1 = weights[1];
        const int32_t w2 = weights[2];
        const int32_t w3 = weights[3];
        int32_t x = qc_code(codes[0], x_signed);

        a0 += x * w0;
        b0 += x * w1;
        c0 += x * w2;
        d0 += x * w3;
        x = qc_code(codes[1], x_signed);
        a1 += x * w0;
        b1 += x * w1;
        c1 += x * w2;
        d1 += x * w3;
        x = qc_code(codes[2], x_signed);
        a2 += x * w0;
        b2 += x * w1;
        c2 += x * w2;
        d2 += x * w3;
        x = qc_code(codes[3], x_signed);
        a3 += x * w0;
        b3 += x * w1;
        c3 += x * w2;
        d3 += x * w3;
        codes += 4;
        weights += 4;
    } while (weights != end);
    qc_quads_store(a0, b0, c0, d0, record, q, channels, y);
    if (pixels > 1) {
        qc_quads_store(a1, b1, c1, d1, record, q, channels, y + pitch);
    }
    if (pixels > 2) {
        qc_quads_store(a2, b2, c2, d2, record, q, channels, y + 2 * pitch);
    }
    if (pixels > 3) {
        qc_quads_store(a3, b3, c3, d3, record, q, channels, y + 3 * pitch);
    }
}

/* scratch: 4 * kernel_height * kernel_width * channels / groups bytes. */
QC_INLINE void qc_conv2d_quads(const qc_window *s, const uint8_t *x, const int8_t *weights, const int32_t *records, uint8_t *y,
                               uint8_t *scratch, qc_requant q, int x_signed)
{
    const qc_layout interleaved = {0, 4, x_signed};
    const int32_t depth = s->channels / s->groups;
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t taps = s->kernel_height * s->kernel_width * depth;
    const int32_t total = s->out_height * s->out_width;
    const int8_t *weight = weights;
    int32_t group;
    int32_t pixel;
    int32_t o;
    int32_t i;

    for (group = 0; group < s->groups; group++) {
        int32_t row = 0;
        int32_t column = 0;

        for (pixel = 0; pixel < total; pixel += 4) {
            const int32_t pixels = total - pixel < 4 ? total - pixel : 4;
            const int32_t *record = records;
            uint8_t *out = y + pixel * s->out_channels;

            for (i = 0; i < 4; i++) {
                qc_patch(interleaved, s, x, row, column, depth, scratch + i);
                if (pixel + i < total - 1 && ++column == s->out_width) {
                    column = 0;
                    row++;
                }
            }
            weight = weights;
            for (o = 0; o < outputs; o += 4) {
                qc_quads_tile(scratch, weight, taps, pixels, outputs - o, x_signed, record, q, out + o, s->out_channels);
                weight += 4 * taps;
                record += 4 * qc_record_words(q);
            }
        }
        weights = weight;
        records += (outputs + 3) / 4 * 4 * qc_record_words(q);
        x += depth;
        y += outputs;
    }
}

#endif
