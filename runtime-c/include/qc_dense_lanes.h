/*
 * Matrix product of each row of x with constant weights by two-lane products (see qc_lanes_multiply.h): here the lanes are the
 * weights of two outputs, which take 32 bits, and eight outputs are summed at a time.
 *
 * Stream: its number of words, right shift, least and greatest code; then per eight outputs: per piece of a chunk a word, 16 times its
 * number of taps (1..32), negative where it continues the chunk, and per tap four words of two outputs, second * 2^16 + first; a word 0;
 * the first output; per output {addend, multiplier}, the addend of first outputs without the chunks' biases.
 */
#ifndef QC_DENSE_LANES_H
#define QC_DENSE_LANES_H

#include <stdint.h>

#include "qc_assembly.h"
#include "qc_code.h"
#include "qc_config.h"
#include "qc_requantize.h"
#include "qc_riscv_code.h"

enum { QC_DENSE_LANES_HEAD = 4, QC_DENSE_LANES_WORDS = 4 };

#if QC_RISCV_ASSEMBLY
/* Eight products in 13 instructions, of the tap that is number `rest` from the piece's end: sums t3-t6, weights a4-a7, code t0. */
#define QC_DENSE_LANES_TAP(LOAD)               \
    LOAD " t0, -\\rest(%[x])\n\t"               \
    "lw a4, 4 - 16 * \\rest(%[stream])\n\t"   \
    "lw a5, 8 - 16 * \\rest(%[stream])\n\t"   \
    "lw a6, 12 - 16 * \\rest(%[stream])\n\t"  \
    "lw a7, 16 - 16 * \\rest(%[stream])\n\t"  \
    "mul a4, a4, t0\n\t"                      \
    "mul a5, a5, t0\n\t"                      \
    "mul a6, a6, t0\n\t"                      \
    "mul a7, a7, t0\n\t"                      \
    "add t3, t3, a4\n\t"                      \
    "add t4, t4, a5\n\t"                      \
    "add t5, t5, a6\n\t"                      \
    "add t6, t6, a7\n\t"
#define QC_DENSE_LANES_SPLIT(SUM, UPPER, TOTAL) \
    "srai a4, " SUM ", 16\n\t"                 \
    "add " TOTAL ", " TOTAL ", " SUM "\n\t"    \
    "add " UPPER ", " UPPER ", a4\n\t"
/* One code from 256 times its sum; the shift is s10, limits are t3, t4 and t5, y is s11. */
#define QC_DENSE_LANES_CODE(SUM, ADDEND, MULTIPLIER, OUTPUT) \
    "lw a4, " ADDEND "(%[stream])\n\t"                      \
    "lw a5, " MULTIPLIER "(%[stream])\n\t"                  \
    "add " SUM ", " SUM ", a4\n\t"                          \
    QC_RISCV_CODE(SUM, "a5", "s10", "t3", "t4", "t5", OUTPUT "(s11)")
#define QC_DENSE_LANES_CODES(UPPER, TOTAL, A0, M0, A1, M1, OUTPUT0, OUTPUT1) \
    "slli " UPPER ", " UPPER ", 8\n\t"                                      \
    "slli " TOTAL ", " TOTAL ", 8\n\t"                                      \
    "slli a4, " UPPER ", 16\n\t"                                            \
    "sub " TOTAL ", " TOTAL ", a4\n\t"                                      \
    QC_DENSE_LANES_CODE(TOTAL, A0, M0, OUTPUT0)                             \
    QC_DENSE_LANES_CODE(UPPER, A1, M1, OUTPUT1)
#endif

