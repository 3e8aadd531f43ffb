/*
 * Matrix product of each row of x with constant weights on Helium, eight outputs at a time; constants as in
 * qc_mve_product.h.
 */
#ifndef QC_DENSE_MVE_H
#define QC_DENSE_MVE_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_mve.h"
#include "qc_mve_product.h"

/* One row and where its results go. Assembly reads it by offset: every member takes four bytes there. */
typedef struct {
    const uint8_t *last; /* the last 16 codes */
    const uint8_t *x;    /* all codes */
    uint8_t *y;          /* moves on with each block of channels */
    int32_t left;        /* channels that are still to compute, at least 1 */
    int32_t scale;       /* of the requantization, as the next two */
    int32_t lo;
    int32_t hi;
    int32_t steps; /* after the first */
} qc_mve_row;

#if QC_MVE_ASSEMBLY

#define QC_MVE_ONE(A, SUM) "vldrb.8 q2, [r1], #16\n\tvmladav" A ".s8 " SUM ", q0, q2\n\t"

#define QC_MVE_EIGHT(A)                                                       \
    QC_MVE_ONE(A, "r0") QC_MVE_ONE(A, "r2") QC_MVE_ONE(A, "r4")               \
    QC_MVE_ONE(A, "r6") QC_MVE_ONE(A, "r8") QC_MVE_ONE(A, "r10")              \
    QC_MVE_ONE(A, "r12") QC_MVE_ONE(A, "lr")

#define QC_MVE_ROW_STEP(FLIP) "vldrb.8 q0, [r5], #16\n\t" FLIP QC_MVE_EIGHT("a")

#define QC_MVE_ROW_CLIP                          \
    "ldrd r8, r10, [r11, #20]\n\t"               \
    "vdup.16 q0, r8\n\t"                         \
    "vdup.16 q1, r10\n\t"                        \
    "vmax.s16 q2, q2, q0\n\t"                    \
    "vmin.s16 q2, q2, q1\n\t"

/* All channels of a row. */
#define QC_MVE_ROW(FLIP_MASK, FLIP, CLIP, NARROW)                                       \
    __asm__ volatile("1:\n\t"                                                           \
                     "ldrd r3, r5, [r11]\n\t" FLIP_MASK                                 \
                     "vldrb.8 q0, [r3]\n\t" FLIP QC_MVE_EIGHT("")                       \
                     "ldr r9, [r11, #28]\n\t"                                           \
                     "lsrs r9, r9, #1\n\t"                                              \
                     "bcc 2f\n\t" QC_MVE_ROW_STEP(FLIP)                                 \
                     "2:\n\t"                                                           \
                     "beq 4f\n"                                                         \
                     "3:\n\t" QC_MVE_ROW_STEP(FLIP) QC_MVE_ROW_STEP(FLIP)               \
                     "subs r9, r9, #1\n\t"                                              \
                     "bne 3b\n"                                                         \
                     "4:\n\t"                                                           \
                     "vmov q0[2], q0[0], r0, r8\n\t"                                    \
                     "vmov q0[3], q0[1], r4, r12\n\t"                                   \
                     "vmov q1[2], q1[0], r2, r10\n\t"                                   \
                     "vmov q1[3], q1[1], r6, lr\n\t"                                    \
                     "ldrd r4, r6, [r11, #12]\n\t"                                      \
                     "ldr r0, [r11, #8]\n\t"                                            \
                     "vldrw.32 q2, [r1], #16\n\t"                                       \
                     "vmla.s32 q2, q0, r6\n\t"                                          \
                     "vldrw.32 q3, [r1], #16\n\t"                                       \
                     "vmla.s32 q3, q1, r6\n\t"                                          \
                     "vldrw.32 q0, [r1], #16\n\t"                                       \
                     "vmulh.s32 q2, q2, q0\n\t"                                         \
                     "vldrw.32 q1, [r1], #16\n\t"                                       \
                     "vmulh.s32 q3, q3, q1\n\t"                                         \
                     "vqrshrnb.s32 q2, q2, %[shift]\n\t"                                \
                     "vqrshrnt.s32 q2, q3, %[shift]\n\t" CLIP NARROW " q2, q2\n\t"      \
                     "vctp.16 r4\n\t"                                                   \
                     "vpst\n\t"                                                         \
                     "vstrbt.16 q2, [r0], #8\n\t"                                       \
                     "subs r4, r4, #8\n\t"                                              \
                     "strd r0, r4, [r11, #8]\n\t"                                       \
                     "bgt 1b"                                                           \
                     : "+r"(words)                                                      \
                     : "r"(row), [shift] "i"(q.shift)                                   \
                     : QC_MVE_CLOBBERED)

