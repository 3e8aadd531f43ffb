/*
 * 3x3 convolution with stride 1 by Winograd's F(2x2, 3x3), exact in integers, by packed multiplies (qc_dsp.h): four tiles of two rows
 * and two columns of outputs at a time. Y = A'[(G w G') * (B' x B)]A with G doubled and scaled by a power of two: all
 * transformed weights and codes fit 16 bits, sums wrap modulo 2^32, and each result is `scale` times the accumulator, which fits.
 * Output height and width are even, the width at least 8; input channels a multiple of 4, output channels even.
 *
 * Stream: per two output channels, per position of the 16, per two input channels (0, 2), (1, 3) of four: one word of lanes for each
 * output channel; then per output channel start, multiplier, addend (qc_blocks.h, for `scale` instead of 256).
 */
#ifndef QC_CONV2D_WINOGRAD_H
#define QC_CONV2D_WINOGRAD_H

#include <stdint.h>

#include "qc_blocks.h"
#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_window.h"

enum { QC_WINOGRAD_POSITIONS = 16, QC_WINOGRAD_TILES = 4, QC_WINOGRAD_SUMS = 8 };

/* B' of four words of lanes. */
#define QC_WINOGRAD_CODES(D0, D1, D2, D3, TO0, TO1, TO2, TO3) \
    do {                                                      \
        const uint32_t d0 = (D0);                             \
        const uint32_t d1 = (D1);                             \
        const uint32_t d2 = (D2);                             \
        const uint32_t d3 = (D3);                             \
                                                              \
        TO0 = qc_ssub16(d0, d2);                              \
        TO1 = qc_sadd16(d1, d2);                              \
        TO2 = qc_ssub16(d2, d1);                              \
        TO3 = qc_ssub16(d1, d3);                              \
    } while (0)

/* B' from the left of a column of four channels: four words of even channels, then four of odd ones. */
QC_INLINE void qc_winograd_column(uint32_t *to, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, int x_signed)
{
    QC_WINOGRAD_CODES(qc_even_lanes(c0, x_signed), qc_even_lanes(c1, x_signed), qc_even_lanes(c2, x_signed),
                      qc_even_lanes(c3, x_signed), to[0], to[1], to[2], to[3]);
    QC_WINOGRAD_CODES(qc_odd_lanes(c0, x_signed), qc_odd_lanes(c1, x_signed), qc_odd_lanes(c2, x_signed), qc_odd_lanes(c3, x_signed),
                      to[4], to[5], to[6], to[7]);
}

/* The same of ten columns. */
QC_INLINE void qc_winograd_columns(const qc_window *s, const uint8_t *x, int32_t top, int32_t left, uint32_t *columns, int x_signed)
{
    const uint32_t padding = s->pad_value * 0x01010101u;
    const int32_t width = s->width;
    const int32_t channels = s->channels;
    const int32_t pitch = width * channels;
    const int32_t above = top < 0 ? -top : 0;                                   /* rows over the border */
    const int32_t end = top + 4 > s->height ? s->height - top : 4;              /* and the first of those under it */
    const uint32_t whole = end - above == 4 ? (uint32_t)width : 0;              /* columns of four rows inside */
    const uint8_t *codes = x + top * pitch + (left < 0 ? 0 : left * channels);  /* of the first column inside */
    int32_t j;

    for (j = left; j < left + 10; j++) {
        uint32_t c0 = padding;
        uint32_t c1 = padding;
        uint32_t c2 = padding;
        uint32_t c3 = padding;

        if ((uint32_t)j < whole) {
            c0 = qc_load_word(codes);
            c1 = qc_load_word(codes + pitch);
            c2 = qc_load_word(codes + 2 * pitch);
            c3 = qc_load_word(codes + 3 * pitch);
            codes += channels;
        } else if ((uint32_t)j < (uint32_t)width) {
            c0 = above > 0 || end < 1 ? padding : qc_load_word(codes);
            c1 = above > 1 || end < 2 ? padding : qc_load_word(codes + pitch);
            c2 = above > 2 || end < 3 ? padding : qc_load_word(codes + 2 * pitch);
            c3 = above > 3 || end < 4 ? padding : qc_load_word(codes + 3 * pitch);
            codes += channels;
        }
        qc_winograd_column(columns, c0, c1, c2, c3, x_signed);
        columns += 8;
    }
}

