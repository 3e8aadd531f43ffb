/*
 * Products of codes with constant weights on Helium: two pixels with four channels at a time, or one row with eight.
 *
 * Weights of four (eight) channels: steps of 16 taps, per step 16 bytes for each channel. The first step has the LAST 16
 * taps of the product (all, when there are fewer), where only those count that no later step reads: with
 * n = ceil(taps / 16) - 1 later steps, taps from 16*n on. Later steps have taps 0..15, 16..31 and so on. So no step reads
 * codes behind the product, and steps need no masks. Constants follow (qc_mve.h): of four channels, or of channels
 * 0, 2, 4, 6 and then 1, 3, 5, 7 of eight. Channels are padded with zeros.
 */
#ifndef QC_MVE_PRODUCT_H
#define QC_MVE_PRODUCT_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_mve.h"

/* Two pixels and where their results go. Assembly reads it by offset: every member takes four bytes there. */
typedef struct {
    const uint8_t *last0; /* of each pixel, the last 16 codes */
    const uint8_t *last1;
    const uint8_t *x0; /* all codes */
    const uint8_t *x1;
    uint8_t *y0; /* moves on with each block of channels */
    uint8_t *y1;
    int32_t left;  /* channels that are still to compute, at least 1; none remain afterwards */
    int32_t scale; /* of the requantization, as the next two */
    int32_t lo;
    int32_t hi;
    int32_t steps; /* after the first */
} qc_mve_pixels;

#if QC_MVE_ASSEMBLY

/* Even registers sum, because VMLADAV knows no others; r7 may be the frame pointer. r1: weights, r11: the structure. */
#define QC_MVE_CLOBBERED "r0", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "q0", "q1", "q2", "q3", "cc", "memory"

/* 16 taps of one channel and both pixels; `A` is empty or "a" for adding to the sums. */
#define QC_MVE_CHANNEL(A, SUM0, SUM1)            \
    "vldrb.8 q2, [r1], #16\n\t"                  \
    "vmladav" A ".s8 " SUM0 ", q0, q2\n\t"       \
    "vmladav" A ".s8 " SUM1 ", q1, q2\n\t"

#define QC_MVE_CHANNELS(A)               \
    QC_MVE_CHANNEL(A, "r0", "r8")        \
    QC_MVE_CHANNEL(A, "r2", "r10")       \
    QC_MVE_CHANNEL(A, "r4", "r12")       \
    QC_MVE_CHANNEL(A, "r6", "lr")

#define QC_MVE_SIGN_TWO "veor q0, q0, q3\n\tveor q1, q1, q3\n\t"

#define QC_MVE_PAIR_STEP(FLIP)           \
    "vldrb.8 q0, [r3], #16\n\t"          \
    "vldrb.8 q1, [r5], #16\n\t" FLIP     \
    QC_MVE_CHANNELS("a")

#define QC_MVE_CLIP_TWO                          \
    "ldrd r8, r10, [r11, #32]\n\t"               \
    "vdup.16 q0, r8\n\t"                         \
    "vdup.16 q1, r10\n\t"                        \
    "vmax.s16 q2, q2, q0\n\t"                    \
    "vmax.s16 q3, q3, q0\n\t"                    \
    "vmin.s16 q2, q2, q1\n\t"                    \
    "vmin.s16 q3, q3, q1\n\t"

