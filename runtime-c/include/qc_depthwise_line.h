/*
 * Depthwise 3x3 convolution, pads of at most one, column stride 1 or 2, by packed multiplies (qc_dsp.h), for few output rows: a
 * channel's row at a time, from the image, without scratch.
 *
 * Stream: per channel the lanes (w0, w1) of kernel rows 0 and 1 for each kernel column, then row 2: the lanes of columns 0 and 1, and
 * column 2; start, multiplier. Weights are scaled by 256.
 * y = saturate((high word of (256*acc + start)*multiplier) >> shift): SMMUL and SSAT.
 * Kernel rows over the border become part of the start: their codes are all the same.
 */
#ifndef QC_DEPTHWISE_LINE_H
#define QC_DEPTHWISE_LINE_H

#include <stdint.h>

#include "qc_blocks.h"
#include "qc_code.h"
#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_window.h"

enum { QC_LINE_RECORD = 7, QC_LINE_START = 5, QC_LINE_MULTIPLIER = 6 };

/* A row of some channels; read by the assembly in this order. */
typedef struct {
    const uint8_t *end;      /* behind the last column that the loop reads */
    const uint8_t *x;        /* the first column of the image */
    const uint32_t *records;
    int32_t channels;
    uint32_t padding;        /* the padding code in both lanes */
    int32_t begins;          /* whether column 0 of the windows is padding */
    int32_t entry;           /* outputs of the loop, of which it makes four at a time: how many first; 4 where it makes none */
    int32_t ends;            /* whether the last column is padding */
    uint32_t step;           /* 65536 times the bytes from column to column */
    uint8_t *y;
} qc_line;

#if QC_DSP_ASSEMBLY
/*
 * r0: the column, r1 and r2: bytes to its second and third row, r3: from behind the column to its output (stride 2: the output);
 * r4..r7 and the low half of r8: weights, the high half of r8: step, r9 and r11: sums (stride 2, r11: the end), r10: multiplier,
 * r12: codes of rows 0 and 1, lr: of row 2. The stack holds start, then a qc_line.
 */
#define QC_LINE_COLUMN(LOAD)                   \
    LOAD " r12, [r0]\n\t"                      \
    LOAD " lr, [r0, r1]\n\t"                   \
    "pkhbt r12, r12, lr, lsl #16\n\t"          \
    LOAD " lr, [r0, r2]\n\t"                   \
    "add r0, r0, r8, asr #16\n\t"
#define QC_LINE_TAPS_0(A) "smlad " A ", r12, r4, " A "\n\tsmlabb " A ", lr, r7, " A "\n\t"
#define QC_LINE_TAPS_1(A) "smlad " A ", r12, r5, " A "\n\tsmlabt " A ", lr, r7, " A "\n\t"
#define QC_LINE_TAPS_2(A, ROW2) "smlad " A ", r12, r6, " A "\n\tsmlabb " A ", " ROW2 ", r8, " A "\n\t"
#define QC_LINE_CODE(SATURATE, A) "smmul " A ", " A ", r10\n\t" SATURATE " " A ", #8, " A ", asr %[shift]\n\t"
#define QC_LINE_BEGIN(LOAD)                    \
    "push {r4-r11, lr}\n\t"                    \
    "ldm r12, {r4-r12, lr}\n\t"                \
    "sub sp, #44\n\t"                          \
    "add r0, sp, #4\n\t"                       \
    "stm r0, {r4-r12, lr}\n"                   \
    "0:\n\t"                                   \
    "ldrd r0, r12, [sp, #8]\n\t"               \
    "ldm r12!, {r4-r10}\n\t"                   \
    "str r12, [sp, #12]\n\t"                   \
    "str r9, [sp]\n\t"                         \
    "ldr lr, [sp, #36]\n\t"                    \
    "pkhbt r8, r8, lr\n\t"                     \
    "ldrd r12, lr, [sp, #20]\n\t"              \
    "cmp lr, #0\n\t"                           \
    "beq 5f\n\t"                               \
    "mov lr, r12\n\t"                          \
    "b 6f\n"                                   \
    "5:\n\t"                                   \
    QC_LINE_COLUMN(LOAD)                       \
    "6:\n\t"                                   \
    QC_LINE_TAPS_0("r9")
#define QC_LINE_END                            \
    "ldrd r4, r5, [sp, #4]\n\t"                \
    "add r4, r4, #1\n\t"                       \
    "add r5, r5, #1\n\t"                       \
    "strd r4, r5, [sp, #4]\n\t"                \
    "ldr r6, [sp, #16]\n\t"                    \
    "subs r6, r6, #1\n\t"                      \
    "str r6, [sp, #16]\n\t"                    \
    "bne.w 0b\n\t"                             \
    "add sp, #44\n\t"                          \
    "pop {r4-r11, lr}"
/* A column ends the output A, continues B and begins the one behind it. */
#define QC_LINE_STEP(LOAD, SATURATE, A, B)     \
    QC_LINE_COLUMN(LOAD)                       \
    QC_LINE_TAPS_2(A, "lr")                    \
    QC_LINE_TAPS_1(B)                          \
    QC_LINE_CODE(SATURATE, A)                  \
    "strb " A ", [r0, r3]\n\t"                 \
    "ldr " A ", [sp]\n\t"                      \
    QC_LINE_TAPS_0(A)
