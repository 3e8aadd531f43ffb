/*
 * qc_depthwise_rolling.h for a literal number of channels (at most 511) and rows of at least two outputs. In assembly, two columns of
 * outputs at a time, all that they need lies in registers and the way from column to column in instructions.
 */
#ifndef QC_DEPTHWISE_COLUMNS_H
#define QC_DEPTHWISE_COLUMNS_H

#include <stdint.h>

#include "qc_assembly.h"
#include "qc_code.h"
#include "qc_config.h"
#include "qc_depthwise_rolling.h"
#include "qc_requantize.h"
#include "qc_riscv_code.h"
#include "qc_window.h"

#if QC_RISCV_ASSEMBLY
/* Rows of outputs whose windows reach outside the image alike. The assembly knows the offsets. */
typedef struct {
    const uint8_t *lines[3];  /* 0: of the first row, from the first window's left column on */
    uint8_t *y;               /* 12 */
    const uint8_t *end;       /* 16: one column behind the first row's last output whose right column is inside */
    const uint8_t *last;      /* 20: the same for the row behind the last */
    int32_t line_step;        /* 24: from where a row's columns end to the next row */
    int32_t out_line;         /* 28 */
    int32_t left_inside;      /* 32 */
    int32_t right_inside;     /* 36 */
    int32_t even;             /* 40: whether the outputs whose right column is inside are an even number */
    int32_t weights[9];       /* 44: times 256, column by column */
    uint32_t start;           /* 80: where sums begin, */
    uint32_t lead;            /* 84: with the share of a left column outside, */
    uint32_t trail;           /* 88: and the share of a right one */
    int32_t multiplier;       /* 92 */
    int32_t shift;            /* 96 */
    qc_high_words within;     /* 100 */
    int32_t greatest_code;    /* 108 */
} qc_column_rows;

/* x: a1-a3; y: a4; end: a5; start: a6; multiplier: a7; weights: s1-s9; sums of three neighbouring outputs: t2-t4; limits: t5, t6, s10; shift: s11. */
#define QC_COLUMNS_TAP(TO, FROM, WEIGHT) \
    "mul t1, t0, " WEIGHT "\n\t"         \
    "add " TO ", " FROM ", t1\n\t"
/* A column's part of one sum; of two; of three. */
#define QC_COLUMNS_ONE(LOAD, AT, TO, FROM, A, B, C)                    \
    LOAD " t0, " AT "(a1)\n\t" QC_COLUMNS_TAP(TO, FROM, A)             \
    LOAD " t0, " AT "(a2)\n\t" QC_COLUMNS_TAP(TO, TO, B)               \
    LOAD " t0, " AT "(a3)\n\t" QC_COLUMNS_TAP(TO, TO, C)
#define QC_COLUMNS_TWO(LOAD, AT, TO0, FROM0, A0, B0, C0, TO1, A1, B1, C1)                             \
    LOAD " t0, " AT "(a1)\n\t" QC_COLUMNS_TAP(TO0, FROM0, A0) QC_COLUMNS_TAP(TO1, "a6", A1)           \
    LOAD " t0, " AT "(a2)\n\t" QC_COLUMNS_TAP(TO0, TO0, B0) QC_COLUMNS_TAP(TO1, TO1, B1)              \
    LOAD " t0, " AT "(a3)\n\t" QC_COLUMNS_TAP(TO0, TO0, C0) QC_COLUMNS_TAP(TO1, TO1, C1)
#define QC_COLUMNS_THREE(LOAD, AT)                                                                                           \
    LOAD " t0, " AT "(a1)\n\t" QC_COLUMNS_TAP("t2", "t3", "s7") QC_COLUMNS_TAP("t3", "t4", "s4") QC_COLUMNS_TAP("t4", "a6", "s1") \
    LOAD " t0, " AT "(a2)\n\t" QC_COLUMNS_TAP("t2", "t2", "s8") QC_COLUMNS_TAP("t3", "t3", "s5") QC_COLUMNS_TAP("t4", "t4", "s2") \
    LOAD " t0, " AT "(a3)\n\t" QC_COLUMNS_TAP("t2", "t2", "s9") QC_COLUMNS_TAP("t3", "t3", "s6") QC_COLUMNS_TAP("t4", "t4", "s3")
#define QC_COLUMNS_CODE(AT) QC_RISCV_CODE("t2", "a7", "s11", "t5", "t6", "s10", AT "(a4)")
#define QC_COLUMNS_FORWARD(STEP)       \
    "addi a1, a1, " STEP "\n\t"        \
    "addi a2, a2, " STEP "\n\t"        \
    "addi a3, a3, " STEP "\n\t"
