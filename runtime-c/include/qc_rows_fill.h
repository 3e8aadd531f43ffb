/*
 * Filling the ring of qc_depthwise_rows.h: a row of four channels as words of two columns, [channel][pair of columns], with
 * three words (the slots of the ring) for each pair.
 */
#ifndef QC_ROWS_FILL_H
#define QC_ROWS_FILL_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_window.h"

enum { QC_ROWS_GROUP = 4 };

/* Where the columns of a row come from; read by the assembly in this order. */
typedef struct {
    int32_t plane;     /* bytes of a channel in the ring */
    uint32_t padding;  /* four padding codes, signed */
    int32_t left;      /* twice the pairs that hold a column of the image and one behind it or padding before it, less 1; 1 more
                          when a pair of the last column and padding follows */
    int32_t begins;    /* whether the first of them holds padding and a column */
    int32_t step;      /* bytes from pixel to pixel */
    int32_t skipped;   /* pairs of padding alone before them */
} qc_rows_columns;

QC_INLINE qc_rows_columns qc_rows_columns_of(const qc_window *s, int32_t pairs, int32_t step, int x_signed)
{
    const int32_t skipped = s->pad_left / 2;
    const int32_t begins = s->pad_left % 2;
    const int32_t most = pairs - skipped - begins;
    const int32_t columns = s->width - begins;
    const int32_t inside = columns / 2 < most ? columns / 2 : most;
    const int32_t ends = inside < most ? columns % 2 : 0;
    const qc_rows_columns result = {12 * pairs, (s->pad_value * 0x01010101u) ^ (x_signed ? 0 : 0x80808080u),
                                    2 * (inside + begins) + ends - 1, begins, step, skipped};

    return result;
}

/* Widens four channels of one image row into a slot of the ring, at 256 times the signed codes. */
QC_INLINE void qc_rows_fill(uint32_t *to, const qc_rows_columns *columns, const uint8_t *x, int x_signed)
{
#if QC_DSP_ASSEMBLY
    register uint32_t *r0 __asm__("r0") = to;
    register const uint8_t *r1 __asm__("r1") = x;
    register const qc_rows_columns *r2 __asm__("r2") = columns;

    /* r3: plane, r4: three planes, r5: odd bytes, r6 and r7: codes of two columns, r12: left, lr: padding. */
#define QC_FILL_ROW(FIRST, SECOND)                     \
    __asm__ volatile("push {r4-r11, lr}\n\t"            \
                     "ldm r2, {r3, r6, r7, r8, r9}\n\t" \
                     "mov lr, r6\n\t"                   \
                     "mov r12, r7\n\t"                  \
                     "mov r2, r9\n\t"                   \
                     "mvn r5, #0x00FF00FF\n\t"          \
                     "add r4, r3, r3, lsl #1\n\t"       \
                     "cmp r8, #0\n\t"                   \
                     "beq 0f\n\t"                       \
                     "ldr r7, [r1]\n\t" SECOND          \
                     "add r1, r1, r2\n\t"               \
                     "b 2f\n"                           \
                     "0:\n\t"                           \
                     "cmp r12, #0\n\t"                  \
                     "ble 3f\n"                         \
                     "1:\n\t"                           \
                     "ldr r6, [r1]\n\t"                 \
                     "ldr r7, [r1, r2]\n\t"             \
                     "add r1, r1, r2, lsl #1\n\t"       \
                     FIRST SECOND                       \
                     "2:\n\t"                           \
                     "pkhbt r8, r6, r7, lsl #16\n\t"    \
                     "pkhtb r9, r7, r6, asr #16\n\t"    \
                     "and r6, r5, r8, lsl #8\n\t"       \
                     "and r7, r5, r8\n\t"               \
                     "and r10, r5, r9, lsl #8\n\t"      \
                     "and r11, r5, r9\n\t"              \
                     "str r7, [r0, r3]\n\t"             \
                     "str r10, [r0, r3, lsl #1]\n\t"    \
                     "str r11, [r0, r4]\n\t"            \
                     "str r6, [r0], #12\n\t"            \
                     "subs r12, #2\n\t"                 \
                     "bgt 1b\n"                         \
                     "3:\n\t"                           \
                     "bne 4f\n\t"                       \
                     "ldr r6, [r1]\n\t" FIRST           \
                     "mov r7, lr\n\t"                   \
                     "b 2b\n"                           \
                     "4:\n\t"                           \
                     "pop {r4-r11, lr}"                 \
                     : "+r"(r0), "+r"(r1), "+r"(r2) : : "r3", "r12", "cc", "memory")
    to += 3 * columns->skipped;
    r0 = to;
    if (x_signed) {
        QC_FILL_ROW("", "");
    } else {
        QC_FILL_ROW("eor r6, r6, #0x80808080\n\t", "eor r7, r7, #0x80808080\n\t");
    }
#undef QC_FILL_ROW
#else
    const uint32_t sign = x_signed ? 0 : 0x80808080u;
    const int32_t plane = columns->plane / 4;
    int32_t left;

    to += 3 * columns->skipped;
    for (left = columns->left; left >= 0; left -= 2) {
        uint32_t codes[2] = {columns->padding, columns->padding};
        int32_t channel;

        if (!columns->begins || left != columns->left) {
            codes[0] = qc_load_word(x) ^ sign;
            x += columns->step;
        }
        if (left > 0) {
            codes[1] = qc_load_word(x) ^ sign;
            x += columns->step;
        }
        for (channel = 0; channel < QC_ROWS_GROUP; channel++) {
            const uint32_t first = (codes[0] >> (8 * channel)) & 0xFFu;
            const uint32_t second = (codes[1] >> (8 * channel)) & 0xFFu;

            to[channel * plane] = (first << 8) | (second << 24);
        }
        to += 3;
    }
#endif
}

/* A row of padding. */
QC_SHARED void qc_rows_pad(uint32_t *to, int32_t pairs, const qc_rows_columns *columns)
{
    const uint32_t padding = columns->padding & 0xFF00FF00u;

    for (; pairs > 0; pairs--) {
        to[0] = padding;
        to[3] = padding;
        to[6] = padding;
        to[9] = padding;
        to += 3 * QC_ROWS_GROUP;
    }
}

#endif