/*
 * Transforms four tiles whose first outputs lie at (row, column), into lanes [position][pair of channels][tile]. `columns` is
 * working memory of 80 words.
 */
QC_INLINE void qc_winograd_transform(const qc_window *s, const uint8_t *x, int32_t row, int32_t column, uint32_t *lanes,
                                     uint32_t *columns, int x_signed)
{
    const int32_t plane = s->channels / 2 * QC_WINOGRAD_TILES;
    int32_t channel;

    for (channel = 0; channel < s->channels; channel += 4) {
        uint32_t *rows = lanes;
        int32_t i;

        qc_winograd_columns(s, x + channel, row - s->pad_top, column - s->pad_left, columns, x_signed);
        for (i = 0; i < 8; i++) {
            /* Even channels of four rows, then odd ones. A tile begins two columns behind the one before it. */
            const uint32_t *const from = columns + i;
            uint32_t *const to = rows + (i < 4 ? 0 : QC_WINOGRAD_TILES - 16 * plane);
            uint32_t a = from[0];
            uint32_t b = from[8];
            uint32_t c = from[16];
            uint32_t d = from[24];

#define QC_WINOGRAD_TILE(TILE, A, B, C, D) \
    QC_WINOGRAD_CODES(A, B, C, D, to[TILE], to[plane + TILE], to[2 * plane + TILE], to[3 * plane + TILE])
            QC_WINOGRAD_TILE(0, a, b, c, d);
            a = from[32];
            b = from[40];
            QC_WINOGRAD_TILE(1, c, d, a, b);
            c = from[48];
            d = from[56];
            QC_WINOGRAD_TILE(2, a, b, c, d);
            a = from[64];
            b = from[72];
            QC_WINOGRAD_TILE(3, c, d, a, b);
#undef QC_WINOGRAD_TILE
            rows += 4 * plane;
        }
        lanes += 2 * QC_WINOGRAD_TILES;
    }
}

