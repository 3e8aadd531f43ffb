/*
 * 3x3 convolution with stride 1 by Winograd's F(4x4, 3x3), exact in integers, for cores without packed multiplies: four tiles of four
 * by four outputs by four output channels at a time. Y = A'[(G w G') * (B' x B)]A, with G's first five rows times 24 and the last
 * column of A' times 24: transformed weights stay within 144*128, transformed codes within 100*255, so both fit 16 bits; sums
 * wrap modulo 2^32, where each result is 576 times the accumulator, and 256 times it is that times 4/9: 9 has an inverse.
 * Outputs are at least four by four pixels and four channels; input channels a multiple of 4.
 *
 * Stream: its number of words, right shift, least and greatest code; then per four output channels: the first of them; per
 * channel {addend, multiplier} of QC_HIGH_WORD (qc_requantize.h); per position of the 36, per input channel two words: the
 * transformed weights of the four channels.
 */
#ifndef QC_CONV2D_WINOGRAD4_H
#define QC_CONV2D_WINOGRAD4_H

#include <stdint.h>

#include "qc_assembly.h"
#include "qc_code.h"
#include "qc_config.h"
#include "qc_requantize.h"
#include "qc_window.h"

enum { QC_WINOGRAD4_HEAD = 4, QC_WINOGRAD4_CONSTANTS = 9, QC_WINOGRAD4_POSITIONS = 36, QC_WINOGRAD4_SUMS = 16 };

/* B' of six values. */
#define QC_WINOGRAD4_CODES(TYPE, D0, D1, D2, D3, D4, D5, TO, STEP) \
    do {                                                           \
        const int32_t a = (D4) - 4 * (D2);                         \
        const int32_t b = (D3) - 4 * (D1);                         \
        const int32_t c = (D4) - (D2);                             \
        const int32_t e = 2 * ((D3) - (D1));                       \
        const int32_t first = 4 * ((D0) - (D2)) + c;               \
        const int32_t last = (D5) - (D3) - 2 * e;                  \
                                                                   \
        (TO)[0] = (TYPE)first;                                     \
        (TO)[STEP] = (TYPE)(a + b);                                \
        (TO)[2 * (STEP)] = (TYPE)(a - b);                          \
        (TO)[3 * (STEP)] = (TYPE)(c + e);                          \
        (TO)[4 * (STEP)] = (TYPE)(c - e);                          \
        (TO)[5 * (STEP)] = (TYPE)last;                             \
    } while (0)

/* Transforms a tile of six rows of six pixels, `line` codes apart, into codes [position][channel][tile], of which it is one. */
QC_INLINE void qc_winograd4_transform(const uint8_t *x, int32_t line, int32_t channels, int16_t *codes, int x_signed)
{
    const int32_t plane = 4 * channels;
    int32_t channel;

    for (channel = 0; channel < channels; channel++) {
        int32_t columns[QC_WINOGRAD4_POSITIONS];
        int32_t *column = columns;
        const uint8_t *r0 = x + channel;
        const uint8_t *r1 = r0 + line;
        const uint8_t *r2 = r1 + line;
        const uint8_t *r3 = r2 + line;
        const uint8_t *r4 = r3 + line;
        const uint8_t *r5 = r4 + line;
        int16_t *to = codes + 4 * channel;

        while (column != columns + 6) {
            const int32_t d0 = qc_code(*r0, x_signed);
            const int32_t d1 = qc_code(*r1, x_signed);
            const int32_t d2 = qc_code(*r2, x_signed);
            const int32_t d3 = qc_code(*r3, x_signed);
            const int32_t d4 = qc_code(*r4, x_signed);
            const int32_t d5 = qc_code(*r5, x_signed);

            QC_WINOGRAD4_CODES(int32_t, d0, d1, d2, d3, d4, d5, column, 6);
            column++;
            r0 += channels;
            r1 += channels;
            r2 += channels;
            r3 += channels;
            r4 += channels;
            r5 += channels;
        }
        for (column = columns; column != columns + QC_WINOGRAD4_POSITIONS; column += 6) {
            QC_WINOGRAD4_CODES(int16_t, column[0], column[1], column[2], column[3], column[4], column[5], to, plane);
            to += 6 * plane;
        }
    }
}

/* What the assembly keeps in memory. */
typedef struct {
    int32_t *sums;
    int32_t plane; /* bytes of a position's codes */
    const int16_t *end;
} qc_winograd4_target;

