/*
 * Convolution with general groups, strides, dilation and pads for cores with packed multiplies (qc_dsp.h).
 * Patches of QC_PAIRS_PIXELS output pixels are widened to lane words once, then multiplied with all output channels, two at
 * a time.
 * Weights: per group, per two output channels, two words for each four taps. A lane holds the weight w1 of the second
 * channel in its low byte and w0 of the first in its high byte; with `carried` it holds the sum 256*w0 + w1, so that one
 * product yields 256*acc0 + acc1 and only w1 needs extracting. That is exact when 256*acc0 fits 32 bits and no pair has
 * w0 = -128 with w1 < 0. Taps and channels are padded with zero weights; records with zeros.
 */
#ifndef QC_CONV2D_PAIRS_H
#define QC_CONV2D_PAIRS_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_requantize.h"
#include "qc_window.h"

enum { QC_PAIRS_PIXELS = 3 };

/* Sums of one output pixel for two channels; see qc_pairs_first. */
typedef struct {
    int32_t first;
    int32_t second;
} qc_pair;

/* First channel's accumulator from the two sums of a pair. */
QC_INLINE int32_t qc_pairs_first(qc_pair sums, int carried)
{
    return carried ? (int32_t)((uint32_t)sums.first - (uint32_t)sums.second) >> 8 : sums.first;
}

/* Stores both channels of one pixel; `both` is 0 for the last of an odd number of channels. */
QC_INLINE void qc_pairs_store(qc_pair sums, int carried, const int32_t *record, qc_requant q, int both, uint8_t *y)
{
    y[0] = qc_requantize(q, qc_pairs_first(sums, carried), record);
    if (both) {
        y[1] = qc_requantize(q, sums.second, record + qc_record_words(q));
    }
}

/* Adds the products of one word of weights with one lane word. */
QC_INLINE qc_pair qc_pairs_add(qc_pair sums, uint32_t lanes, uint32_t pair, int carried)
{
    sums.first = qc_smlad(lanes, carried ? pair : qc_sxtb16_odd(pair), sums.first);
    sums.second = qc_smlad(lanes, qc_sxtb16(pair), sums.second);
    return sums;
}

/* The sums of two channels for QC_PAIRS_PIXELS pixels. */
typedef struct {
    qc_pair p0;
    qc_pair p1;
    qc_pair p2;
} qc_pairs_sums;

/* Multiplies `quads` * 4 taps, at least one quad. */
QC_INLINE qc_pairs_sums qc_pairs_multiply(const uint32_t *lanes, const uint32_t *weights, int32_t quads, int carried)
{
    const uint32_t *const end = weights + 2 * quads;
    qc_pairs_sums s = {{0, 0}, {0, 0}, {0, 0}};

#if QC_DSP_ASSEMBLY
    if (carried) {
        uint32_t w0, w1, x0, x1, second;

        /* 24 products in 18 instructions, and three to count twice. The end stays in memory: with it, 14 registers would be in
           use, one more than there are when the compiler keeps a frame pointer. */
#define QC_PAIRS_QUAD                              \
    "ldrd %[w0], %[w1], [%[weights]], #8\n\t"      \
    "ldrd %[x0], %[x1], [%[lanes]], #8\n\t"        \
    "sxtb16 %[second], %[w0]\n\t"                  \
    "smlad %[a0], %[x0], %[w0], %[a0]\n\t"         \
    "smlad %[a1], %[x1], %[w0], %[a1]\n\t"         \
    "smlad %[b0], %[x0], %[second], %[b0]\n\t"     \
    "smlad %[b1], %[x1], %[second], %[b1]\n\t"     \
    "ldrd %[x0], %[x1], [%[lanes]], #8\n\t"        \
    "smlad %[a2], %[x0], %[w0], %[a2]\n\t"         \
    "smlad %[b2], %[x0], %[second], %[b2]\n\t"     \
    "sxtb16 %[second], %[w1]\n\t"                  \
    "smlad %[a0], %[x1], %[w1], %[a0]\n\t"         \
    "smlad %[b0], %[x1], %[second], %[b0]\n\t"     \
    "ldrd %[x0], %[x1], [%[lanes]], #8\n\t"        \
    "smlad %[a1], %[x0], %[w1], %[a1]\n\t"         \
    "smlad %[a2], %[x1], %[w1], %[a2]\n\t"         \
    "smlad %[b1], %[x0], %[second], %[b1]\n\t"     \
    "smlad %[b2], %[x1], %[second], %[b2]\n\t"
        __asm__("ldr %[w0], %[end]\n\t"
                "sub %[w0], %[w0], %[weights]\n\t"
                "tst %[w0], #8\n\t"
                "bne 2f\n"
                "1:\n\t" QC_PAIRS_QUAD
                "2:\n\t" QC_PAIRS_QUAD
                "ldr %[w0], %[end]\n\t"
                "cmp %[weights], %[w0]\n\t"
                "bne 1b"
                : [a0] "+r"(s.p0.first), [b0] "+r"(s.p0.second), [a1] "+r"(s.p1.first), [b1] "+r"(s.p1.second),
                  [a2] "+r"(s.p2.first), [b2] "+r"(s.p2.second), [lanes] "+r"(lanes), [weights] "+r"(weights), [w0] "=&r"(w0),
                  [w1] "=&r"(w1), [x0] "=&r"(x0), [x1] "=&r"(x1), [second] "=&r"(second)
                : [end] "m"(end)
                : "cc", "memory");
#undef QC_PAIRS_QUAD
        return s;
    }
#endif
    do {
        s.p0 = qc_pairs_add(s.p0, lanes[0], *weights, carried);
        s.p1 = qc_pairs_add(s.p1, lanes[1], *weights, carried);
        s.p2 = qc_pairs_add(s.p2, lanes[2], *weights, carried);
        lanes += QC_PAIRS_PIXELS;
        weights++;
    } while (weights != end);
    return s;
}