/* Sums [position][channel of two][tile] of one stream's two channels; returns the stream behind their weights. `pairs` of input channels. */
QC_INLINE const uint32_t *qc_winograd_multiply(const uint32_t *lanes, const uint32_t *stream, int32_t *sums, int32_t pairs)
{
#if QC_DSP_ASSEMBLY
    register const uint32_t *r0 __asm__("r0") = lanes;
    register const uint32_t *r1 __asm__("r1") = stream;
    register int32_t *r2 __asm__("r2") = sums;
    register int32_t r3 __asm__("r3") = pairs;

    /* 16 products in 11 instructions of 4 bytes. The stack holds: sums, their end, first pair but one, end of lanes, plane. */
#define QC_WINOGRAD_FIRST             \
    "ldrd r12, lr, [r1], #8\n\t"      \
    "ldrd r10, r11, [r0], #8\n\t"     \
    "smuad r2, r10, r12\n\t"          \
    "smuad r6, r10, lr\n\t"           \
    "smuad r3, r11, r12\n\t"          \
    "smuad r7, r11, lr\n\t"           \
    "ldrd r10, r11, [r0], #8\n\t"     \
    "smuad r4, r10, r12\n\t"          \
    "smuad r8, r10, lr\n\t"           \
    "smuad r5, r11, r12\n\t"          \
    "smuad r9, r11, lr\n\t"
#define QC_WINOGRAD_PAIR              \
    "ldrd r12, lr, [r1], #8\n\t"      \
    "ldrd r10, r11, [r0], #8\n\t"     \
    "smlad r2, r10, r12, r2\n\t"      \
    "smlad r6, r10, lr, r6\n\t"       \
    "smlad r3, r11, r12, r3\n\t"      \
    "smlad r7, r11, lr, r7\n\t"       \
    "ldrd r10, r11, [r0], #8\n\t"     \
    "smlad r4, r10, r12, r4\n\t"      \
    "smlad r8, r10, lr, r8\n\t"       \
    "smlad r5, r11, r12, r5\n\t"      \
    "smlad r9, r11, lr, r9\n\t"
    __asm__ volatile("push {r4-r11, lr}\n\t"
                     "adr.w r4, 1f\n\t"
                     "rsb r5, r3, #1\n\t"
                     "and r5, r5, #7\n\t"
                     "mov r6, #44\n\t"
                     "mla r4, r5, r6, r4\n\t"
                     "orr r4, r4, #1\n\t"
                     "lsl r6, r3, #4\n\t"
                     "add r5, r0, r6\n\t"
                     "add r3, r2, #512\n\t"
                     "push {r2-r6}\n"
                     "0:\n\t" QC_WINOGRAD_FIRST
                     "ldr pc, [sp, #8]\n\t"
                     ".balign 4\n"
                     "1:\n\t" QC_WINOGRAD_PAIR QC_WINOGRAD_PAIR QC_WINOGRAD_PAIR QC_WINOGRAD_PAIR
                     QC_WINOGRAD_PAIR QC_WINOGRAD_PAIR QC_WINOGRAD_PAIR QC_WINOGRAD_PAIR
                     "ldr r12, [sp, #12]\n\t"
                     "cmp r0, r12\n\t"
                     "bne.w 1b\n\t"
                     "ldr r11, [sp, #16]\n\t"
                     "ldrd r10, lr, [sp]\n\t"
                     "add r12, r12, r11\n\t"
                     "stm r10!, {r2-r9}\n\t"
                     "str r12, [sp, #12]\n\t"
                     "str r10, [sp]\n\t"
                     "cmp r10, lr\n\t"
                     "bne.w 0b\n\t"
                     "add sp, #20\n\t"
                     "pop {r4-r11, lr}"
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)
                     :
                     : "r12", "cc", "memory");
#undef QC_WINOGRAD_PAIR
#undef QC_WINOGRAD_FIRST
    return r1;
#else
    int32_t position;
    int32_t pair;
    int32_t tile;

    for (position = 0; position < QC_WINOGRAD_POSITIONS; position++) {
        for (tile = 0; tile < QC_WINOGRAD_SUMS; tile++) {
            sums[tile] = 0;
        }
        for (pair = 0; pair < pairs; pair++) {
            for (tile = 0; tile < QC_WINOGRAD_TILES; tile++) {
                sums[tile] = qc_smlad(lanes[tile], stream[0], sums[tile]);
                sums[QC_WINOGRAD_TILES + tile] = qc_smlad(lanes[tile], stream[1], sums[QC_WINOGRAD_TILES + tile]);
            }
            lanes += QC_WINOGRAD_TILES;
            stream += 2;
        }
        sums += QC_WINOGRAD_SUMS;
    }
    return stream;
#endif
}

/* (high word of scaled*multiplier, plus addend) >> shift, saturated. */
QC_INLINE uint8_t qc_winograd_requantize(uint32_t scaled, uint32_t multiplier, uint32_t addend, int shift, int y_signed)
{
#if QC_DSP_ASSEMBLY
    uint32_t sum;

    __asm__("smmla %0, %1, %2, %3" : "=r"(sum) : "r"(scaled), "r"(multiplier), "r"(addend));
    return (uint8_t)qc_saturate_shifted((int32_t)sum, shift, y_signed);
#else
    return qc_requantize_high((int32_t)scaled, multiplier, addend, shift, y_signed);
#endif
}