/* Eight outputs of one row; returns the stream behind them. `head` is the stream's beginning. */
QC_INLINE const uint32_t *qc_dense_lanes_eight(const uint8_t *x, const uint32_t *stream, const uint32_t *head, uint8_t *y, int x_signed)
{
#if QC_RISCV_ASSEMBLY
    const qc_high_words within = qc_high_words_within((int32_t)head[2], (int32_t)head[3], (int32_t)head[1]);
    const void *base;

    /* Sums of upper halves: s1-s4; sums of all words: s5-s8. Taps end a row of 32, entered by way of a table (see qc_lanes_multiply.h). */
#define QC_DENSE_LANES_ALL(LOAD)                                                                                                    \
    __asm__ volatile("li s1, 0\n\tli s2, 0\n\tli s3, 0\n\tli s4, 0\n\t"                                                             \
                     "li s5, 0\n\tli s6, 0\n\tli s7, 0\n\tli s8, 0\n\t"                                                             \
                     "lui s9, 8\n\t"                                                                                                \
                     "lla %[base], 2f - 16\n\t"                                                                                     \
                     "lw s11, 0(%[stream])\n"                                                                                       \
                     "1:\n\t"                                                                                                       \
                     "mv t3, s9\n\tmv t4, s9\n\tmv t5, s9\n\tmv t6, s9\n\t"                                                         \
                     "add s11, %[base], s11\n\t"                                                                                    \
                     "jr s11\n\t"                                                                                                   \
                     ".option push\n\t.option norvc\n\t.option norelax\n"                                                           \
                     "2:\n\t"                                                                                                       \
                     ".irp rest, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32\n\t"\
                     "addi %[stream], %[stream], 16 * \\rest\n\t"                                                                   \
                     "addi %[x], %[x], \\rest\n\t"                                                                                  \
                     "j 1\\rest\\()f\n\t"                                                                                           \
                     "nop\n\t"                                                                                                      \
                     ".endr\n\t"                                                                                                    \
                     ".option pop\n\t"                                                                                              \
                     ".irp rest, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1\n"\
                     "1\\rest:\n\t"                                                                                                 \
                     QC_DENSE_LANES_TAP(LOAD)                                                                                       \
                     ".endr\n\t"                                                                                                    \
                     "lw s11, 4(%[stream])\n\t"                                                                                     \
                     "addi %[stream], %[stream], 4\n\t"                                                                             \
                     "bltz s11, 3f\n\t"                                                                                             \
                     QC_DENSE_LANES_SPLIT("t3", "s1", "s5")                                                                         \
                     QC_DENSE_LANES_SPLIT("t4", "s2", "s6")                                                                         \
                     QC_DENSE_LANES_SPLIT("t5", "s3", "s7")                                                                         \
                     QC_DENSE_LANES_SPLIT("t6", "s4", "s8")                                                                         \
                     "bnez s11, 1b\n\t"                                                                                             \
                     "lw s11, 4(%[stream])\n\t"                                                                                     \
                     "lw s10, 4(%[head])\n\t"                                                                                       \
                     "mv t3, %[least]\n\t"                                                                                          \
                     "mv t4, %[greatest]\n\t"                                                                                       \
                     "lw t5, 12(%[head])\n\t"                                                                                       \
                     "add s11, s11, %[y]\n\t"                                                                                       \
                     QC_DENSE_LANES_CODES("s1", "s5", "8", "12", "16", "20", "0", "1")                                              \
                     QC_DENSE_LANES_CODES("s2", "s6", "24", "28", "32", "36", "2", "3")                                             \
                     QC_DENSE_LANES_CODES("s3", "s7", "40", "44", "48", "52", "4", "5")                                             \
                     QC_DENSE_LANES_CODES("s4", "s8", "56", "60", "64", "68", "6", "7")                                             \
                     ".subsection 1\n"                                                                                              \
                     "3:\n\t"                                                                                                       \
                     "sub s11, %[base], s11\n\t"                                                                                    \
                     "jr s11\n\t"                                                                                                   \
                     ".previous"                                                                                                    \
                     : [stream] "+&r"(stream), [x] "+&r"(x), [base] "=&r"(base)                                                     \
                     : [head] "r"(head), [y] "r"(y), [least] "r"(within.least), [greatest] "r"(within.greatest)                     \
                     : "memory", "t0", "t3", "t4", "t5", "t6", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "a4",\
                       "a5", "a6", "a7")
    if (x_signed) {
        QC_DENSE_LANES_ALL("lb");
    } else {
        QC_DENSE_LANES_ALL("lbu");
    }
#undef QC_DENSE_LANES_ALL
    return stream + 18;
#else
    const qc_requant q = {QC_HIGH_WORD, (int32_t)head[1], 0, (int32_t)head[2], (int32_t)head[3]};
    uint32_t upper[QC_DENSE_LANES_WORDS] = {0, 0, 0, 0};
    uint32_t total[QC_DENSE_LANES_WORDS] = {0, 0, 0, 0};
    int32_t taps = (int32_t)*stream++;
    int i;

    while (taps != 0) {
        uint32_t sums[QC_DENSE_LANES_WORDS] = {32768, 32768, 32768, 32768};

        do {
            for (taps = (taps < 0 ? -taps : taps) / 16; taps > 0; taps--) {
                const uint32_t code = (uint32_t)qc_code(*x++, x_signed);

                for (i = 0; i < QC_DENSE_LANES_WORDS; i++) {
                    sums[i] += *stream++ * code;
                }
            }
            taps = (int32_t)*stream++;
        } while (taps < 0);
        for (i = 0; i < QC_DENSE_LANES_WORDS; i++) {
            upper[i] += (uint32_t)((int32_t)sums[i] >> 16);
            total[i] += sums[i];
        }
    }
    y += stream[0];
    stream++;
    for (i = 0; i < QC_DENSE_LANES_WORDS; i++) {
        y[2 * i] = qc_requantize(q, (int32_t)(total[i] - (upper[i] << 16)), (const int32_t *)stream);
        y[2 * i + 1] = qc_requantize(q, (int32_t)upper[i], (const int32_t *)stream + 2);
        stream += 4;
    }
    return stream;
#endif
}

QC_INLINE void qc_dense_lanes(const uint8_t *x, int32_t rows, int32_t inputs, int32_t outputs, const uint32_t *stream, uint8_t *y,
                              int x_signed)
{
    const uint32_t *const end = stream + stream[0];

    for (; rows > 0; rows--) {
        const uint32_t *next = stream + QC_DENSE_LANES_HEAD;

        while (next != end) {
            next = qc_dense_lanes_eight(x, next, stream, y, x_signed);
        }
        x += inputs;
        y += outputs;
    }
}

#endif
