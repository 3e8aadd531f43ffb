/*
 * Convolution with general groups, strides, dilation and pads for cores with one kind of product, of 32 bits: patches of eight output
 * pixels are packed once, two pixels to a word, then multiplied with one output channel after the other (qc_halves_multiply.h).
 */
#ifndef QC_CONV2D_HALVES_H
#define QC_CONV2D_HALVES_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_halves_multiply.h"
#include "qc_requantize.h"
#include "qc_window.h"

/* A pixel's codes under the window: where its rows begin, and how far apart they are. */
typedef struct {
    const uint8_t *codes;
    int32_t line;
} qc_halves_pixel;

/* Packs `rows` rows of `columns` codes of two pixels; from word to word are QC_HALVES_PAIRS. Unsigned codes are stored less 128. */
QC_INLINE void qc_halves_pack(qc_halves_pixel low, qc_halves_pixel high, int32_t rows, int32_t columns, int x_signed, uint32_t *to)
{
    const int32_t flip = x_signed ? 0 : 128;

    int32_t i;

    for (; rows > 0; rows--) {
        for (i = 0; i < columns; i++) {
            const int32_t a = (int8_t)(low.codes[i] ^ flip);
            const int32_t b = (int8_t)(high.codes[i] ^ flip);

            *to = (uint32_t)a + ((uint32_t)b << 16);
            to += QC_HALVES_PAIRS;
        }
        low.codes += low.line;
        high.codes += high.line;
    }
}

#if QC_ARMV6M_ASSEMBLY
/* Where the codes of a channel go, and its constants. */
typedef struct {
    const qc_halves_sums *sums;
    uint8_t *y;
    int32_t pitch;
    int32_t lo;
    int32_t hi;
    int32_t addend;
    uint32_t multiplier_low; /* 16 bits of the multiplier each */
    int32_t multiplier_high;
} qc_halves_target;