/* A'MA of four tiles of one channel; positions lie QC_WINOGRAD_SUMS apart. pitch: bytes of a row of outputs. */
QC_INLINE void qc_winograd_outputs(const int32_t *sums, const uint32_t *constants, uint8_t *y, int32_t channels, int32_t pitch, int shift,
                                   int y_signed)
{
    const uint32_t start = constants[0];
    const uint32_t multiplier = constants[1];
    const uint32_t addend = constants[2];
    int32_t tile;

    for (tile = 0; tile < QC_WINOGRAD_TILES; tile++) {
        uint32_t a = start;
        uint32_t b = start;
        uint32_t c = start;
        uint32_t d = start;
        uint32_t upper;
        uint32_t lower;

        /* A column of positions is summed at a time: more of them do not fit the registers. */
#define QC_WINOGRAD_COLUMN(J)                                                 \
    do {                                                                      \
        const uint32_t m1 = (uint32_t)sums[QC_WINOGRAD_SUMS * (4 + (J))];     \
        const uint32_t m2 = (uint32_t)sums[QC_WINOGRAD_SUMS * (8 + (J))];     \
                                                                              \
        upper = (uint32_t)sums[QC_WINOGRAD_SUMS * (J)] + m1 + m2;             \
        lower = m1 - m2 - (uint32_t)sums[QC_WINOGRAD_SUMS * (12 + (J))];      \
    } while (0)
        QC_WINOGRAD_COLUMN(0);
        a += upper;
        c += lower;
        QC_AFTER(sums, c);
        QC_WINOGRAD_COLUMN(1);
        a += upper;
        b += upper;
        c += lower;
        d += lower;
        QC_AFTER(sums, d);
        QC_WINOGRAD_COLUMN(2);
        a += upper;
        b -= upper;
        c += lower;
        d -= lower;
        QC_AFTER(sums, d);
        QC_WINOGRAD_COLUMN(3);
#undef QC_WINOGRAD_COLUMN
        y[0] = qc_winograd_requantize(a, multiplier, addend, shift, y_signed);
        y[channels] = qc_winograd_requantize(b - upper, multiplier, addend, shift, y_signed);
        y[pitch] = qc_winograd_requantize(c, multiplier, addend, shift, y_signed);
        y[pitch + channels] = qc_winograd_requantize(d - lower, multiplier, addend, shift, y_signed);
        sums++;
        y += 2 * channels;
    }
}

/* scratch: 128 bytes for each input channel, and 512. */
QC_INLINE void qc_conv2d_winograd(const qc_window *s, const uint8_t *x, const uint32_t *stream, uint8_t *y, uint32_t *scratch, int shift,
                                  int x_signed, int y_signed)
{
    const int32_t pairs = s->channels / 2;
    const int32_t channels = s->out_channels;
    const int32_t pitch = s->out_width * channels;
    int32_t *const sums = (int32_t *)(void *)(scratch + QC_WINOGRAD_POSITIONS * QC_WINOGRAD_TILES * pairs);
    int32_t row;
    int32_t next;

    for (row = 0; row < s->out_height; row += 2) {
        for (next = 0; next < s->out_width; next += 2 * QC_WINOGRAD_TILES) {
            /* The last tiles of a row reach back over tiles that are done already. */
            const int32_t column = s->out_width - next < 2 * QC_WINOGRAD_TILES ? s->out_width - 2 * QC_WINOGRAD_TILES : next;
            const uint32_t *weights = stream;
            uint8_t *out = y + row * pitch + column * channels;
            int32_t left;

            qc_winograd_transform(s, x, row, column, scratch, (uint32_t *)(void *)sums, x_signed);
            for (left = channels; left > 0; left -= 2) {
                int32_t channel;

                weights = qc_winograd_multiply(scratch, weights, sums, pairs);
                for (channel = 0; channel < 2; channel++) {
                    qc_winograd_outputs(sums + QC_WINOGRAD_TILES * channel, weights, out, channels, pitch, shift, y_signed);
                    weights += 3;
                    out++;
                }
            }
        }
    }
}

#endif
