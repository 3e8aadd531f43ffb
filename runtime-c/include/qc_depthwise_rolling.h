/*
 * Depthwise 3x3 convolution, one channel after the other: its nine weights stay in registers, each column of three codes is
 * read once and feeds the sums of all windows that it belongs to.
 *
 * Needs stride_x 1 or 2, no dilation, and windows that reach at most one row or column over each border. Rows outside the
 * image count with weights of 0, and their share of the sums, like that of columns outside, is known without reading.
 * Weights: nine for each channel.
 */
#ifndef QC_DEPTHWISE_ROLLING_H
#define QC_DEPTHWISE_ROLLING_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_requantize.h"
#include "qc_window.h"

/* A kernel's three rows or three columns. */
typedef struct {
    int32_t a;
    int32_t b;
    int32_t c;
} qc_three;

/* A kernel by columns. */
typedef struct {
    qc_three left;
    qc_three middle;
    qc_three right;
} qc_nine;

/* Sums wrap, until they are complete. */
QC_INLINE uint32_t qc_three_sum(qc_three w, int32_t code)
{
    return (uint32_t)((w.a + w.b + w.c) * code);
}

QC_INLINE uint32_t qc_three_product(qc_three x, qc_three w)
{
    return (uint32_t)(x.a * w.a + x.b * w.b + x.c * w.c);
}

/* What a row of output needs of its channel. */
typedef struct {
    const uint8_t *lines[3]; /* of the channel's codes under the window, the first column that is inside */
    int32_t channels;        /* bytes from column to column */
    int32_t left_outside;    /* whether the first window's left column, and the last window's right one, lie outside */
    int32_t right_outside;
    int32_t pad; /* their code */
    int x_signed;
} qc_lines;

/* The next column. */
QC_INLINE qc_three qc_next_column(qc_lines *l)
{
    qc_three codes;

    codes.a = qc_code(*l->lines[0], l->x_signed);
    codes.b = qc_code(*l->lines[1], l->x_signed);
    codes.c = qc_code(*l->lines[2], l->x_signed);
    l->lines[0] += l->channels;
    l->lines[1] += l->channels;
    l->lines[2] += l->channels;
    return codes;
}

/* The output code of 256 times a sum, with the addend. */
QC_INLINE uint8_t qc_rolling_code(qc_requant q, uint32_t scaled, int32_t multiplier)
{
    return (uint8_t)qc_saturate(qc_high_word((int32_t)scaled, multiplier) >> q.shift, q.lo, q.hi);
}

/* A row of `count` (at least 1) outputs by weights times 256; sums begin at `start`. `stride` is literal. */
QC_INLINE void qc_rolling_row(qc_lines l, qc_nine w, int32_t count, int stride, uint32_t start, int32_t multiplier, qc_requant q,
                              uint8_t *y)
{
    /* Outputs whose right column is inside. */
    int32_t left = count - l.right_outside;
    uint32_t s0 = start + (l.left_outside ? qc_three_sum(w.left, l.pad) : qc_three_product(qc_next_column(&l), w.left));
    uint32_t s1;
    uint32_t s2;
    qc_three x;

    if (stride == 1) {
        x = qc_next_column(&l);
        s0 += qc_three_product(x, w.middle);
        s1 = start + qc_three_product(x, w.left);
        /* Three sums take turns, so that none moves. */
#define QC_ROLL(S0, S1, S2)                        \
    x = qc_next_column(&l);                        \
    S2 = start + qc_three_product(x, w.left);      \
    S1 += qc_three_product(x, w.middle);           \
    S0 += qc_three_product(x, w.right);            \
    *y = qc_rolling_code(q, S0, multiplier);       \
    y += l.channels
        for (; left >= 3; left -= 3) {
            QC_ROLL(s0, s1, s2);
            QC_ROLL(s1, s2, s0);
            QC_ROLL(s2, s0, s1);
        }
        if (left > 0) {
            QC_ROLL(s0, s1, s2);
            s0 = s1;
            s1 = s2;
        }
        if (left > 1) {
            QC_ROLL(s0, s1, s2);
            s0 = s1;
        }
#undef QC_ROLL
    } else {
        for (; left > 0; left--) {
            s0 += qc_three_product(qc_next_column(&l), w.middle);
            x = qc_next_column(&l);
            s1 = start + qc_three_product(x, w.left);
            s0 += qc_three_product(x, w.right);
            *y = qc_rolling_code(q, s0, multiplier);
            y += l.channels;
            s0 = s1;
        }
        if (l.right_outside) {
            s0 += qc_three_product(qc_next_column(&l), w.middle);
        }
    }
    if (l.right_outside) {
        *y = qc_rolling_code(q, s0 + qc_three_sum(w.right, l.pad), multiplier);
    }
}

QC_INLINE void qc_depthwise_rolling(const qc_window *s, const uint8_t *x, const int8_t *weights, const int32_t *records, uint8_t *y,
                                    qc_requant q, int x_signed, int stride)
{
    const int32_t words = qc_record_words(q);
    const int32_t line = s->width * s->channels;
    const int32_t steps = s->stride_y * line;
    const int32_t last = s->height - 2;
    qc_lines l;
    int32_t channel;

    l.channels = s->channels;
    l.left_outside = s->pad_left;
    l.right_outside = (s->out_width - 1) * stride - s->pad_left + 2 >= s->width;
    l.pad = qc_code(s->pad_value, x_signed);
    l.x_signed = x_signed;
    for (channel = 0; channel < s->channels; channel++) {
        const qc_nine kernel = {{256 * weights[0], 256 * weights[3], 256 * weights[6]},
                                {256 * weights[1], 256 * weights[4], 256 * weights[7]},
                                {256 * weights[2], 256 * weights[5], 256 * weights[8]}};
        const uint8_t *middle = x + (1 - s->pad_top) * line + channel;
        const int32_t end = s->out_height * s->stride_y - s->pad_top;
        uint8_t *out = y + channel;
        const uint32_t addend = (uint32_t)records[0];
        const int32_t multiplier = records[1];
        int32_t iy;

        for (iy = -s->pad_top; iy < end; iy += s->stride_y, middle += steps, out += s->out_width * s->channels) {
            qc_nine w = kernel;
            int32_t outside = 0;

            l.lines[0] = middle - line;
            l.lines[1] = middle;
            l.lines[2] = middle + line;
            if (iy < 0) {
                outside = w.left.a + w.middle.a + w.right.a;
                w.left.a = w.middle.a = w.right.a = 0;
                l.lines[0] = middle;
            }
            if (iy >= last) {
                outside += w.left.c + w.middle.c + w.right.c;
                w.left.c = w.middle.c = w.right.c = 0;
                l.lines[2] = middle;
            }
            qc_rolling_row(l, w, s->out_width, stride, addend + (uint32_t)(outside * l.pad), multiplier, q, out);
        }
        weights += 9;
        records += words;
    }
}

#endif