#define QC_MVE_ROW_NARROWED(CLIP, NARROW)                                               \
    do {                                                                                \
        if (x_signed) {                                                                 \
            QC_MVE_ROW("", "", CLIP, NARROW);                                           \
        } else {                                                                        \
            QC_MVE_ROW("vmov.i8 q3, #0x80\n\t", "veor q0, q0, q3\n\t", CLIP, NARROW);   \
        }                                                                               \
    } while (0)

#endif

/* All outputs of a row. */
QC_INLINE void qc_mve_dense_row(qc_mve_row *p, const uint32_t *weights, qc_mve_requant q, int x_signed)
{
#if QC_MVE_ASSEMBLY
    register const uint32_t *words __asm__("r1") = weights;
    register qc_mve_row *row __asm__("r11") = p;

    if (q.y_signed) {
        if (q.clipped) {
            QC_MVE_ROW_NARROWED(QC_MVE_ROW_CLIP, "vqmovnb.s16");
        } else {
            QC_MVE_ROW_NARROWED("", "vqmovnb.s16");
        }
    } else {
        if (q.clipped) {
            QC_MVE_ROW_NARROWED(QC_MVE_ROW_CLIP, "vqmovunb.s16");
        } else {
            QC_MVE_ROW_NARROWED("", "vqmovunb.s16");
        }
    }
#else
    for (; p->left > 0; p->left -= 8) {
        int32_t sums[8] = {0, 0, 0, 0, 0, 0, 0, 0};
        int32_t step;
        int32_t c;
        int32_t k;

        for (step = -1; step < p->steps; step++, weights += 32) {
            const uint8_t *const codes = step < 0 ? p->last : p->x + 16 * step;

            for (c = 0; c < 8; c++) {
                for (k = 0; k < 16; k++) {
                    sums[c] += qc_mve_code(codes[k], x_signed) * qc_mve_weight(weights, 16 * c + k);
                }
            }
        }
        for (c = 0; c < 8 && c < p->left; c++) {
            const uint32_t scaled = (uint32_t)sums[c] * (uint32_t)q.scale + weights[qc_mve_place(c)];

            p->y[c] = qc_mve_requantize(q, scaled, weights, c);
        }
        weights += QC_MVE_CONSTANTS;
        p->y += 8;
    }
#endif
}

QC_INLINE void qc_dense_mve(const uint8_t *x, int32_t rows, int32_t inputs, int32_t outputs, const uint32_t *weights, uint8_t *y,
                            qc_mve_requant q, int x_signed)
{
    qc_mve_row p;

    p.scale = q.scale;
    p.lo = q.lo;
    p.hi = q.hi;
    p.steps = (inputs + 15) / 16 - 1;
    for (; rows > 0; rows--, x += inputs, y += outputs) {
        uint8_t few[16] = {0};

        p.x = x;
        p.last = x + inputs - 16;
        /* Steps read 16 codes even where a row has fewer. */
        if (inputs < 16) {
            qc_mve_copy(few, x, inputs);
            p.last = few;
        }
        p.y = y;
        p.left = outputs;
        qc_mve_dense_row(&p, weights, q, x_signed);
    }
}

#endif