/* Sums [position][tile][channel of four]. */
QC_INLINE void qc_winograd4_multiply(const int16_t *codes, const int16_t *weights, int32_t *sums, int32_t channels)
{
    const int16_t *const end = codes + QC_WINOGRAD4_POSITIONS * 4 * channels;
#if QC_RISCV_ASSEMBLY
    qc_winograd4_target state = {sums, 8 * channels, end};
    qc_winograd4_target *const target = &state;
    const int16_t *stop;

    /* 16 products in 40 instructions. */
#define QC_WINOGRAD4_TILE(CODE, A, B, C, D)       \
    "lh t0, " CODE "(%[codes])\n\t"              \
    "mul t1, t0, a4\n\t"                         \
    "mul ra, t0, a5\n\t"                         \
    "add " A ", " A ", t1\n\t"                   \
    "mul t1, t0, a6\n\t"                         \
    "add " B ", " B ", ra\n\t"                   \
    "mul ra, t0, a7\n\t"                         \
    "add " C ", " C ", t1\n\t"                   \
    "add " D ", " D ", ra\n\t"
#define QC_WINOGRAD4_CHANNEL(O0, O1, O2, O3)                  \
    "lh a4, " O0 "(%[weights])\n\t"                          \
    "lh a5, " O1 "(%[weights])\n\t"                          \
    "lh a6, " O2 "(%[weights])\n\t"                          \
    "lh a7, " O3 "(%[weights])\n\t"                          \
    QC_WINOGRAD4_TILE(O0, "s1", "s2", "s3", "s4")             \
    QC_WINOGRAD4_TILE(O1, "s5", "s6", "s7", "s8")             \
    QC_WINOGRAD4_TILE(O2, "s9", "s10", "s11", "t2")           \
    QC_WINOGRAD4_TILE(O3, "t3", "t4", "t5", "t6")
    __asm__ volatile("0:\n\t"
                     "lw t0, 4(%[target])\n\t"
                     "add %[stop], %[codes], t0\n\t"
                     "li s1, 0\n\tli s2, 0\n\tli s3, 0\n\tli s4, 0\n\tli s5, 0\n\tli s6, 0\n\tli s7, 0\n\tli s8, 0\n\t"
                     "li s9, 0\n\tli s10, 0\n\tli s11, 0\n\tli t2, 0\n\tli t3, 0\n\tli t4, 0\n\tli t5, 0\n\tli t6, 0\n"
                     "1:\n\t"
                     QC_WINOGRAD4_CHANNEL("0", "2", "4", "6")
                     QC_WINOGRAD4_CHANNEL("8", "10", "12", "14")
                     QC_WINOGRAD4_CHANNEL("16", "18", "20", "22")
                     QC_WINOGRAD4_CHANNEL("24", "26", "28", "30")
                     "addi %[codes], %[codes], 32\n\t"
                     "addi %[weights], %[weights], 32\n\t"
                     "bne %[codes], %[stop], 1b\n\t"
                     "lw t0, 0(%[target])\n\t"
                     "lw t1, 8(%[target])\n\t"
                     "sw s1, 0(t0)\n\tsw s2, 4(t0)\n\tsw s3, 8(t0)\n\tsw s4, 12(t0)\n\t"
                     "sw s5, 16(t0)\n\tsw s6, 20(t0)\n\tsw s7, 24(t0)\n\tsw s8, 28(t0)\n\t"
                     "sw s9, 32(t0)\n\tsw s10, 36(t0)\n\tsw s11, 40(t0)\n\tsw t2, 44(t0)\n\t"
                     "sw t3, 48(t0)\n\tsw t4, 52(t0)\n\tsw t5, 56(t0)\n\tsw t6, 60(t0)\n\t"
                     "addi t0, t0, 64\n\t"
                     "sw t0, 0(%[target])\n\t"
                     "bne %[codes], t1, 0b"
                     : [codes] "+&r"(codes), [weights] "+&r"(weights), [stop] "=&r"(stop)
                     : [target] "r"(target)
                     : "memory", "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8",
                       "s9", "s10", "s11", "a4", "a5", "a6", "a7");
#undef QC_WINOGRAD4_CHANNEL
#undef QC_WINOGRAD4_TILE
#else
    while (codes != end) {
        int32_t left;
        int i;

        for (i = 0; i < QC_WINOGRAD4_SUMS; i++) {
            sums[i] = 0;
        }
        for (left = channels; left > 0; left--) {
            for (i = 0; i < QC_WINOGRAD4_SUMS; i++) {
                sums[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)(codes[i / 4] * weights[i % 4]));
            }
            codes += 4;
            weights += 4;
        }
        sums += QC_WINOGRAD4_SUMS;
    }
#endif
}

/* A' of six values, `step` apart, as four values: y0 to y3. */
#define QC_WINOGRAD4_OUTPUTS(M, STEP)               \
    const uint32_t p = (M)[STEP] + (M)[2 * (STEP)]; \
    const uint32_t q = (M)[STEP] - (M)[2 * (STEP)]; \
    const uint32_t r = (M)[3 * (STEP)] + (M)[4 * (STEP)]; \
    const uint32_t t = (M)[3 * (STEP)] - (M)[4 * (STEP)]; \
    const uint32_t y0 = (M)[0] + p + r;             \
    const uint32_t y1 = q + 2 * t;                  \
    const uint32_t y2 = p + 4 * r;                  \
    const uint32_t y3 = q + 8 * (t + 3 * (M)[5 * (STEP)])