/* Stores one channel of 1..QC_PAIRS_PIXELS pixels, `pitch` bytes apart. */
QC_INLINE void qc_pairs_store_pixels(int32_t p0, int32_t p1, int32_t p2, int32_t pixels, const int32_t *record, qc_requant q,
                                     uint8_t *y, int32_t pitch)
{
    /* Stores last: a byte might be part of the record, for all the C compiler knows. */
    const uint8_t y0 = qc_requantize(q, p0, record);
    const uint8_t y1 = qc_requantize(q, p1, record);
    const uint8_t y2 = qc_requantize(q, p2, record);

    y[0] = y0;
    if (pixels > 1) {
        y[pitch] = y1;
    }
    if (pixels > 2) {
        y[2 * pitch] = y2;
    }
}

/* All output channels of 1..QC_PAIRS_PIXELS pixels; outputs of successive pixels are `pitch` bytes apart. */
QC_INLINE void qc_pairs_block(const uint32_t *lanes, const uint32_t *weights, int32_t quads, int32_t outputs, int32_t pixels,
                              int carried, const int32_t *record, qc_requant q, uint8_t *y, int32_t pitch)
{
    const int32_t words = qc_record_words(q);
    int32_t left;

    for (left = outputs; left > 0; left -= 2) {
        const qc_pairs_sums s = qc_pairs_multiply(lanes, weights, quads, carried);
        const int both = outputs % 2 == 0 || left > 1;

        qc_pairs_store_pixels(qc_pairs_first(s.p0, carried), qc_pairs_first(s.p1, carried), qc_pairs_first(s.p2, carried), pixels,
                              record, q, y, pitch);
        if (both) {
            qc_pairs_store_pixels(s.p0.second, s.p1.second, s.p2.second, pixels, record + words, q, y + 1, pitch);
        }
        weights += 2 * quads;
        record += 2 * words;
        y += 2;
    }
}

/* Widens one patch; codes that fill no word go through `bytes` (a patch rounded up to 4) first. */
QC_INLINE void qc_pairs_widen(const qc_window *s, const uint8_t *x, int32_t row, int32_t column, int32_t depth, int x_signed,
                              uint32_t *lanes, uint8_t *bytes)
{
    const qc_layout widened = {1, QC_PAIRS_PIXELS, x_signed};

    if (depth % 4 == 0) {
        qc_patch(widened, s, x, row, column, depth, (uint8_t *)lanes);
    } else {
        const qc_layout plain = {0, 1, x_signed};

        qc_patch(plain, s, x, row, column, depth, bytes);
        qc_put_codes(widened, (uint8_t *)lanes, bytes, s->kernel_height * s->kernel_width * depth, 0);
    }
}

/* scratch: 6 bytes for each tap of one group's patch, rounded up to four taps; 7 where four do not divide its channels. */
QC_INLINE void qc_conv2d_pairs(const qc_window *s, const uint8_t *x, const uint32_t *weights, const int32_t *records, uint8_t *y,
                               uint32_t *scratch, qc_requant q, int x_signed, int carried)
{
    const int32_t depth = s->channels / s->groups;
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t pairs = (outputs + 1) / 2;
    const int32_t quads = (s->kernel_height * s->kernel_width * depth + 3) / 4;
    const int32_t total = s->out_height * s->out_width;
    uint8_t *const bytes = (uint8_t *)(scratch + 2 * QC_PAIRS_PIXELS * quads);
    int32_t group;
    int32_t pixel;
    int32_t i;

    for (group = 0; group < s->groups; group++) {
        int32_t row = 0;
        int32_t column = 0;

        for (pixel = 0; pixel < total; pixel += QC_PAIRS_PIXELS) {
            const int32_t pixels = total - pixel < QC_PAIRS_PIXELS ? total - pixel : QC_PAIRS_PIXELS;
            uint8_t *const out = y + pixel * s->out_channels;

            for (i = 0; i < QC_PAIRS_PIXELS; i++) {
                qc_pairs_widen(s, x, row, column, depth, x_signed, scratch + i, bytes);
                if (pixel + i < total - 1 && ++column == s->out_width) {
                    column = 0;
                    row++;
                }
            }
            /* The usual case apart, so that its stores need no tests. */
            if (pixels == QC_PAIRS_PIXELS && outputs % 2 == 0) {
                qc_pairs_block(scratch, weights, quads, pairs * 2, QC_PAIRS_PIXELS, carried, records, q, out, s->out_channels);
            } else {
                qc_pairs_block(scratch, weights, quads, outputs, pixels, carried, records, q, out, s->out_channels);
            }
        }
        weights += pairs * 2 * quads;
        records += pairs * 2 * qc_record_words(q);
        x += depth;
        y += outputs;
    }
}

#endif
