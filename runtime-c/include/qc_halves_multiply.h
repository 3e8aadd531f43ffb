/*
 * Products of eight pixels with one channel's weights, two pixels in the halves of a word: one multiplication, mod 2^32, gives
 * 65536*(high pixel's product) + (low pixel's). The weights come in chunks whose sums are proven to fit 16 bits for all codes, so that
 * a chunk's sum c splits exactly: the high pixel's is c >> 16, and 1 more where bit 15 is set, because the low pixel's is negative then.
 * Over all chunks the sums of c, and of the high pixel's shares, are kept; the low pixel's sum is their difference.
 */
#ifndef QC_HALVES_MULTIPLY_H
#define QC_HALVES_MULTIPLY_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_quads_multiply.h"

enum { QC_HALVES_PAIRS = 4 };

/* Of pixels i and i + 4: the sum of both, low pixel's + 65536 * high pixel's mod 2^32, and the high pixel's alone. */
typedef struct {
    uint32_t both;
    uint32_t high;
} qc_halves_sums;

/* codes: per tap four words, pixels i and i + 4 in the halves of word i. stream: per chunk its length, 1..127, and its weights; a 0 ends
   it. Returns the place behind the 0. */
QC_INLINE const int8_t *qc_halves_multiply(const uint32_t *codes, const int8_t *stream, qc_halves_sums *sums)
{
#if QC_ARMV6M_ASSEMBLY
    /* Eight products in 12 instructions, and 33 for each chunk. */
#define QC_HALVES_SPLIT(A, B)              \
    "ldmia r7!, {r2, r3, r4, r5}\n\t"      \
    "mov r6, " A "\n\t"                    \
    "adds r2, r2, r6\n\t"                  \
    "asrs r6, r6, #16\n\t"                 \
    "adcs r3, r6\n\t"                      \
    "mov " A ", lr\n\t"                    \
    "mov r6, " B "\n\t"                    \
    "adds r4, r4, r6\n\t"                  \
    "asrs r6, r6, #16\n\t"                 \
    "adcs r5, r6\n\t"                      \
    "mov " B ", lr\n\t"                    \
    "subs r7, #16\n\t"                     \
    "stmia r7!, {r2, r3, r4, r5}\n\t"
    register const uint32_t *at __asm__("r0") = codes;
    register const int8_t *next __asm__("r1") = stream;
    register qc_halves_sums *target __asm__("r2") = sums;

    __asm__ volatile(".syntax unified\n\t"
                     "push {r7}\n\t"
                     "mov r12, r2\n\t"
                     "movs r3, #0\n\t"
                     "movs r4, #0\n\t"
                     "movs r5, #0\n\t"
                     "movs r6, #0\n\t"
                     "stmia r2!, {r3, r4, r5, r6}\n\t"
                     "stmia r2!, {r3, r4, r5, r6}\n\t"
                     "mov r8, r3\n\t"
                     "mov r9, r3\n\t"
                     "mov r10, r3\n\t"
                     "mov r11, r3\n\t"
                     "mov lr, r3\n"
                     "1:\n\t"
                     "ldrb r6, [r1]\n\t"
                     "adds r1, #1\n\t"
                     "negs r7, r6\n\t"
                     "beq 3f\n\t"
                     "adds r1, r1, r6\n"
                     "2:\n\t"
                     "ldmia r0!, {r2, r3, r4, r5}\n\t"
                     "ldrsb r6, [r1, r7]\n\t"
                     "muls r2, r6, r2\n\t"
                     "add r8, r2\n\t"
                     "muls r3, r6, r3\n\t"
                     "add r9, r3\n\t"
                     "muls r4, r6, r4\n\t"
                     "add r10, r4\n\t"
                     "muls r5, r6, r5\n\t"
                     "add r11, r5\n\t"
                     "adds r7, #1\n\t"
                     "bne 2b\n\t"
                     "mov r7, r12\n\t"
                     QC_HALVES_SPLIT("r8", "r9")
                     QC_HALVES_SPLIT("r10", "r11")
                     "b 1b\n"
                     "3:\n\t"
                     "pop {r7}"
                     : "+r"(at), "+r"(next), "+r"(target)
                     :
                     : "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
#undef QC_HALVES_SPLIT
    return next;
#else
    int32_t i;

    for (i = 0; i < QC_HALVES_PAIRS; i++) {
        sums[i].both = 0;
        sums[i].high = 0;
    }
    while (*stream > 0) {
        const int8_t *const end = stream + 1 + *stream;
        uint32_t chunk[QC_HALVES_PAIRS] = {0, 0, 0, 0};

        for (stream++; stream != end; stream++, codes += QC_HALVES_PAIRS) {
            const uint32_t weight = (uint32_t)(int32_t)*stream;

            for (i = 0; i < QC_HALVES_PAIRS; i++) {
                chunk[i] += codes[i] * weight;
            }
        }
        for (i = 0; i < QC_HALVES_PAIRS; i++) {
            sums[i].both += chunk[i];
            sums[i].high += (uint32_t)((int32_t)chunk[i] >> 16) + (chunk[i] >> 15 & 1);
        }
    }
    return stream + 1;
#endif
}

#endif
