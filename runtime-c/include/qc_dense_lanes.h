/*
 * Matrix product of each row of x with constant weights by two-lane products (see qc_lanes_multiply.h): here the lanes are the
 * weights of two outputs, which take 32 bits, and eight outputs are summed at a time.
 *
 * Stream: its number of words, right shift, least and greatest code; then per eight outputs: per chunk a word, 16 times its number
 * of taps (fewer than 8, or a multiple of 8), and per tap four words of two outputs, second * 2^16 + first; a word 0; the first output;
 * per output {addend, multiplier}, the addend of first outputs without the chunks' biases.
 */
#ifndef QC_DENSE_LANES_H
#define QC_DENSE_LANES_H

#include <stdint.h>

#include "qc_assembly.h"
#include "qc_code.h"
#include "qc_config.h"
#include "qc_requantize.h"

enum { QC_DENSE_LANES_HEAD = 4, QC_DENSE_LANES_WORDS = 4 };

#if QC_RISCV_ASSEMBLY
/* Eight products in 13 instructions: sums t3-t6, weights a4-a7, code t0. */
#define QC_DENSE_LANES_TAP(LOAD, CODE, W0, W1, W2, W3) \
    LOAD " t0, " CODE "(%[x])\n\t"                    \
    "lw a4, " W0 "(%[stream])\n\t"                    \
    "lw a5, " W1 "(%[stream])\n\t"                    \
    "lw a6, " W2 "(%[stream])\n\t"                    \
    "lw a7, " W3 "(%[stream])\n\t"                    \
    "mul a4, a4, t0\n\t"                              \
    "mul a5, a5, t0\n\t"                              \
    "mul a6, a6, t0\n\t"                              \
    "mul a7, a7, t0\n\t"                              \
    "add t3, t3, a4\n\t"                              \
    "add t4, t4, a5\n\t"                              \
    "add t5, t5, a6\n\t"                              \
    "add t6, t6, a7\n\t"
#define QC_DENSE_LANES_SPLIT(SUM, UPPER, TOTAL) \
    "srai a4, " SUM ", 16\n\t"                 \
    "add " TOTAL ", " TOTAL ", " SUM "\n\t"    \
    "add " UPPER ", " UPPER ", a4\n\t"
/* One code from 256 times its sum; the shift is s10, limits t3 and t4, y s11. */
#define QC_DENSE_LANES_CODE(SUM, ADDEND, MULTIPLIER, OUTPUT) \
    "lw a4, " ADDEND "(%[stream])\n\t"                      \
    "lw a5, " MULTIPLIER "(%[stream])\n\t"                  \
    "add " SUM ", " SUM ", a4\n\t"                          \
    "mulh " SUM ", " SUM ", a5\n\t"                         \
    "sra " SUM ", " SUM ", s10\n\t"                         \
    "bge " SUM ", t3, 8f\n\t"                               \
    "mv " SUM ", t3\n"                                      \
    "8:\n\t"                                                \
    "bge t4, " SUM ", 9f\n\t"                               \
    "mv " SUM ", t4\n"                                      \
    "9:\n\t"                                                \
    "sb " SUM ", " OUTPUT "(s11)\n\t"
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
    const uint32_t *end;

    /* Sums of upper halves: s1-s4; sums of all words: s5-s8. */
#define QC_DENSE_LANES_ALL(LOAD)                                                             \
    __asm__ volatile("li s1, 0\n\tli s2, 0\n\tli s3, 0\n\tli s4, 0\n\t"                     \
                     "li s5, 0\n\tli s6, 0\n\tli s7, 0\n\tli s8, 0\n\t"                     \
                     "lui s9, 8\n\t"                                                        \
                     "li s10, 128\n\t"                                                      \
                     "lw s11, 0(%[stream])\n"                                               \
                     "1:\n\t"                                                               \
                     "add %[end], %[stream], s11\n\t"                                       \
                     "mv t3, s9\n\tmv t4, s9\n\tmv t5, s9\n\tmv t6, s9\n\t"                 \
                     "bltu s11, s10, 3f\n"                                                  \
                     "2:\n\t"                                                               \
                     QC_DENSE_LANES_TAP(LOAD, "0", "4", "8", "12", "16")                    \
                     QC_DENSE_LANES_TAP(LOAD, "1", "20", "24", "28", "32")                  \
                     QC_DENSE_LANES_TAP(LOAD, "2", "36", "40", "44", "48")                  \
                     QC_DENSE_LANES_TAP(LOAD, "3", "52", "56", "60", "64")                  \
                     QC_DENSE_LANES_TAP(LOAD, "4", "68", "72", "76", "80")                  \
                     QC_DENSE_LANES_TAP(LOAD, "5", "84", "88", "92", "96")                  \
                     QC_DENSE_LANES_TAP(LOAD, "6", "100", "104", "108", "112")              \
                     QC_DENSE_LANES_TAP(LOAD, "7", "116", "120", "124", "128")              \
                     "addi %[x], %[x], 8\n\t"                                               \
                     "addi %[stream], %[stream], 128\n\t"                                   \
                     "bne %[stream], %[end], 2b\n\t"                                        \
                     "j 4f\n"                                                               \
                     "3:\n\t"                                                               \
                     QC_DENSE_LANES_TAP(LOAD, "0", "4", "8", "12", "16")                    \
                     "addi %[x], %[x], 1\n\t"                                               \
                     "addi %[stream], %[stream], 16\n\t"                                    \
                     "bne %[stream], %[end], 3b\n"                                          \
                     "4:\n\t"                                                               \
                     QC_DENSE_LANES_SPLIT("t3", "s1", "s5")                                 \
                     QC_DENSE_LANES_SPLIT("t4", "s2", "s6")                                 \
                     QC_DENSE_LANES_SPLIT("t5", "s3", "s7")                                 \
                     QC_DENSE_LANES_SPLIT("t6", "s4", "s8")                                 \
                     "lw s11, 4(%[stream])\n\t"                                             \
                     "addi %[stream], %[stream], 4\n\t"                                     \
                     "bnez s11, 1b\n\t"                                                     \
                     "lw s11, 4(%[stream])\n\t"                                             \
                     "lw s10, 4(%[head])\n\t"                                               \
                     "lw t3, 8(%[head])\n\t"                                                \
                     "lw t4, 12(%[head])\n\t"                                               \
                     "add s11, s11, %[y]\n\t"                                               \
                     QC_DENSE_LANES_CODES("s1", "s5", "8", "12", "16", "20", "0", "1")      \
                     QC_DENSE_LANES_CODES("s2", "s6", "24", "28", "32", "36", "2", "3")     \
                     QC_DENSE_LANES_CODES("s3", "s7", "40", "44", "48", "52", "4", "5")     \
                     QC_DENSE_LANES_CODES("s4", "s8", "56", "60", "64", "68", "6", "7")     \
                     : [stream] "+&r"(stream), [x] "+&r"(x), [end] "=&r"(end)               \
                     : [head] "r"(head), [y] "r"(y)                                         \
                     : "memory", "t0", "t3", "t4", "t5", "t6", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "a4", \
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
    uint32_t left;
    int i;

    while ((left = *stream++ / 16) != 0) {
        uint32_t sums[QC_DENSE_LANES_WORDS] = {32768, 32768, 32768, 32768};

        for (; left > 0; left--) {
            const uint32_t code = (uint32_t)qc_code(*x++, x_signed);

            for (i = 0; i < QC_DENSE_LANES_WORDS; i++) {
                sums[i] += *stream++ * code;
            }
        }
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
