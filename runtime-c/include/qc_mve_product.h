/*
 * Products of codes with constant weights on Helium, eight channels at a time: of pairs of pixels or of one row.
 *
 * Weights come in steps of 16 taps, per step 16 bytes for each channel. The first step has the LAST 16 taps of the product
 * (all, when there are fewer), where only those count that no later step reads: with n = ceil(taps / 16) - 1 later steps,
 * taps from 16*n on. Later steps have taps 0..15, 16..31 and so on. So no step reads codes behind the product, and steps
 * need no masks. For pairs of pixels all steps of channels 0, 2, 4, 6 precede those of 1, 3, 5, 7; for rows the eight
 * channels take turns in each step. Constants follow (qc_mve.h). Channels are padded with zeros.
 */
#ifndef QC_MVE_PRODUCT_H
#define QC_MVE_PRODUCT_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_mve.h"

/* Pairs of pixels and where their results go. Assembly reads it by offset: every member takes four bytes there. */
typedef struct {
    const uint8_t *last0; /* of each pixel, the last 16 codes; moves on with each pair */
    const uint8_t *last1;
    const uint8_t *x0; /* all codes */
    const uint8_t *x1;
    uint8_t *y0; /* moves on with each block of channels */
    uint8_t *y1;
    int32_t left;  /* channels that are still to compute, at least 1 */
    int32_t scale; /* of the requantization, as the next two */
    int32_t lo;
    int32_t hi;
    int32_t steps;   /* after the first */
    int32_t outputs; /* channels of a pixel */
    int32_t pairs;   /* at least 1 */
    int32_t x_step;  /* bytes from pair to pair */
    int32_t y_step;  /* the same, less `outputs` rounded up to eight */
    const uint32_t *weights;
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

#define QC_MVE_PAIR_STEP(FLIP)           \
    "vldrb.8 q0, [r3], #16\n\t"          \
    "vldrb.8 q1, [r5], #16\n\t" FLIP     \
    QC_MVE_CHANNELS("a")

#define QC_MVE_PAIR_TAKE(TARGET0, TARGET1)               \
    "vmov " TARGET0 "[2], " TARGET0 "[0], r0, r4\n\t"    \
    "vmov " TARGET0 "[3], " TARGET0 "[1], r2, r6\n\t"    \
    "vmov " TARGET1 "[2], " TARGET1 "[0], r8, r12\n\t"   \
    "vmov " TARGET1 "[3], " TARGET1 "[1], r10, lr\n\t"

/* Sums of four channels of both pixels. */
#define QC_MVE_PAIR_SUMS(FLIP, TARGET0, TARGET1)                  \
    "ldrd r3, r5, [r11]\n\t"                                      \
    "vldrb.8 q0, [r3]\n\t"                                        \
    "vldrb.8 q1, [r5]\n\t" FLIP QC_MVE_CHANNELS("")               \
    "ldr r9, [r11, #40]\n\t"                                      \
    "ldrd r3, r5, [r11, #8]\n\t"                                  \
    "lsrs r9, r9, #1\n\t"                                         \
    "bcc 2f\n\t" QC_MVE_PAIR_STEP(FLIP)                           \
    "2:\n\t"                                                      \
    "beq 4f\n"                                                    \
    "3:\n\t" QC_MVE_PAIR_STEP(FLIP) QC_MVE_PAIR_STEP(FLIP)        \
    "subs r9, r9, #1\n\t"                                         \
    "bne 3b\n"                                                    \
    "4:\n\t" QC_MVE_PAIR_TAKE(TARGET0, TARGET1)

#define QC_MVE_PAIR_CLIP                         \
    "ldrd r8, r10, [r11, #32]\n\t"               \
    "vdup.16 q2, r8\n\t"                         \
    "vdup.16 q3, r10\n\t"                        \
    "vmax.s16 q0, q0, q2\n\t"                    \
    "vmax.s16 q1, q1, q2\n\t"                    \
    "vmin.s16 q0, q0, q3\n\t"                    \
    "vmin.s16 q1, q1, q3\n\t"

/* The same where there is one step, from q0 and q1. */
#define QC_MVE_PAIR_SUMS_OF_ONE(TARGET0, TARGET1) QC_MVE_CHANNELS("") QC_MVE_PAIR_TAKE(TARGET0, TARGET1)

/* The same where there are two steps. */
#define QC_MVE_PAIR_SUMS_OF_TWO(FLIP, TARGET0, TARGET1)           \
    "ldrd r3, r5, [r11]\n\t"                                      \
    "vldrb.8 q0, [r3]\n\t"                                        \
    "vldrb.8 q1, [r5]\n\t" FLIP QC_MVE_CHANNELS("")               \
    "ldrd r3, r5, [r11, #8]\n\t" QC_MVE_PAIR_STEP(FLIP) QC_MVE_PAIR_TAKE(TARGET0, TARGET1)

/* Codes of eight channels from their sums, and back to the next eight; LEFT: the register that counts channels, KEEP puts it away. */
#define QC_MVE_PAIR_CODES(LOAD, LEFT, KEEP, CLIP, NARROW)                    \
    LOAD "vldrw.32 q0, [r1]\n\t"                                             \
    "vmla.s32 q0, q4, r6\n\t"                                                \
    "vldrw.32 q1, [r1], #16\n\t"                                             \
    "vmla.s32 q1, q5, r6\n\t"                                                \
    "vldrw.32 q2, [r1]\n\t"                                                  \
    "vmla.s32 q2, q6, r6\n\t"                                                \
    "vldrw.32 q3, [r1], #16\n\t"                                             \
    "vmla.s32 q3, q7, r6\n\t"                                                \
    "vldrw.32 q4, [r1], #16\n\t"                                             \
    "vldrw.32 q5, [r1], #16\n\t"                                             \
    "vmulh.s32 q0, q0, q4\n\t"                                               \
    "vmulh.s32 q1, q1, q4\n\t"                                               \
    "vmulh.s32 q2, q2, q5\n\t"                                               \
    "vmulh.s32 q3, q3, q5\n\t"                                               \
    "ldrd r0, r2, [r11, #16]\n\t"                                            \
    "vqrshrnb.s32 q0, q0, %[shift]\n\t"                                      \
    "vqrshrnb.s32 q1, q1, %[shift]\n\t"                                      \
    "vqrshrnt.s32 q0, q2, %[shift]\n\t"                                      \
    "vqrshrnt.s32 q1, q3, %[shift]\n\t" CLIP NARROW " q0, q0\n\t" NARROW     \
    " q1, q1\n\t"                                                            \
    "vctp.16 " LEFT "\n\t"                                                   \
    "vpstt\n\t"                                                              \
    "vstrbt.16 q0, [r0], #8\n\t"                                             \
    "vstrbt.16 q1, [r2], #8\n\t"                                             \
    "subs " LEFT ", " LEFT ", #8\n\t"                                        \
    "strd r0, r2, [r11, #16]\n\t" KEEP                                       \
    "bgt 1b\n\t"

#define QC_MVE_PAIR_NEXT                 \
    "ldrd r3, r4, [r11, #44]\n\t"        \
    "subs r4, r4, #1\n\t"                \
    "str r3, [r11, #24]\n\t"             \
    "str r4, [r11, #48]\n\t"             \
    "ldrd r3, r4, [r11, #52]\n\t"        \
    "add r0, r0, r4\n\t"                 \
    "add r2, r2, r4\n\t"                 \
    "strd r0, r2, [r11, #16]\n\t"        \
    "ldm r11, {r0, r2, r4, r6}\n\t"      \
    "add r0, r0, r3\n\t"                 \
    "add r2, r2, r3\n\t"                 \
    "add r4, r4, r3\n\t"                 \
    "add r6, r6, r3\n\t"                 \
    "stm r11, {r0, r2, r4, r6}\n\t"      \
    "bne 0b\n\t"

/* All channels of all pairs, where there is one step: codes stay where r3 and r5 point. */
#define QC_MVE_PAIRS_OF_ONE(FLIP_MASK, FLIP, CLIP, NARROW)                                     \
    "ldrd r3, r5, [r11]\n"                                                                     \
    "0:\n\t"                                                                                   \
    "ldr r1, [r11, #60]\n\t"                                                                   \
    "ldr r9, [r11, #44]\n"                                                                     \
    "1:\n\t" FLIP_MASK "vldrb.8 q0, [r3]\n\t"                                                  \
    "vldrb.8 q1, [r5]\n\t" FLIP QC_MVE_PAIR_SUMS_OF_ONE("q4", "q5")                            \
    QC_MVE_PAIR_SUMS_OF_ONE("q6", "q7")                                                        \
    QC_MVE_PAIR_CODES("ldr r6, [r11, #28]\n\t", "r9", "", CLIP, NARROW)                        \
    "ldrd r4, r6, [r11, #48]\n\t"                                                              \
    "ldr r8, [r11, #56]\n\t"                                                                   \
    "add r3, r3, r6\n\t"                                                                       \
    "add r5, r5, r6\n\t"                                                                       \
    "add r0, r0, r8\n\t"                                                                       \
    "add r2, r2, r8\n\t"                                                                       \
    "subs r4, r4, #1\n\t"                                                                      \
    "strd r0, r2, [r11, #16]\n\t"                                                              \
    "str r4, [r11, #48]\n\t"                                                                   \
    "bne 0b\n"

/* The same where there are two. */
#define QC_MVE_PAIRS_OF_TWO(FLIP_MASK, FLIP, CLIP, NARROW)                                     \
    "0:\n\t"                                                                                   \
    "ldr r1, [r11, #60]\n\t"                                                                   \
    "ldr r9, [r11, #44]\n"                                                                     \
    "1:\n\t" FLIP_MASK QC_MVE_PAIR_SUMS_OF_TWO(FLIP, "q4", "q5")                               \
    QC_MVE_PAIR_SUMS_OF_TWO(FLIP, "q6", "q7")                                                  \
    QC_MVE_PAIR_CODES("ldr r6, [r11, #28]\n\t", "r9", "", CLIP, NARROW) QC_MVE_PAIR_NEXT

/* The same for any number of steps. */
#define QC_MVE_PAIRS_OF_MORE(FLIP_MASK, FLIP, CLIP, NARROW)                                    \
    "0:\n\t"                                                                                   \
    "ldr r1, [r11, #60]\n"                                                                     \
    "1:\n\t" FLIP_MASK QC_MVE_PAIR_SUMS(FLIP, "q4", "q5")                                      \
    QC_MVE_PAIR_SUMS(FLIP, "q6", "q7")                                                         \
    QC_MVE_PAIR_CODES("ldrd r4, r6, [r11, #24]\n\t", "r4", "str r4, [r11, #24]\n\t", CLIP, NARROW) QC_MVE_PAIR_NEXT

/* All channels of all pairs. */
#define QC_MVE_PAIRS(FLIP_MASK, FLIP, CLIP, NARROW)                                           \
    __asm__ volatile("ldr r9, [r11, #40]\n\t"                                                 \
                     "cmp r9, #1\n\t"                                                         \
                     "blo 5f\n\t"                                                             \
                     "beq 6f\n" QC_MVE_PAIRS_OF_MORE(FLIP_MASK, FLIP, CLIP, NARROW)           \
                     "b 7f\n"                                                                 \
                     "5:\n\t" QC_MVE_PAIRS_OF_ONE(FLIP_MASK, FLIP, CLIP, NARROW)              \
                     "b 7f\n"                                                                 \
                     "6:\n" QC_MVE_PAIRS_OF_TWO(FLIP_MASK, FLIP, CLIP, NARROW)                \
                     "7:"                                                                     \
                     :                                                                        \
                     : "r"(pixels), [shift] "i"(q.shift)                                      \
                     : "r1", "q4", "q5", "q6", "q7", QC_MVE_CLOBBERED)

#define QC_MVE_PAIRS_NARROWED(CLIP, NARROW)                                                               \
    do {                                                                                                  \
        if (x_signed) {                                                                                   \
            QC_MVE_PAIRS("", "", CLIP, NARROW);                                                           \
        } else {                                                                                          \
            QC_MVE_PAIRS("vmov.i8 q3, #0x80\n\t", "veor q0, q0, q3\n\tveor q1, q1, q3\n\t", CLIP, NARROW); \
        }                                                                                                 \
    } while (0)

#endif

/* Sums of channels `parity`, `parity` + 2, +4, +6 of eight; each step's weights are `pitch` words behind the one before. */
QC_INLINE void qc_mve_sums(uint32_t sums[8], int32_t parity, const uint8_t *last, const uint8_t *x, int32_t steps,
                           const uint32_t *weights, int x_signed)
{
    int32_t step;
    int32_t c;
    int32_t k;

    for (c = 0; c < 4; c++) {
        int32_t sum = 0;

        for (step = -1; step < steps; step++) {
            const uint8_t *const codes = step < 0 ? last : x + 16 * step;

            for (k = 0; k < 16; k++) {
                sum += qc_mve_code(codes[k], x_signed) * qc_mve_weight(weights + 16 * (step + 1), 16 * c + k);
            }
        }
        sums[2 * c + parity] = (uint32_t)sum;
    }
}

/* All channels of one pixel. */
QC_INLINE void qc_mve_pixel(const qc_mve_pixels *p, const uint8_t *last, const uint8_t *x, uint8_t *y, qc_mve_requant q, int x_signed)
{
    const int32_t half = 16 * (p->steps + 1);
    const uint32_t *weights = p->weights;
    int32_t left;

    for (left = p->outputs; left > 0; left -= 8, y += 8) {
        const uint32_t *const constants = weights + 2 * half;
        uint32_t sums[8];
        int32_t c;

        qc_mve_sums(sums, 0, last, x, p->steps, weights, x_signed);
        qc_mve_sums(sums, 1, last, x, p->steps, weights + half, x_signed);
        for (c = 0; c < 8 && c < left; c++) {
            const uint32_t scaled = sums[c] * (uint32_t)q.scale + constants[qc_mve_place(c)];

            y[c] = qc_mve_requantize(q, scaled, constants, c);
        }
        weights = constants + QC_MVE_CONSTANTS;
    }
}

/* All channels of all pairs; both pixels of a pair may be one. Members that move on are undefined afterwards. */
QC_INLINE void qc_mve_pairs(qc_mve_pixels *p, qc_mve_requant q, int x_signed)
{
#if QC_MVE_ASSEMBLY
    register qc_mve_pixels *pixels __asm__("r11") = p;

    if (q.y_signed) {
        if (q.clipped) {
            QC_MVE_PAIRS_NARROWED(QC_MVE_PAIR_CLIP, "vqmovnb.s16");
        } else {
            QC_MVE_PAIRS_NARROWED("", "vqmovnb.s16");
        }
    } else {
        if (q.clipped) {
            QC_MVE_PAIRS_NARROWED(QC_MVE_PAIR_CLIP, "vqmovunb.s16");
        } else {
            QC_MVE_PAIRS_NARROWED("", "vqmovunb.s16");
        }
    }
#else
    const int32_t y_pitch = p->y_step + (p->outputs + 7) / 8 * 8;
    int32_t pair;

    for (pair = 0; pair < p->pairs; pair++) {
        const int32_t at = pair * p->x_step;

        qc_mve_pixel(p, p->last0 + at, p->x0 + at, p->y0 + pair * y_pitch, q, x_signed);
        qc_mve_pixel(p, p->last1 + at, p->x1 + at, p->y1 + pair * y_pitch, q, x_signed);
    }
#endif
}

#endif