/* What the outputs of a tile need besides their channel's constants. */
typedef struct {
    int32_t shift;
    int32_t lo;
    int32_t hi;
    int32_t channels;
    int32_t pitch; /* bytes of a row of outputs */
} qc_winograd4_layer;

/* The code of 576 times an accumulator. */
QC_INLINE uint8_t qc_winograd4_code(uint32_t sum, uint32_t addend, int32_t multiplier, qc_winograd4_layer l)
{
    /* 9 * 0x38E38E39 = 1 modulo 2^32. */
    const uint32_t scaled = sum * (4 * 0x38E38E39u) + addend;

    return (uint8_t)qc_saturate(qc_high_word((int32_t)scaled, multiplier) >> l.shift, l.lo, l.hi);
}

/* A'MA of one tile of one channel; positions lie QC_WINOGRAD4_SUMS apart. */
QC_INLINE void qc_winograd4_outputs(const uint32_t *sums, uint32_t addend, int32_t multiplier, qc_winograd4_layer l, uint8_t *y)
{
    uint32_t rows[24];
    uint32_t *row = rows;

    for (; row != rows + 6; row++) {
        QC_WINOGRAD4_OUTPUTS(sums, 6 * QC_WINOGRAD4_SUMS);

        row[0] = y0;
        row[6] = y1;
        row[12] = y2;
        row[18] = y3;
        sums += QC_WINOGRAD4_SUMS;
    }
    for (row = rows; row != rows + 24; row += 6) {
        QC_WINOGRAD4_OUTPUTS(row, 1);
        uint8_t *to = y;

        *to = qc_winograd4_code(y0, addend, multiplier, l);
        to += l.channels;
        *to = qc_winograd4_code(y1, addend, multiplier, l);
        to += l.channels;
        *to = qc_winograd4_code(y2, addend, multiplier, l);
        to += l.channels;
        *to = qc_winograd4_code(y3, addend, multiplier, l);
        y += l.pitch;
    }
}

/* The first row or column of tile `index` along a side of `size`: the last tiles reach back over outputs that are done. */
QC_INLINE int32_t qc_winograd4_place(int32_t index, int32_t size)
{
    return 4 * index < size - 4 ? 4 * index : size - 4;
}

/* scratch: for each input channel 288 bytes, and 36 for the copy of a tile that may be outside the image; and 2304. */
QC_INLINE void qc_conv2d_winograd4(const qc_window *s, const uint8_t *x, const uint32_t *stream, uint8_t *y, uint32_t *scratch,
                                   int x_signed)
{
    const qc_layout bytes = {0, 1, x_signed};
    const qc_winograd4_layer layer = {(int32_t)stream[1], (int32_t)stream[2], (int32_t)stream[3], s->out_channels,
                                      s->out_width * s->out_channels};
    const int32_t across = (s->out_width + 3) / 4;
    const int32_t tiles = (s->out_height + 3) / 4 * across;
    const int32_t line = s->width * s->channels;
    const uint32_t *const end = stream + stream[0];
    int16_t *const codes = (int16_t *)(void *)scratch;
    uint32_t *const sums = scratch + QC_WINOGRAD4_POSITIONS * 2 * s->channels;
    uint8_t *const copy = (uint8_t *)(sums + QC_WINOGRAD4_POSITIONS * QC_WINOGRAD4_SUMS);
    qc_window six = *s;
    int32_t first;

    six.kernel_height = 6;
    six.kernel_width = 6;
    for (first = 0; first < tiles; first += 4) {
        const uint32_t *next = stream + QC_WINOGRAD4_HEAD;
        int32_t places[4];
        int32_t tile;

        for (tile = 0; tile < 4; tile++) {
            const int32_t index = first + tile < tiles ? first + tile : tiles - 1;
            const int32_t row = qc_winograd4_place(index / across, s->out_height);
            const int32_t column = qc_winograd4_place(index % across, s->out_width);
            const int inside = qc_window_inside(&six, row, column);

            places[tile] = row * layer.pitch + column * s->out_channels;
            if (!inside) {
                qc_patch(bytes, &six, x, row, column, s->channels, copy);
            }
            qc_winograd4_transform(inside ? x + (row - s->pad_top) * line + (column - s->pad_left) * s->channels : copy,
                                   inside ? line : 6 * s->channels, s->channels, codes + tile, x_signed);
        }
        while (next != end) {
            const uint32_t *constants = next + 1;
            int32_t channel;

            qc_winograd4_multiply(codes, (const int16_t *)(const void *)(next + QC_WINOGRAD4_CONSTANTS), (int32_t *)sums, s->channels);
            for (channel = 0; channel < 4; channel++) {
                for (tile = 0; tile < 4; tile++) {
                    qc_winograd4_outputs(sums + 4 * tile + channel, constants[0], (int32_t)constants[1], layer,
                                         y + places[tile] + next[0] + channel);
                }
                constants += 2;
            }
            next += QC_WINOGRAD4_CONSTANTS + QC_WINOGRAD4_POSITIONS * 2 * s->channels;
        }
    }
}

#endif
