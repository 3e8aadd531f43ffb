/*
 * Two-lane products: one register holds two codes, 2^16 apart, so that one multiplication makes two products. The sums of
 * a chunk of taps stay within -32768..32767 in both lanes, which the compiler proves for every chunk from the weights and the
 * codes' ranges; a bias of 32768 then keeps the lower lane from borrowing from the upper one. Of the words' sum and the sum of
 * their upper halves, modulo 2^32, both sums are known exactly.
 *
 * Stream: its number of words, right shift, least and greatest code, centre; then per two channels:
 *   per chunk a byte, 16 times its number of taps (1..8), in the first chunk 124 more, and per tap the weights of both channels; a byte 0; then from the next
 *   whole word on the first channel, and per channel {addend of upper lanes, addend of lower lanes, multiplier}: see
 *   QC_HIGH_WORD in qc_requantize.h. The addend of lower lanes also takes the chunks' biases away.
 */
#ifndef QC_LANES_MULTIPLY_H
#define QC_LANES_MULTIPLY_H

#include <stdint.h>

#include "qc_assembly.h"
#include "qc_config.h"
#include "qc_requantize.h"
#include "qc_riscv_code.h"

enum { QC_LANES_HEAD = 5, QC_LANES_PAIRS = 3, QC_LANES_PIXELS = 6, QC_LANES_BIAS = 32768, QC_LANES_FIRST_CHUNK = 124 };

/* Where lanes come from and codes go. */
typedef struct {
    const uint32_t *lanes; /* three words a tap, each of two pixels */
    uint8_t *y;
    int32_t pitch; /* bytes from pixel to pixel */
    int32_t shift;
    int32_t lo;
    int32_t hi;
    const uint32_t *end;  /* of the stream */
    qc_high_words within; /* lo and hi */
} qc_lanes_target;

#if QC_RISCV_ASSEMBLY
/* A word of lanes times the weights t0 and t1: the first products of a chunk, and others. */
#define QC_LANES_FIRST(OFFSET, A, B)      \
    "lw t2, " OFFSET "(%[lanes])\n\t"    \
    "mul " A ", t2, t0\n\t"              \
    "mul " B ", t2, t1\n\t"              \
    "add " A ", " A ", ra\n\t"           \
    "add " B ", " B ", ra\n\t"
#define QC_LANES_NEXT(OFFSET, A, B)       \
    "lw t2, " OFFSET "(%[lanes])\n\t"    \
    "mul t6, t2, t0\n\t"                 \
    "mul t2, t2, t1\n\t"                 \
    "add " A ", " A ", t6\n\t"           \
    "add " B ", " B ", t2\n\t"
/* Entries for 0 to 7 taps besides the first, of a row whose labels begin with ROW. */
#define QC_LANES_TABLE(ROW)                               \
    ".irp rest, 0, 1, 2, 3, 4, 5, 6, 7\n\t"               \
    "addi %[stream], %[stream], 2 * \\rest + 3\n\t"      \
    "addi %[lanes], %[lanes], 12 * \\rest + 12\n\t"      \
    "j " ROW "\\rest\\()f\n\t"                           \
    ".if 7 - \\rest\n\tnop\n\t.endif\n\t"                  \
    ".endr\n\t"
/* The tap that is number `rest` from the chunk's end. */
#define QC_LANES_TAP(A, B, C, D, E, F)                    \
    "lb t0, -2 * \\rest(%[stream])\n\t"                  \
    "lb t1, 1 - 2 * \\rest(%[stream])\n\t"               \
    QC_LANES_NEXT("-12 * \\rest", A, B)                  \
    QC_LANES_NEXT("4 - 12 * \\rest", C, D)               \
    QC_LANES_NEXT("8 - 12 * \\rest", E, F)
#define QC_LANES_SPLIT(SUM, UPPER, TOTAL)  \
    "srai t0, " SUM ", 16\n\t"            \
    "add " TOTAL ", " TOTAL ", " SUM "\n\t" \
    "add " UPPER ", " UPPER ", t0\n\t"
/* One code from 256 times its sum; the multiplier is t2, the shift ra, limits %[lanes], %[base] and %[most]. */
#define QC_LANES_CODE(SUM, ADDEND, Y, CHANNEL)  \
    "add " SUM ", " SUM ", " ADDEND "\n\t"     \
    QC_RISCV_CODE(SUM, "t2", "ra", "%[lanes]", "%[base]", "%[most]", CHANNEL "(" Y ")")