#define QC_LINE_STRIDE_1(LOAD, SATURATE)               \
    QC_LINE_BEGIN(LOAD)                                \
    QC_LINE_COLUMN(LOAD)                               \
    "ldr r11, [sp]\n\t"                                \
    QC_LINE_TAPS_0("r11")                              \
    QC_LINE_TAPS_1("r9")                               \
    "ldr r12, [sp, #28]\n\t"                           \
    "tst r12, #1\n\t"                                  \
    "beq 8f\n\t"                                       \
    "cmp r12, #1\n\t"                                  \
    "mov r12, r9\n\t"                                  \
    "mov r9, r11\n\t"                                  \
    "mov r11, r12\n\t"                                 \
    "beq 3f\n\t"                                       \
    "b 9f\n"                                           \
    "8:\n\t"                                           \
    "cmp r12, #2\n\t"                                  \
    "beq 2f\n\t"                                       \
    "bhi 4f\n"                                         \
    "1:\n\t"                                           \
    QC_LINE_STEP(LOAD, SATURATE, "r9", "r11")          \
    "9:\n\t"                                           \
    QC_LINE_STEP(LOAD, SATURATE, "r11", "r9")          \
    "2:\n\t"                                           \
    QC_LINE_STEP(LOAD, SATURATE, "r9", "r11")          \
    "3:\n\t"                                           \
    QC_LINE_STEP(LOAD, SATURATE, "r11", "r9")          \
    "ldr r12, [sp, #4]\n\t"                            \
    "cmp r0, r12\n\t"                                  \
    "bne 1b\n"                                         \
    "4:\n\t"                                           \
    "ldr lr, [sp, #32]\n\t"                            \
    "cmp lr, #0\n\t"                                   \
    "beq 7f\n\t"                                       \
    "ldr r12, [sp, #20]\n\t"                           \
    QC_LINE_TAPS_2("r9", "r12")                        \
    QC_LINE_CODE(SATURATE, "r9")                       \
    "add r0, r0, r8, asr #16\n\t"                      \
    "strb r9, [r0, r3]\n"                              \
    "7:\n\t"                                           \
    QC_LINE_END
#define QC_LINE_STRIDE_2(LOAD, SATURATE)               \
    QC_LINE_BEGIN(LOAD)                                \
    "ldr r3, [sp, #40]\n\t"                            \
    "add r12, r3, #1\n\t"                              \
    "str r12, [sp, #40]\n\t"                           \
    "ldr r11, [sp, #4]\n\t"                            \
    "ldr r12, [sp, #28]\n\t"                           \
    "cmp r12, #4\n\t"                                  \
    "beq 4f\n"                                         \
    "1:\n\t"                                           \
    QC_LINE_COLUMN(LOAD)                               \
    QC_LINE_TAPS_1("r9")                               \
    QC_LINE_COLUMN(LOAD)                               \
    QC_LINE_TAPS_2("r9", "lr")                         \
    QC_LINE_CODE(SATURATE, "r9")                       \
    "strb r9, [r3]\n\t"                                \
    "add r3, r3, r8, asr #16\n\t"                      \
    "ldr r9, [sp]\n\t"                                 \
    QC_LINE_TAPS_0("r9")                               \
    "cmp r0, r11\n\t"                                  \
    "bne 1b\n"                                         \
    "4:\n\t"                                           \
    "ldr lr, [sp, #32]\n\t"                            \
    "cmp lr, #0\n\t"                                   \
    "beq 7f\n\t"                                       \
    QC_LINE_COLUMN(LOAD)                               \
    QC_LINE_TAPS_1("r9")                               \
    "ldr r12, [sp, #20]\n\t"                           \
    QC_LINE_TAPS_2("r9", "r12")                        \
    QC_LINE_CODE(SATURATE, "r9")                       \
    "strb r9, [r3]\n"                                  \
    "7:\n\t"                                           \
    QC_LINE_END
#endif

/* One output row of a line's channels; the rows of the windows lie `second` and `third` bytes behind the first. */
QC_INLINE void qc_line_row(const qc_window *s, const qc_line *line, int32_t second, int32_t third, int32_t stride, int shift, int x_signed,
                           int y_signed)
{
#if QC_DSP_ASSEMBLY
    const int32_t columns = 3 - line->begins;
    register uintptr_t r0 __asm__("r0") = (uintptr_t)line->x;
    register int32_t r1 __asm__("r1") = second;
    register int32_t r2 __asm__("r2") = third;
    register uintptr_t r3 __asm__("r3") = (uintptr_t)line->y - (uintptr_t)line->x - (uintptr_t)(columns * s->channels);
    register const qc_line *r12 __asm__("r12") = line;

#define QC_LINE(BODY)                                                                                                   \
    __asm__ volatile(BODY : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r12) : [shift] "i"(shift) : "cc", "memory")