/* All channels of two pixels. */
#define QC_MVE_PAIR(FLIP_MASK, FLIP, CLIP, NARROW)                                            \
    __asm__ volatile("1:\n\t"                                                                 \
                     "ldrd r3, r5, [r11]\n\t" FLIP_MASK                                       \
                     "vldrb.8 q0, [r3]\n\t"                                                   \
                     "vldrb.8 q1, [r5]\n\t" FLIP QC_MVE_CHANNELS("")                          \
                     "ldr r9, [r11, #40]\n\t"                                                 \
                     "ldrd r3, r5, [r11, #8]\n\t"                                             \
                     "lsrs r9, r9, #1\n\t"                                                    \
                     "bcc 2f\n\t" QC_MVE_PAIR_STEP(FLIP)                                      \
                     "2:\n\t"                                                                 \
                     "beq 4f\n"                                                               \
                     "3:\n\t" QC_MVE_PAIR_STEP(FLIP) QC_MVE_PAIR_STEP(FLIP)                   \
                     "subs r9, r9, #1\n\t"                                                    \
                     "bne 3b\n"                                                               \
                     "4:\n\t"                                                                 \
                     "vmov q0[2], q0[0], r0, r4\n\t"                                          \
                     "vmov q0[3], q0[1], r2, r6\n\t"                                          \
                     "vmov q1[2], q1[0], r8, r12\n\t"                                         \
                     "vmov q1[3], q1[1], r10, lr\n\t"                                         \
                     "ldrd r4, r6, [r11, #24]\n\t"                                            \
                     "vldrw.32 q2, [r1]\n\t"                                                  \
                     "vldrw.32 q3, [r1], #16\n\t"                                             \
                     "vmla.s32 q2, q0, r6\n\t"                                                \
                     "vmla.s32 q3, q1, r6\n\t"                                                \
                     "vldrw.32 q0, [r1], #16\n\t"                                             \
                     "vldrw.32 q1, [r1], #16\n\t"                                             \
                     "vmulh.s32 q2, q2, q0\n\t"                                               \
                     "vmulh.s32 q3, q3, q0\n\t"                                               \
                     "vadd.i32 q2, q2, q1\n\t"                                                \
                     "vadd.i32 q3, q3, q1\n\t"                                                \
                     "ldrd r0, r2, [r11, #16]\n\t"                                            \
                     "vqrshrnb.s32 q2, q2, %[shift]\n\t"                                       \
                     "vqrshrnb.s32 q3, q3, %[shift]\n\t" CLIP NARROW " q2, q2\n\t" NARROW      \
                     " q3, q3\n\t"                                                            \
                     "vctp.32 r4\n\t"                                                         \
                     "vpstt\n\t"                                                              \
                     "vstrbt.32 q2, [r0], #4\n\t"                                             \
                     "vstrbt.32 q3, [r2], #4\n\t"                                             \
                     "subs r4, r4, #4\n\t"                                                    \
                     "strd r0, r2, [r11, #16]\n\t"                                            \
                     "str r4, [r11, #24]\n\t"                                                 \
                     "bgt 1b"                                                                 \
                     : "+r"(words)                                                            \
                     : "r"(pixels), [shift] "i"(q.shift)                                      \
                     : QC_MVE_CLOBBERED)

#define QC_MVE_PAIR_NARROWED(CLIP, NARROW)                                       \
    do {                                                                         \
        if (x_signed) {                                                          \
            QC_MVE_PAIR("", "", CLIP, NARROW);                                   \
        } else {                                                                 \
            QC_MVE_PAIR("vmov.i8 q3, #0x80\n\t", QC_MVE_SIGN_TWO, CLIP, NARROW); \
        }                                                                        \
    } while (0)

#endif

/* All channels of both pixels; the two may be one. */
QC_INLINE void qc_mve_pair(qc_mve_pixels *p, const uint32_t *weights, qc_mve_requant q, int x_signed)
{
#if QC_MVE_ASSEMBLY
    register const uint32_t *words __asm__("r1") = weights;
    register qc_mve_pixels *pixels __asm__("r11") = p;

    if (q.y_signed) {
        if (q.clipped) {
            QC_MVE_PAIR_NARROWED(QC_MVE_CLIP_TWO, "vqmovnb.s16");
        } else {
            QC_MVE_PAIR_NARROWED("", "vqmovnb.s16");
        }
    } else {
        if (q.clipped) {
            QC_MVE_PAIR_NARROWED(QC_MVE_CLIP_TWO, "vqmovunb.s16");
        } else {
            QC_MVE_PAIR_NARROWED("", "vqmovunb.s16");
        }
    }
#else
    for (; p->left > 0; p->left -= 4) {
        int32_t sums[2][4] = {{0, 0, 0, 0}, {0, 0, 0, 0}};
        int32_t step;
        int32_t c;
        int32_t k;

        for (step = -1; step < p->steps; step++, weights += 16) {
            const uint8_t *const codes0 = step < 0 ? p->last0 : p->x0 + 16 * step;
            const uint8_t *const codes1 = step < 0 ? p->last1 : p->x1 + 16 * step;

            for (k = 0; k < 16; k++) {
                for (c = 0; c < 4; c++) {
                    const int32_t weight = qc_mve_weight(weights, 16 * c + k);

                    sums[0][c] += qc_mve_code(codes0[k], x_signed) * weight;
                    sums[1][c] += qc_mve_code(codes1[k], x_signed) * weight;
                }
            }
        }
        for (c = 0; c < 4 && c < p->left; c++) {
            p->y0[c] = qc_mve_requantize(q, sums[0][c], weights, c);
            p->y1[c] = qc_mve_requantize(q, sums[1][c], weights, c);
        }
        weights += QC_MVE_CONSTANTS;
        p->y0 += 4;
        p->y1 += 4;
    }
#endif
}

#endif
