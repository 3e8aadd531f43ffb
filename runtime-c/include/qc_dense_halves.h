/*
 * Matrix product of each row of x with constant weights for cores with one kind of product, of 32 bits: eight outputs at a time, two
 * to a product.
 *
 * A word of four bytes u = w + 128 is P = E + 256*O with two of them in the halves of E, two in those of O = (P >> 8) & 0x00FF00FF.
 * With sums over a chunk of codes x, mod 2^32: sum(x*E) = sum(x*P) - 256*sum(x*O), and 128*0x10001*sum(x) less is what the weights
 * themselves give. Chunks are such that these fit 16 bits for all codes; qc_halves_multiply.h says how they split.
 */
#ifndef QC_DENSE_HALVES_H
#define QC_DENSE_HALVES_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_halves_multiply.h"
#include "qc_requantize.h"

/* x: the codes of one row. stream: per chunk the number of its codes, then two words for each; a 0 ends it. Outputs i and i + 4 are summed
   in sums[i]. Returns the place behind the 0. */
QC_INLINE const uint32_t *qc_dense_halves_multiply(const uint8_t *x, const uint32_t *stream, qc_halves_sums *sums, int x_signed)
{
    const uint32_t even_bytes = 0x00FF00FFu;
#if QC_ARMV6M_ASSEMBLY
    /* Eight products in 17 instructions, and 57 for each chunk. */
#define QC_DENSE_HALF(SUM)          \
    "ldmia r7!, {r3, r4}\n\t"       \
    "adds r3, r3, " SUM "\n\t"      \
    "asrs " SUM ", " SUM ", #16\n\t" \
    "adcs r4, " SUM "\n\t"          \
    "subs r7, #8\n\t"               \
    "stmia r7!, {r3, r4}\n\t"
#define QC_DENSE_SPLIT(ODD, WHOLE)  \
    "mov r5, " ODD "\n\t"           \
    "mov r6, " WHOLE "\n\t"         \
    "lsls r3, r5, #8\n\t"           \
    "subs r6, r6, r3\n\t"           \
    "subs r6, r6, r2\n\t"           \
    "subs r5, r5, r2\n\t"           \
    QC_DENSE_HALF("r5")             \
    QC_DENSE_HALF("r6")
#define QC_DENSE_WORD(WORD, ODD, WHOLE) \
    "lsrs r4, " WORD ", #8\n\t"         \
    "ands r4, r6\n\t"                   \
    "muls r4, r5, r4\n\t"               \
    "add " ODD ", r4\n\t"               \
    "muls " WORD ", r5, " WORD "\n\t"   \
    "add " WHOLE ", " WORD "\n\t"
#define QC_DENSE_ALL(LOAD)                                                                               \
    __asm__ volatile(".syntax unified\n\t"                                                               \
                     "push {r2, r7}\n\t"                                                                 \
                     "mov lr, r3\n\t"                                                                    \
                     "movs r4, #0\n\t"                                                                   \
                     "movs r5, #0\n\t"                                                                   \
                     "movs r6, #0\n\t"                                                                   \
                     "movs r7, #0\n\t"                                                                   \
                     "stmia r2!, {r4, r5, r6, r7}\n\t"                                                   \
                     "stmia r2!, {r4, r5, r6, r7}\n"                                                     \
                     "1:\n\t"                                                                            \
                     "ldmia r1!, {r7}\n\t"                                                               \
                     "adds r0, r0, r7\n\t"                                                               \
                     "negs r7, r7\n\t"                                                                   \
                     "beq 3f\n\t"                                                                        \
                     "movs r3, #0\n\t"                                                                   \
                     "mov r8, r3\n\t"                                                                    \
                     "mov r9, r3\n\t"                                                                    \
                     "mov r10, r3\n\t"                                                                   \
                     "mov r11, r3\n\t"                                                                   \
                     "mov r12, r3\n\t"                                                                   \
                     "mov r6, lr\n"                                                                      \
                     "2:\n\t"                                                                            \
                     "ldmia r1!, {r2, r3}\n\t"                                                           \
                     LOAD " r5, [r0, r7]\n\t"                                                            \
                     "add r12, r5\n\t"                                                                   \
                     QC_DENSE_WORD("r2", "r8", "r9")                                                     \
                     QC_DENSE_WORD("r3", "r10", "r11")                                                   \
                     "adds r7, #1\n\t"                                                                   \
                     "bne 2b\n\t"                                                                        \
                     "mov r2, r12\n\t"                                                                   \
                     "lsls r2, r2, #7\n\t"                                                               \
                     "lsls r3, r2, #16\n\t"                                                              \
                     "adds r2, r2, r3\n\t"                                                               \
                     "ldr r7, [sp]\n\t"                                                                  \
                     QC_DENSE_SPLIT("r8", "r9")                                                          \
                     QC_DENSE_SPLIT("r10", "r11")                                                        \
                     "b 1b\n"                                                                            \
                     "3:\n\t"                                                                            \
                     "pop {r2, r7}"                                                                      \
                     : "+r"(at), "+r"(next), "+r"(target), "+r"(mask)                                    \
                     :                                                                                   \
                     : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory")
    register const uint8_t *at __asm__("r0") = x;
    register const uint32_t *next __asm__("r1") = stream;
    register qc_halves_sums *target __asm__("r2") = sums;
    register uint32_t mask __asm__("r3") = even_bytes;

    if (x_signed) {
        QC_DENSE_ALL("ldrsb");
    } else {
        QC_DENSE_ALL("ldrb");
    }
#undef QC_DENSE_ALL
#undef QC_DENSE_WORD
#undef QC_DENSE_SPLIT
#undef QC_DENSE_HALF
    return next;
#else
    int32_t i;

    for (i = 0; i < QC_HALVES_PAIRS; i++) {
        sums[i].both = 0;
        sums[i].high = 0;
    }
    while (*stream > 0) {
        const uint32_t *const end = stream + 1 + 2 * *stream;
        uint32_t chunk[QC_HALVES_PAIRS] = {0, 0, 0, 0};
        uint32_t codes = 0;

        for (stream++; stream != end; stream += 2) {
            const uint32_t code = (uint32_t)qc_code(*x++, x_signed);

            codes += code;
            for (i = 0; i < 2; i++) {
                chunk[2 * i] += code * (stream[i] >> 8 & even_bytes);
                chunk[2 * i + 1] += code * stream[i];
            }
        }
        for (i = 0; i < QC_HALVES_PAIRS; i++) {
            const uint32_t sum = chunk[i] - (i % 2 == 0 ? 0 : 256 * chunk[i - 1]) - 0x800080u * codes;

            sums[i].both += sum;
            sums[i].high += (uint32_t)((int32_t)sum >> 16) + (sum >> 15 & 1);
        }
    }
    return stream + 1;
#endif
}

/* stream: per eight outputs, as qc_dense_halves_multiply reads it. */
QC_INLINE void qc_dense_halves(const uint8_t *x, int32_t rows, int32_t inputs, int32_t outputs, const uint32_t *stream,
                               const int32_t *records, uint8_t *y, qc_requant q, int x_signed)
{
    const int32_t words = qc_record_words(q);
    qc_halves_sums sums[QC_HALVES_PAIRS];

    for (; rows > 0; rows--) {
        const uint32_t *weights = stream;
        const int32_t *record = records;
        int32_t left = outputs;

        while (left > 0) {
            int32_t i;

            weights = qc_dense_halves_multiply(x, weights, sums, x_signed);
            for (i = 0; i < QC_HALVES_PAIRS && left > 0; i++, left--, record += words) {
                *y++ = qc_requantize(q, (int32_t)(sums[i].both - (sums[i].high << 16)), record);
            }
            for (i = 0; i < QC_HALVES_PAIRS && left > 0; i++, left--, record += words) {
                *y++ = qc_requantize(q, (int32_t)sums[i].high, record);
            }
        }
        x += inputs;
    }
}

#endif