#define QC_LINE_FORMS(BODY)           \
    if (x_signed && y_signed) {       \
        QC_LINE(BODY("ldrsb", "ssat")); \
    } else if (x_signed) {            \
        QC_LINE(BODY("ldrsb", "usat")); \
    } else if (y_signed) {            \
        QC_LINE(BODY("ldrb", "ssat")); \
    } else {                          \
        QC_LINE(BODY("ldrb", "usat")); \
    }
    if (stride == 1) {
        QC_LINE_FORMS(QC_LINE_STRIDE_1)
    } else {
        QC_LINE_FORMS(QC_LINE_STRIDE_2)
    }
#undef QC_LINE_FORMS
#undef QC_LINE
#else
    const uint32_t *record = line->records;
    int32_t channel;
    int32_t output;
    int32_t kx;

    for (channel = 0; channel < line->channels; channel++) {
        const uint32_t row2[3] = {record[3], record[3] >> 16, record[4]};
        const uint8_t *const x = line->x + channel;
        uint8_t *y = line->y + channel;

        for (output = 0; output < s->out_width; output++) {
            int32_t sum = (int32_t)record[QC_LINE_START];

            for (kx = 0; kx < 3; kx++) {
                const int32_t ix = output * stride - s->pad_left + kx;
                uint32_t codes = line->padding;
                uint32_t last = line->padding;

                if (ix >= 0 && ix < s->width) {
                    const uint8_t *const column = x + ix * s->channels;

                    codes = qc_pack_low((uint32_t)qc_code(column[0], x_signed), (uint32_t)qc_code(column[second], x_signed));
                    last = (uint32_t)qc_code(column[third], x_signed);
                }
                sum = qc_smlabb(last, row2[kx], qc_smlad(codes, record[kx], sum));
            }
            *y = qc_requantize_high(sum, record[QC_LINE_MULTIPLIER], 0, shift, y_signed);
            y += s->channels;
        }
        record += QC_LINE_RECORD;
    }
#endif
}

/* The record of a channel for windows of which only kernel rows first <= row < end lie in the image: they come first. */
QC_INLINE void qc_line_border(uint32_t *to, const uint32_t *record, int32_t first, int32_t end, uint32_t padding)
{
    const uint32_t row2[3] = {record[3], record[3] >> 16, record[4]};
    uint32_t third[3];
    int32_t start = (int32_t)record[QC_LINE_START];
    int32_t kx;

    for (kx = 0; kx < 3; kx++) {
        uint32_t pair = record[kx];
        uint32_t last = row2[kx] & 0xFFFFu;

        if (first > 0) {
            start = qc_smlabb(pair, padding, start);
            pair = (pair >> 16) | (last << 16);
            last = 0;
        }
        start = end - first < 3 ? qc_smlabb(last, padding, start) : start;
        third[kx] = end - first < 3 ? 0 : last;
        if (end - first < 2) {
            start = qc_smlabb(pair >> 16, padding, start);
            pair &= 0xFFFFu;
        }
        to[kx] = pair;
    }
    to[3] = third[0] | (third[1] << 16);
    to[4] = third[2];
    to[QC_LINE_START] = (uint32_t)start;
    to[QC_LINE_MULTIPLIER] = record[QC_LINE_MULTIPLIER];
}

/* Every window must touch the image, and only its first and last column may lie over the border. stride is stride_x, literal: 1 or 2. */
QC_INLINE void qc_depthwise_line(const qc_window *s, const uint8_t *x, const uint32_t *stream, uint8_t *y, int32_t stride, int shift,
                                 int x_signed, int y_signed)
{
    const int32_t pitch = s->width * s->channels;
    const int32_t ends = (s->out_width - 1) * stride + 3 - s->pad_left > s->width;
    const int32_t outputs = s->out_width - ends;
    const int32_t columns = stride == 1 ? 2 - s->pad_left + outputs : 1 - s->pad_left + 2 * outputs;
    const uint32_t padding = ((uint32_t)qc_code(s->pad_value, x_signed) & 0xFFFFu) * 0x10001u;
    int32_t row;

    for (row = 0; row < s->out_height; row++) {
        const int32_t top = row * s->stride_y - s->pad_top;
        const int32_t first = top < 0 ? 1 : 0;
        const int32_t end = top + 3 > s->height ? s->height - top : 3;
        const int32_t second = end - first > 1 ? pitch : 0;
        const int32_t third = end - first > 2 ? 2 * pitch : 0;
        const uint8_t *const codes = x + (top + first) * pitch;
        const int inside = end - first == 3;
        uint32_t border[QC_LINE_RECORD];
        qc_line line = {codes + columns * s->channels, codes, inside ? stream : border, inside ? s->channels : 1, padding, s->pad_left,
                        outputs == 0 ? 4 : outputs % 4, ends, (uint32_t)s->channels << 16, y};
        int32_t channel;

        for (channel = 0; channel < s->channels; channel += line.channels) {
            if (!inside) {
                qc_line_border(border, stream + channel * QC_LINE_RECORD, first, end, padding);
            }
            qc_line_row(s, &line, second, third, stride, shift, x_signed, y_signed);
            line.end++;
            line.x++;
            line.y++;
        }
        y += s->out_width * s->channels;
    }
}

#endif