/* An output of a row with stride 1: its right column; with stride 2: its middle and right ones. */
#define QC_COLUMNS_OUTPUT_1(LOAD, MIDDLE, RIGHT) QC_COLUMNS_THREE(LOAD, RIGHT)
#define QC_COLUMNS_OUTPUT_2(LOAD, MIDDLE, RIGHT)                          \
    QC_COLUMNS_ONE(LOAD, MIDDLE, "t3", "t3", "s4", "s5", "s6")            \
    QC_COLUMNS_TWO(LOAD, RIGHT, "t2", "t3", "s7", "s8", "s9", "t3", "s1", "s2", "s3")
/* What comes before: the left column, and with stride 1 the middle one. */
#define QC_COLUMNS_LEFT(LOAD, SUM)                                      \
    "lw t0, 32(%[r])\n\t"                                               \
    "lw " SUM ", 84(%[r])\n\t"                                          \
    "beqz t0, 2f\n\t"                                                   \
    QC_COLUMNS_ONE(LOAD, "0", SUM, "a6", "s1", "s2", "s3") "2:\n\t"
#define QC_COLUMNS_BEGIN_1(LOAD) \
    QC_COLUMNS_LEFT(LOAD, "t4") QC_COLUMNS_TWO(LOAD, "%[p]", "t3", "t4", "s4", "s5", "s6", "t4", "s1", "s2", "s3")
#define QC_COLUMNS_BEGIN_2(LOAD) QC_COLUMNS_LEFT(LOAD, "t3")
/* The middle column of an output whose right one is outside, which stride 1 has seen. */
#define QC_COLUMNS_END_1(LOAD)
#define QC_COLUMNS_END_2(LOAD) QC_COLUMNS_ONE(LOAD, "%[m]", "t3", "t3", "s4", "s5", "s6")