/* Codes of two pixels: 256*lower = 256*total - 2^16*(256*upper). */
#define QC_LANES_CODES(UPPER, TOTAL, Y_LOWER, Y_UPPER, CHANNEL) \
    "slli " UPPER ", " UPPER ", 8\n\t"                         \
    "slli " TOTAL ", " TOTAL ", 8\n\t"                         \
    "slli t6, " UPPER ", 16\n\t"                               \
    "sub " TOTAL ", " TOTAL ", t6\n\t"                         \
    QC_LANES_CODE(TOTAL, "t1", Y_LOWER, CHANNEL)               \
    QC_LANES_CODE(UPPER, "t0", Y_UPPER, CHANNEL)
#define QC_LANES_CHANNEL(RECORD0, RECORD1, RECORD2, CHANNEL, U0, T0, U1, T1, U2, T2) \
    "lw t0, " RECORD0 "(%[stream])\n\t"                                             \
    "lw t1, " RECORD1 "(%[stream])\n\t"                                             \
    "lw t2, " RECORD2 "(%[stream])\n\t"                                             \
    QC_LANES_CODES(U0, T0, "s1", "s2", CHANNEL)                                     \
    QC_LANES_CODES(U1, T1, "s3", "s4", CHANNEL)                                     \
    QC_LANES_CODES(U2, T2, "s5", "s6", CHANNEL)
#endif

