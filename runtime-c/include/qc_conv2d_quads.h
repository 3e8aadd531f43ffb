/*
 * Convolution with general groups, strides, dilation and pads: patches of four output pixels are interleaved once, then
 * multiplied with all output channels, four at a time.
 * Weights: per group, per four output channels, per tap: a word of four bytes. Channels are padded with zero weights, records with zeros.
 */
#ifndef QC_CONV2D_QUADS_H
#define QC_CONV2D_QUADS_H

#include <stdint.h>
#include <string.h>

#include "qc_config.h"
#include "qc_four.h"
#include "qc_quads_multiply.h"
#include "qc_requantize.h"
#include "qc_window.h"

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

/* Stores one channel of four pixels. Stores last: a byte might be part of the record, for all the C compiler knows. */
QC_INLINE void qc_quads_store_pixels(int32_t p0, int32_t p1, int32_t p2, int32_t p3, const int32_t *record, qc_requant q, uint8_t *y,
                                     int32_t pitch)
{
    const uint8_t y0 = qc_requantize(q, p0, record);
    const uint8_t y1 = qc_requantize(q, p1, record);
    const uint8_t y2 = qc_requantize(q, p2, record);
    const uint8_t y3 = qc_requantize(q, p3, record);

    y[0] = y0;
    y[pitch] = y1;
    y[2 * pitch] = y2;
    y[3 * pitch] = y3;
}

#if QC_RISCV_ASSEMBLY
/* qc_quads_block of the high-word form. */
QC_INLINE void qc_quads_all_codes(const uint8_t *patches, const int8_t *weights, int32_t taps, int32_t outputs, int32_t pixels,
                                  int x_signed, const int32_t *record, qc_requant q, uint8_t *y, int32_t pitch)
{
    uint8_t part[16];
    qc_quads_target target = {record, y, pitch, qc_high_words_within(q.lo, q.hi, q.shift), q.hi};
    int32_t left = outputs;
    int32_t i;

    if (pixels == 4) {
        for (; left >= 4; left -= 4) {
            qc_quads_codes(patches, weights, taps, x_signed, q.shift, &target);
            weights += 4 * taps;
            target.record += 4 * 2;
            target.y += 4;
        }
    }
    /* Blocks that are cut off go through `part`. */
    y = target.y;
    target.y = part;
    target.pitch = 4;
    for (; left > 0; left -= 4) {
        qc_quads_codes(patches, weights, taps, x_signed, q.shift, &target);
        weights += 4 * taps;
        target.record += 4 * 2;
        for (i = 0; i < pixels; i++) {
            memcpy(y + i * pitch, part + 4 * i, (size_t)(left < 4 ? left : 4));
        }
        y += 4;
    }
}
#endif

/* All output channels of 1..4 pixels; outputs of successive pixels are `pitch` bytes apart. */
QC_INLINE void qc_quads_block(const uint8_t *patches, const int8_t *weights, int32_t taps, int32_t outputs, int32_t pixels,
                              int x_signed, const int32_t *record, qc_requant q, uint8_t *y, int32_t pitch)
{
    const int32_t words = qc_record_words(q);
    int32_t channels;

#if QC_RISCV_ASSEMBLY
    if (q.form == QC_HIGH_WORD) {
        qc_quads_all_codes(patches, weights, taps, outputs, pixels, x_signed, record, q, y, pitch);
        return;
    }
#endif
    for (channels = outputs; channels > 0; channels -= 4) {
        const qc_quads_sums s = qc_quads_multiply(patches, weights, taps, x_signed);

        if (pixels == 4 && channels >= 4) {
            qc_quads_store_pixels(s.p0.a, s.p1.a, s.p2.a, s.p3.a, record, q, y, pitch);
            qc_quads_store_pixels(s.p0.b, s.p1.b, s.p2.b, s.p3.b, record + words, q, y + 1, pitch);
            qc_quads_store_pixels(s.p0.c, s.p1.c, s.p2.c, s.p3.c, record + 2 * words, q, y + 2, pitch);
            qc_quads_store_pixels(s.p0.d, s.p1.d, s.p2.d, s.p3.d, record + 3 * words, q, y + 3, pitch);
        } else {
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
        }
        weights += 4 * taps;
        record += 4 * words;
        y += 4;
    }
}

/* Interleaves the rows of `taps` codes of four windows inside the image; `step` codes lie between windows, `line` between rows. */
QC_INLINE void qc_quads_interleave(const uint8_t *x, int32_t step, int32_t line, int32_t rows, int32_t taps, uint8_t *to)
{
    for (; rows > 0; rows--) {
        const uint8_t *p0 = x;
        const uint8_t *p1 = p0 + step;
        const uint8_t *p2 = p1 + step;
        const uint8_t *p3 = p2 + step;
        const uint8_t *end = x + (taps & ~3);

        while (p0 != end) {
#define QC_QUADS_PUT(I)       \
    to[4 * (I)] = p0[I];      \
    to[4 * (I) + 1] = p1[I];  \
    to[4 * (I) + 2] = p2[I];  \
    to[4 * (I) + 3] = p3[I]
            QC_QUADS_PUT(0);
            QC_QUADS_PUT(1);
            QC_QUADS_PUT(2);
            QC_QUADS_PUT(3);
#undef QC_QUADS_PUT
            p0 += 4;
            p1 += 4;
            p2 += 4;
            p3 += 4;
            to += 16;
        }
        for (end = x + taps; p0 != end; to += 4) {
            to[0] = *p0++;
            to[1] = *p1++;
            to[2] = *p2++;
            to[3] = *p3++;
        }
        x += line;
    }
}

/* scratch: 4 * kernel_height * kernel_width * channels / groups bytes. */
QC_INLINE void qc_conv2d_quads(const qc_window *s, const uint8_t *x, const uint32_t *words, const int32_t *records, uint8_t *y,
                               uint8_t *scratch, qc_requant q, int x_signed)
{
    const qc_layout interleaved = {0, 4, x_signed};
    const int8_t *weights = (const int8_t *)words;
    const int32_t depth = s->channels / s->groups;
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t blocks = (outputs + 3) / 4;
    const int32_t taps = s->kernel_height * s->kernel_width * depth;
    const int32_t total = s->out_height * s->out_width;
    const int32_t line = s->width * s->channels;
    const int straight = depth == s->channels && s->dilation_x == 1;
    int32_t group;
    int32_t pixel;
    int32_t i;

    for (group = 0; group < s->groups; group++) {
        int32_t row = 0;
        int32_t column = 0;

        for (pixel = 0; pixel < total; pixel += 4) {
            const int32_t pixels = total - pixel < 4 ? total - pixel : 4;

            if (straight && column + 3 < s->out_width && qc_window_inside(s, row, column) && qc_window_inside(s, row, column + 3)) {
                const int32_t top = row * s->stride_y - s->pad_top;
                const int32_t left = column * s->stride_x - s->pad_left;

                qc_quads_interleave(x + top * line + left * depth, s->stride_x * depth, s->dilation_y * line, s->kernel_height,
                                    s->kernel_width * depth, scratch);
                column += 4;
                if (column == s->out_width) {
                    column = 0;
                    row++;
                }
            } else {
                for (i = 0; i < 4; i++) {
                    qc_patch(interleaved, s, x, row, column, depth, scratch + i);
                    if (pixel + i < total - 1 && ++column == s->out_width) {
                        column = 0;
                        row++;
                    }
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