/* An odd number of outputs begins with the second of the two in the loop. */
#define QC_COLUMNS_ROWS(LOAD, STRIDE, MIDDLE0, RIGHT0, MIDDLE1, RIGHT1)                                                    \
    __asm__ volatile("lw a1, 0(%[r])\n\tlw a2, 4(%[r])\n\tlw a3, 8(%[r])\n\tlw a4, 12(%[r])\n\tlw a5, 16(%[r])\n\t"          \
                     "lw s1, 44(%[r])\n\tlw s2, 48(%[r])\n\tlw s3, 52(%[r])\n\tlw s4, 56(%[r])\n\tlw s5, 60(%[r])\n\t"       \
                     "lw s6, 64(%[r])\n\tlw s7, 68(%[r])\n\tlw s8, 72(%[r])\n\tlw s9, 76(%[r])\n\tlw a6, 80(%[r])\n\t"       \
                     "lw a7, 92(%[r])\n\tlw s11, 96(%[r])\n\tlw t5, 100(%[r])\n\tlw t6, 104(%[r])\n\tlw s10, 108(%[r])\n"    \
                     "1:\n\t"                                                                                              \
                     QC_COLUMNS_BEGIN_##STRIDE(LOAD)                                                                       \
                     "lw t0, 40(%[r])\n\t"                                                                                 \
                     "beqz t0, 4f\n\t"                                                                                     \
                     "addi a4, a4, %[p]\n\t"                                                                               \
                     QC_COLUMNS_FORWARD("%[half]")                                                                         \
                     "3:\n\t"                                                                                              \
                     QC_COLUMNS_OUTPUT_##STRIDE(LOAD, MIDDLE0, RIGHT0)                                                     \
                     QC_COLUMNS_CODE("%[m]")                                                                               \
                     "4:\n\t"                                                                                              \
                     QC_COLUMNS_OUTPUT_##STRIDE(LOAD, MIDDLE1, RIGHT1)                                                     \
                     QC_COLUMNS_CODE("0")                                                                                  \
                     QC_COLUMNS_FORWARD("%[whole]")                                                                        \
                     "addi a4, a4, %[pp]\n\t"                                                                              \
                     "bne a4, a5, 3b\n\t"                                                                                  \
                     "lw t0, 36(%[r])\n\t"                                                                                 \
                     "bnez t0, 5f\n\t"                                                                                     \
                     QC_COLUMNS_END_##STRIDE(LOAD)                                                                         \
                     "lw t2, 88(%[r])\n\t"                                                                                 \
                     "add t2, t2, t3\n\t"                                                                                  \
                     QC_COLUMNS_CODE("%[m]")                                                                               \
                     "55:\n\t"                                                                                             \
                     "lw t0, 24(%[r])\n\t"                                                                                 \
                     "lw t1, 28(%[r])\n\t"                                                                                 \
                     "add a1, a1, t0\n\t"                                                                                  \
                     "add a2, a2, t0\n\t"                                                                                  \
                     "add a3, a3, t0\n\t"                                                                                  \
                     "lw t0, 20(%[r])\n\t"                                                                                 \
                     "add a5, a5, t1\n\t"                                                                                  \
                     "bne a5, t0, 1b\n\t"                                                                                  \
                     ".subsection 1\n"                                                                                     \
                     "5:\n\t"                                                                                              \
                     "addi a4, a4, %[m]\n\t"                                                                               \
                     "j 55b\n\t"                                                                                           \
                     ".previous"                                                                                           \
                     :                                                                                                     \
                     : [r] "r"(rows), [p] "i"(channels), [m] "i"(-channels), [pp] "i"(2 * channels), [half] "i"(STRIDE * channels),   \
                       [whole] "i"(2 * STRIDE * channels)                                                                  \
                     : "memory", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9",  \
                       "s10", "s11", "a1", "a2", "a3", "a4", "a5", "a6", "a7")

QC_INLINE void qc_column_rows_run(const qc_column_rows *rows, int stride, int channels, int x_signed)
{
    if (stride == 1) {
        if (x_signed) {
            QC_COLUMNS_ROWS("lb", 1, "", "%[p]", "", "%[pp]");
        } else {
            QC_COLUMNS_ROWS("lbu", 1, "", "%[p]", "", "%[pp]");
        }
    } else if (x_signed) {
        QC_COLUMNS_ROWS("lb", 2, "%[m]", "0", "%[p]", "%[pp]");
    } else {
        QC_COLUMNS_ROWS("lbu", 2, "%[m]", "0", "%[p]", "%[pp]");
    }
}
#endif

QC_INLINE void qc_depthwise_columns(const qc_window *s, const uint8_t *x, const int8_t *weights, const int32_t *records, uint8_t *y,
                                    qc_requant q, int x_signed, int stride, int channels)
{
#if QC_RISCV_ASSEMBLY
    const int32_t line = s->width * channels;
    const int32_t right_outside = (s->out_width - 1) * stride - s->pad_left + 2 >= s->width;
    const int32_t inside = s->out_width - right_outside;
    const int32_t pad = qc_code(s->pad_value, x_signed);
    const int32_t below = (s->out_height - 1) * s->stride_y - s->pad_top >= s->height - 2;
    const int32_t counts[3] = {s->pad_top, s->out_height - s->pad_top - below, below};
    qc_column_rows rows;
    int32_t channel;

    rows.out_line = s->out_width * channels;
    rows.line_step = s->stride_y * line - (inside + 1) * stride * channels;
    rows.left_inside = !s->pad_left;
    rows.right_inside = !right_outside;
    rows.even = inside % 2 == 0;
    rows.shift = q.shift;
    rows.within = qc_high_words_within(q.lo, q.hi, q.shift);
    rows.greatest_code = q.hi;
    x += (1 - s->pad_top) * line - s->pad_left * channels;
    for (channel = 0; channel < channels; channel++) {
        const uint8_t *middle = x + channel;
        int32_t *const w = rows.weights;
        int part;

        rows.y = y + channel;
        rows.multiplier = records[1];
        w[0] = w[3] = w[6] = 0;
        w[1] = 256 * weights[3];
        w[4] = 256 * weights[4];
        w[7] = 256 * weights[5];
        w[2] = 256 * weights[6];
        w[5] = 256 * weights[7];
        w[8] = 256 * weights[8];
        /* Rows that look over the image's upper border, over none, and over its lower one. */
        for (part = 0; part < 3; part++) {
            const int32_t outputs = counts[part] * rows.out_line;
            int32_t outside = 0;

            if (part == 0) {
                outside = 256 * (weights[0] + weights[1] + weights[2]);
            } else if (part == 1) {
                w[0] = 256 * weights[0];
                w[3] = 256 * weights[1];
                w[6] = 256 * weights[2];
            } else {
                outside = w[2] + w[5] + w[8];
                w[2] = w[5] = w[8] = 0;
            }
            if (outputs == 0) {
                continue;
            }
            rows.start = (uint32_t)records[0] + (uint32_t)(outside * pad);
            rows.lead = rows.start + (uint32_t)((w[0] + w[1] + w[2]) * pad);
            rows.trail = (uint32_t)((w[6] + w[7] + w[8]) * pad);
            rows.lines[0] = part == 0 ? middle : middle - line;
            rows.lines[1] = middle;
            rows.lines[2] = part == 2 ? middle : middle + line;
            rows.end = rows.y + (inside + 1) * channels;
            rows.last = rows.end + outputs;
            qc_column_rows_run(&rows, stride, channels, x_signed);
            rows.y += outputs;
            middle += counts[part] * s->stride_y * line;
        }
        weights += 9;
        records += 2;
    }
#else
    (void)channels;
    qc_depthwise_rolling(s, x, weights, records, y, q, x_signed, stride);
#endif
}

#endif