/* The codes of all channels of six pixels, from the first pair's stream on. */
QC_INLINE void qc_lanes_multiply(const qc_lanes_target *target, const uint32_t *stream)
{
#if QC_RISCV_ASSEMBLY
    const uint32_t *lanes;
    const void *base;
    int32_t most;

    /*
     * 12 products in 17 instructions; the first chunk takes 10 more, others 25. A chunk's first tap has code of its own; the others
     * end a row of seven, entered by way of a table whose entries (of 16 bytes) first move the pointers to the chunk's end. The first
     * chunk, whose sums are the first of all, has a table and a row of its own.
     * Sums: s1-s6; sums of upper halves: s7-s11, a4; sums of all words: a5-a7, t3-t5.
     */
    __asm__ volatile("lla %[base], 2f\n"
                     "0:\n\t"
                     "lw %[lanes], %[all_lanes]\n\t"
                     "lui ra, 8\n\t"
                     "lbu t6, 0(%[stream])\n\t"
                     "lb t0, 1(%[stream])\n\t"
                     "lb t1, 2(%[stream])\n\t"
                     QC_LANES_FIRST("0", "a5", "a6")
                     QC_LANES_FIRST("4", "a7", "t3")
                     QC_LANES_FIRST("8", "t4", "t5")
                     "add t6, t6, %[base]\n\t"
                     "jr -16(t6)\n\t"
                     ".option push\n\t.option norvc\n\t.option norelax\n"
                     "2:\n\t"
                     QC_LANES_TABLE("1")
                     QC_LANES_TABLE("2")
                     ".option pop\n\t"
                     ".irp rest, 7, 6, 5, 4, 3, 2, 1\n"
                     "2\\rest:\n\t"
                     QC_LANES_TAP("a5", "a6", "a7", "t3", "t4", "t5")
                     ".endr\n"
                     "20:\n\t"
                     "lbu t6, 0(%[stream])\n\t"
                     "srai s7, a5, 16\n\tsrai s8, a6, 16\n\tsrai s9, a7, 16\n\tsrai s10, t3, 16\n\tsrai s11, t4, 16\n\tsrai a4, t5, 16\n\t"
                     "beqz t6, 3f\n"
                     "1:\n\t"
                     "lb t0, 1(%[stream])\n\t"
                     "lb t1, 2(%[stream])\n\t"
                     QC_LANES_FIRST("0", "s1", "s2")
                     QC_LANES_FIRST("4", "s3", "s4")
                     QC_LANES_FIRST("8", "s5", "s6")
                     "add t6, t6, %[base]\n\t"
                     "jr -16(t6)\n\t"
                     ".irp rest, 7, 6, 5, 4, 3, 2, 1\n"
                     "1\\rest:\n\t"
                     QC_LANES_TAP("s1", "s2", "s3", "s4", "s5", "s6")
                     ".endr\n"
                     "10:\n\t"
                     QC_LANES_SPLIT("s1", "s7", "a5")
                     QC_LANES_SPLIT("s2", "s8", "a6")
                     QC_LANES_SPLIT("s3", "s9", "a7")
                     QC_LANES_SPLIT("s4", "s10", "t3")
                     QC_LANES_SPLIT("s5", "s11", "t4")
                     QC_LANES_SPLIT("s6", "a4", "t5")
                     "lbu t6, 0(%[stream])\n\t"
                     "bnez t6, 1b\n"
                     "3:\n\t"
                     "addi %[stream], %[stream], 4\n\t"
                     "andi %[stream], %[stream], -4\n\t"
                     "lw s1, %[y]\n\t"
                     "lw t0, 0(%[stream])\n\t"
                     "lw t1, %[pitch]\n\t"
                     "lw ra, %[shift]\n\t"
                     "lw %[lanes], %[least]\n\t"
                     "lw %[base], %[greatest]\n\t"
                     "lw %[most], %[hi]\n\t"
                     "add s1, s1, t0\n\t"
                     "add s2, s1, t1\n\t"
                     "add s3, s2, t1\n\t"
                     "add s4, s3, t1\n\t"
                     "add s5, s4, t1\n\t"
                     "add s6, s5, t1\n\t"
                     QC_LANES_CHANNEL("4", "8", "12", "0", "s7", "a5", "s9", "a7", "s11", "t4")
                     QC_LANES_CHANNEL("16", "20", "24", "1", "s8", "a6", "s10", "t3", "a4", "t5")
                     "addi %[stream], %[stream], 28\n\t"
                     "lla %[base], 2b\n\t"
                     "lw t0, %[end]\n\t"
                     "bne %[stream], t0, 0b"
                     : [stream] "+&r"(stream), [lanes] "=&r"(lanes), [base] "=&r"(base), [most] "=&r"(most)
                     : [all_lanes] "m"(target->lanes), [y] "m"(target->y), [pitch] "m"(target->pitch), [shift] "m"(target->shift),
                       [hi] "m"(target->hi), [end] "m"(target->end), [least] "m"(target->within.least),
                       [greatest] "m"(target->within.greatest)
                     : "memory", "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8",
                       "s9", "s10", "s11", "a4", "a5", "a6", "a7");
#else
    const qc_requant q = {QC_HIGH_WORD, target->shift, 0, target->lo, target->hi};

    while (stream != target->end) {
        const int8_t *bytes = (const int8_t *)stream;
        const uint32_t *lanes = target->lanes;
        uint32_t upper[2][QC_LANES_PAIRS] = {{0, 0, 0}, {0, 0, 0}};
        uint32_t total[2][QC_LANES_PAIRS] = {{0, 0, 0}, {0, 0, 0}};
        int32_t left = (uint8_t)*bytes++ - QC_LANES_FIRST_CHUNK;
        int channel;
        int pair;

        for (; left != 0; left = (uint8_t)*bytes++) {
            uint32_t sums[2][QC_LANES_PAIRS] = {{QC_LANES_BIAS, QC_LANES_BIAS, QC_LANES_BIAS},
                                                {QC_LANES_BIAS, QC_LANES_BIAS, QC_LANES_BIAS}};

            for (left /= 16; left > 0; left--) {
                for (channel = 0; channel < 2; channel++) {
                    const uint32_t weight = (uint32_t)(int32_t)*bytes++;

                    for (pair = 0; pair < QC_LANES_PAIRS; pair++) {
                        sums[channel][pair] += lanes[pair] * weight;
                    }
                }
                lanes += QC_LANES_PAIRS;
            }
            for (channel = 0; channel < 2; channel++) {
                for (pair = 0; pair < QC_LANES_PAIRS; pair++) {
                    upper[channel][pair] += (uint32_t)((int32_t)sums[channel][pair] >> 16);
                    total[channel][pair] += sums[channel][pair];
                }
            }
        }
        stream += (bytes - (const int8_t *)stream + 3) / 4;
        for (channel = 0; channel < 2; channel++) {
            const int32_t *record = (const int32_t *)stream + 1 + 3 * channel;
            const int32_t records[2][2] = {{record[1], record[2]}, {record[0], record[2]}};
            uint8_t *y = target->y + (int32_t)stream[0] + channel;

            for (pair = 0; pair < QC_LANES_PAIRS; pair++) {
                y[0] = qc_requantize(q, (int32_t)(total[channel][pair] - (upper[channel][pair] << 16)), records[0]);
                y[target->pitch] = qc_requantize(q, (int32_t)upper[channel][pair], records[1]);
                y += 2 * target->pitch;
            }
        }
        stream += 7;
    }
#endif
}

#endif