/* Stores eight pixels' codes of the high-word form; shift 1..31, literal. A code takes 30 instructions. */
QC_INLINE void qc_halves_codes(const qc_halves_target *target, int shift)
{
    /* r0 = the code of the sum r0: qc_high_word, with the multiplier's halves in r6 and r7. */
#define QC_HALVES_CODE              \
    "lsls r0, r0, #8\n\t"           \
    "add r0, r10\n\t"               \
    "asrs r1, r0, #16\n\t"          \
    "uxth r0, r0\n\t"               \
    "movs r2, r0\n\t"               \
    "muls r2, r6, r2\n\t"           \
    "lsrs r2, r2, #16\n\t"          \
    "movs r3, r1\n\t"               \
    "muls r3, r6, r3\n\t"           \
    "adds r2, r2, r3\n\t"           \
    "muls r0, r7, r0\n\t"           \
    "muls r1, r7, r1\n\t"           \
    "uxth r3, r2\n\t"               \
    "adds r0, r0, r3\n\t"           \
    "asrs r0, r0, #16\n\t"          \
    "asrs r2, r2, #16\n\t"          \
    "adds r0, r0, r2\n\t"           \
    "adds r0, r0, r1\n\t"           \
    "asrs r0, r0, %[shift]\n\t"     \
    QC_ARMV6M_SATURATE("r0", "r8", "r9")
    register const qc_halves_target *at __asm__("r0") = target;

    __asm__ volatile(".syntax unified\n\t"
                     "push {r7}\n\t"
                     "ldmia r0!, {r1, r2, r3, r4, r5, r6}\n\t"
                     "mov r12, r3\n\t"
                     "lsls r3, r3, #2\n\t"
                     "mov lr, r3\n\t"
                     "mov r8, r4\n\t"
                     "mov r9, r5\n\t"
                     "mov r10, r6\n\t"
                     "movs r4, r2\n\t"
                     "movs r5, r1\n\t"
                     "ldmia r0!, {r6, r7}\n\t"
                     "adds r1, #32\n\t"
                     "push {r1}\n"
                     "1:\n\t"
                     "ldmia r5!, {r0, r1}\n\t"
                     "mov r11, r1\n\t"
                     "lsls r1, r1, #16\n\t"
                     "subs r0, r0, r1\n\t"
                     QC_HALVES_CODE
                     "strb r0, [r4]\n\t"
                     "mov r0, r11\n\t"
                     QC_HALVES_CODE
                     "mov r3, lr\n\t"
                     "strb r0, [r4, r3]\n\t"
                     "add r4, r12\n\t"
                     "ldr r3, [sp]\n\t"
                     "cmp r5, r3\n\t"
                     "bne 1b\n\t"
                     "pop {r1, r7}"
                     : "+r"(at)
                     : [shift] "i"(shift)
                     : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
#undef QC_HALVES_CODE
}
#endif

/* Stores one channel of the first `pixels` of eight; outputs of successive pixels are `pitch` bytes apart. */
QC_INLINE void qc_halves_store(const qc_halves_sums *sums, const int32_t *record, qc_requant q, int32_t pixels, uint8_t *y, int32_t pitch)
{
    int32_t i;

#if QC_ARMV6M_ASSEMBLY
    if (q.form == QC_HIGH_WORD && q.shift > 0 && pixels == 2 * QC_HALVES_PAIRS) {
        const qc_halves_target target = {sums, y, pitch, q.lo, q.hi, record[0], (uint32_t)record[1] & 0xFFFFu, record[1] >> 16};

        qc_halves_codes(&target, q.shift);
        return;
    }
#endif
    for (i = 0; i < pixels; i++, y += pitch) {
        const qc_halves_sums pair = sums[i % QC_HALVES_PAIRS];

        *y = qc_requantize(q, (int32_t)(i < QC_HALVES_PAIRS ? pair.both - (pair.high << 16) : pair.high), record);
    }
}

/* scratch: 18 * taps bytes, the taps of one group rounded up to 2. stream: per group, per output channel, as qc_halves_multiply reads it. */
QC_INLINE void qc_conv2d_halves(const qc_window *s, const uint8_t *x, const int8_t *stream, const int32_t *records, uint8_t *y,
                                uint32_t *scratch, qc_requant q, int x_signed)
{
    const qc_layout bytes = {0, 1, x_signed};
    const int32_t depth = s->channels / s->groups;
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t columns = s->kernel_width * depth;
    const int32_t taps = s->kernel_height * columns;
    const int32_t total = s->out_height * s->out_width;
    const int32_t line = s->width * s->channels;
    const int straight = depth == s->channels && s->dilation_x == 1;
    uint8_t *const copies = (uint8_t *)(scratch + QC_HALVES_PAIRS * taps);
    qc_halves_sums sums[QC_HALVES_PAIRS];
    int32_t group;
    int32_t first;
    int32_t i;

    for (group = 0; group < s->groups; group++) {
        const int8_t *weights = stream;

        for (first = 0; first < total; first += 2 * QC_HALVES_PAIRS) {
            const int32_t pixels = total - first < 2 * QC_HALVES_PAIRS ? total - first : 2 * QC_HALVES_PAIRS;
            const int32_t *record = records;
            int32_t o;

            for (i = 0; i < QC_HALVES_PAIRS; i++) {
                qc_halves_pixel pair[2];
                int32_t half;

                for (half = 0; half < 2; half++) {
                    /* Behind the last pixel it is packed once more. */
                    const int32_t wanted = first + i + half * QC_HALVES_PAIRS;
                    const int32_t pixel = wanted < total ? wanted : total - 1;
                    const int32_t row = pixel / s->out_width;
                    const int32_t column = pixel - row * s->out_width;

                    if (straight && qc_window_inside(s, row, column)) {
                        pair[half].codes = x + (row * s->stride_y - s->pad_top) * line + (column * s->stride_x - s->pad_left) * depth;
                        pair[half].line = s->dilation_y * line;
                    } else {
                        pair[half].codes = copies + half * taps;
                        pair[half].line = columns;
                        qc_patch(bytes, s, x, row, column, depth, copies + half * taps);
                    }
                }
                qc_halves_pack(pair[0], pair[1], s->kernel_height, columns, x_signed, scratch + i);
            }
            weights = stream;
            for (o = 0; o < outputs; o++) {
                weights = qc_halves_multiply(scratch, weights, sums);
                qc_halves_store(sums, record, q, pixels, y + first * s->out_channels + o, s->out_channels);
                record += qc_record_words(q);
            }
        }
        stream = weights;
        records += outputs * qc_record_words(q);
        x += depth;
        y += outputs;
    }
}

#endif
