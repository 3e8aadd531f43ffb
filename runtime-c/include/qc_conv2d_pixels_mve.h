/*
 * Convolution on Helium of signed codes that have at most 127 taps: two channels by four pixels at a time, a pair of channels for all
 * pixels before the next. Pixels are read in place where their codes lie together in the image; otherwise patches are gathered first.
 * Weights of one or two steps of 16 taps stay in registers; more are read again for each block.
 *
 * Where four do not divide the pixels, the last four are computed once more, likewise the last two channels. Needs two channels, four
 * pixels that lie `pitch` <= 127 bytes apart, and requantization with scale 256 and even multipliers.
 *
 * Weights per pair of channels: per step 16 of each, the last 16 taps first as in qc_mve_product.h; then addend and half the
 * multiplier of each.
 */
#ifndef QC_CONV2D_PIXELS_MVE_H
#define QC_CONV2D_PIXELS_MVE_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_conv2d_mve.h"
#include "qc_mve.h"
#include "qc_window.h"

/* What all blocks share. Assembly reads it by offset. */
typedef struct {
    uint16_t offsets[8]; /* of a block's results: of each pixel both channels */
    int32_t y_step;      /* bytes from block to block */
    int32_t limits;      /* lo in the lower half, hi in the upper */
} qc_mve_fours;

/* How codes lie; literal in every call. */
typedef struct {
    int32_t taps;
    int32_t pitch; /* bytes from pixel to pixel */
} qc_mve_lie;

#if QC_MVE_ASSEMBLY

#define QC_MVE_FOURS_CLIP(Y, LIMIT)          \
    "vdup.16 " LIMIT ", r0\n\t"              \
    "vmax.s16 " Y ", " Y ", " LIMIT "\n\t"   \
    "asr r0, r0, #16\n\t"                    \
    "vdup.16 " LIMIT ", r0\n\t"              \
    "vmin.s16 " Y ", " Y ", " LIMIT "\n\t"

#define QC_MVE_FOURS_TAKE(TARGET, S0, S1, S2, S3)                    \
    "vmov " TARGET "[2], " TARGET "[0], " S0 ", " S2 "\n\t"          \
    "vmov " TARGET "[3], " TARGET "[1], " S1 ", " S3 "\n\t"

#define QC_MVE_FOURS_CODES(Y0, Y1, M0, M1)                           \
    "vqdmulh.s32 " Y0 ", " Y0 ", " M0 "\n\t"                         \
    "vqdmulh.s32 " Y1 ", " Y1 ", " M1 "\n\t"                         \
    "vqrshrnb.s32 " Y0 ", " Y0 ", %[shift]\n\t"                      \
    "vqrshrnt.s32 " Y0 ", " Y1 ", %[shift]\n\t"

/* One step: its codes are masked where there are fewer than 16. */
#define QC_MVE_FOURS_OF_ONE_SUMS(W, TARGET)                          \
    "vmladav.s8 r0, q0, " W "\n\t"                                   \
    "vmladav.s8 r2, q1, " W "\n\t"                                   \
    "vmladav.s8 r4, q2, " W "\n\t"                                   \
    "vmladav.s8 r6, q3, " W "\n\t" QC_MVE_FOURS_TAKE(TARGET, "r0", "r2", "r4", "r6")

#define QC_MVE_FOURS_OF_ONE(CLIP, NARROW)                            \
    "vldrb.8 q4, [r1]\n\t"                                           \
    "vldrb.8 q5, [r1, #16]\n\t"                                      \
    "ldrd r5, r9, [r1, #32]\n\t"                                     \
    "ldrd r10, r1, [r1, #40]\n\t"                                    \
    "mov r0, %[taps]\n\t"                                            \
    "vctp.8 r0\n\t"                                                  \
    "dls lr, r12\n\t"                                                \
    "ldr r12, [r8, #16]\n"                                           \
    "1:\n\t"                                                         \
    "vpstttt\n\t"                                                    \
    "vldrbt.8 q0, [r3], %[pitch]\n\t"                                \
    "vldrbt.8 q1, [r3], %[pitch]\n\t"                                \
    "vldrbt.8 q2, [r3], %[pitch]\n\t"                                \
    "vldrbt.8 q3, [r3], %[pitch]\n\t"                                \
    QC_MVE_FOURS_OF_ONE_SUMS("q4", "q6") QC_MVE_FOURS_OF_ONE_SUMS("q5", "q7") \
    "vmov.i32 q0, #0x100\n\t"                                        \
    "vmlas.s32 q6, q0, r5\n\t"                                       \
    "vmlas.s32 q7, q0, r10\n\t"                                      \
    "vldrh.u16 q1, [r8]\n\t"                                         \
    QC_MVE_FOURS_CODES("q6", "q7", "r9", "r1") CLIP NARROW " q6, q6\n\t" \
    "vstrb.16 q6, [r11, q1]\n\t"                                     \
    "add r11, r11, r12\n\t"                                          \
    "le lr, 1b"
#define QC_MVE_FOURS_OF_ONE_CLIP "ldr r0, [r8, #20]\n\t" QC_MVE_FOURS_CLIP("q6", "q0")

/* Two steps. r7 may be the frame pointer: its value waits in s12. */
#define QC_MVE_FOURS_OF_TWO_PIXEL(S0, S1)                            \
    "vldrb.8 q0, [r3, %[last]]\n\t"                                  \
    "vldrb.8 q1, [r3], %[pitch]\n\t"                                 \
    "vmladav.s8 " S0 ", q0, q4\n\t"                                  \
    "vmladav.s8 " S1 ", q0, q6\n\t"                                  \
    "vmladava.s8 " S0 ", q1, q5\n\t"                                 \
    "vmladava.s8 " S1 ", q1, q7\n\t"

#define QC_MVE_FOURS_OF_TWO(CLIP, NARROW)                            \
    "vmov s12, r7\n\t"                                               \
    "ldrd r2, r4, [r8, #16]\n\t"                                     \
    "vmov s13, r4\n\t"                                               \
    "vmov s14, r12\n\t"                                              \
    "vmov s15, r2\n\t"                                               \
    "vldrh.u16 q2, [r8]\n\t"                                         \
    "mov r7, r11\n\t"                                                \
    "vldrb.8 q4, [r1]\n\t"                                           \
    "vldrb.8 q6, [r1, #16]\n\t"                                      \
    "vldrb.8 q5, [r1, #32]\n\t"                                      \
    "vldrb.8 q7, [r1, #48]\n\t"                                      \
    "ldrd r5, r11, [r1, #72]\n\t"                                    \
    "ldrd r1, r9, [r1, #64]\n"                                       \
    "1:\n\t"                                                         \
    QC_MVE_FOURS_OF_TWO_PIXEL("r0", "r8") QC_MVE_FOURS_OF_TWO_PIXEL("r2", "r10") \
    QC_MVE_FOURS_OF_TWO_PIXEL("r4", "r12") QC_MVE_FOURS_OF_TWO_PIXEL("r6", "lr") \
    QC_MVE_FOURS_TAKE("q0", "r0", "r2", "r4", "r6")                  \
    QC_MVE_FOURS_TAKE("q1", "r8", "r10", "r12", "lr")                \
    "vshl.i32 q0, q0, #8\n\t"                                        \
    "vadd.i32 q0, q0, r1\n\t"                                        \
    "vshl.i32 q1, q1, #8\n\t"                                        \
    "vadd.i32 q1, q1, r5\n\t"                                        \
    QC_MVE_FOURS_CODES("q0", "q1", "r9", "r11") CLIP                 \
    "vmov r0, r2, s14, s15\n\t" NARROW " q0, q0\n\t"                 \
    "vstrb.16 q0, [r7, q2]\n\t"                                      \
    "subs r0, r0, #1\n\t"                                            \
    "add r7, r7, r2\n\t"                                             \
    "vmov s14, r0\n\t"                                               \
    "bne 1b\n\t"                                                     \
    "vmov r7, s12"
#define QC_MVE_FOURS_OF_TWO_CLIP "vmov r0, s13\n\t" QC_MVE_FOURS_CLIP("q0", "q1")

/* Three steps and more: up the pixels at the last taps, down at the first, up at the next. */
#define QC_MVE_FOURS_STEP_WEIGHTS "vldrb.8 q0, [r1], #16\n\tvldrb.8 q1, [r1], #16\n\t"
#define QC_MVE_FOURS_PIXEL(A, MOVE, S0, S1)                          \
    "vldrb.8 q2, [r3], " MOVE "\n\t"                                 \
    "vmladav" A ".s8 " S0 ", q2, q0\n\t"                             \
    "vmladav" A ".s8 " S1 ", q2, q1\n\t"
#define QC_MVE_FOURS_UP(A, MOVE)                                     \
    QC_MVE_FOURS_STEP_WEIGHTS                                        \
    QC_MVE_FOURS_PIXEL(A, "%[pitch]", "r0", "r8") QC_MVE_FOURS_PIXEL(A, "%[pitch]", "r2", "r10") \
    QC_MVE_FOURS_PIXEL(A, "%[pitch]", "r4", "r12") QC_MVE_FOURS_PIXEL(A, MOVE, "r6", "lr")
#define QC_MVE_FOURS_DOWN                                            \
    QC_MVE_FOURS_STEP_WEIGHTS                                        \
    QC_MVE_FOURS_PIXEL("a", "%[back]", "r6", "lr") QC_MVE_FOURS_PIXEL("a", "%[back]", "r4", "r12") \
    QC_MVE_FOURS_PIXEL("a", "%[back]", "r2", "r10") QC_MVE_FOURS_PIXEL("a", "#16", "r0", "r8")

#define QC_MVE_FOURS_OF_MORE(CLIP, NARROW)                           \
    "vmov s12, r7\n\t"                                               \
    "ldrd r2, r4, [r8, #16]\n\t"                                     \
    "vmov s13, r2\n\t"                                               \
    "vmov s14, r4\n\t"                                               \
    "vldrh.u16 q5, [r8]\n\t"                                         \
    "vmov.i32 q6, #0x100\n\t"                                        \
    "mov r7, r12\n\t"                                                \
    "add r0, r1, %[words]\n\t"                                       \
    "ldrd r5, r2, [r0]\n\t"                                          \
    "ldrd r9, r4, [r0, #8]\n\t"                                      \
    "vdup.32 q4, r2\n\t"                                             \
    "vdup.32 q7, r4\n\t"                                             \
    "add r3, r3, %[last]\n"                                          \
    "1:\n\t" QC_MVE_FOURS_UP("", "%[first]")                         \
    ".rept %c[twice]\n\t" QC_MVE_FOURS_DOWN QC_MVE_FOURS_UP("a", "#16") \
    ".endr\n\t"                                                      \
    ".rept %c[once]\n\t" QC_MVE_FOURS_DOWN                           \
    ".endr\n\t" QC_MVE_FOURS_TAKE("q0", "r0", "r2", "r4", "r6")      \
    QC_MVE_FOURS_TAKE("q1", "r8", "r10", "r12", "lr")                \
    "vmlas.s32 q0, q6, r5\n\t"                                       \
    "vmlas.s32 q1, q6, r9\n\t"                                       \
    QC_MVE_FOURS_CODES("q0", "q1", "q4", "q7") CLIP                  \
    "vmov r2, s13\n\t" NARROW " q0, q0\n\t"                          \
    "vstrb.16 q0, [r11, q5]\n\t"                                     \
    "add r3, r3, %[next]\n\t"                                        \
    "sub r1, r1, %[words]\n\t"                                       \
    "add r11, r11, r2\n\t"                                           \
    "subs r7, r7, #1\n\t"                                            \
    "bne 1b\n\t"                                                     \
    "vmov r7, s12"
#define QC_MVE_FOURS_OF_MORE_CLIP "vmov r0, s14\n\t" QC_MVE_FOURS_CLIP("q0", "q1")

#define QC_MVE_FOURS_RUN(BODY)                                                                                         \
    __asm__ volatile(BODY                                                                                              \
                     : "+r"(stream), "+r"(codes), "+r"(output), "+r"(count), "+r"(shared)                              \
                     : [shift] "i"(q.shift), [taps] "i"(lie.taps), [pitch] "i"(lie.pitch), [back] "i"(-lie.pitch),     \
                       [last] "i"(last), [first] "i"(-last), [twice] "i"((steps - 1) / 2), [once] "i"((steps - 1) % 2), \
                       [words] "i"(32 * steps), [next] "i"((steps % 2 ? 1 : 4) * lie.pitch + lie.taps - 16 * steps)     \
                     : "r0", "r2", "r4", "r5", "r6", "r9", "r10", "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", \
                       "cc", "memory")

#define QC_MVE_FOURS_OF_STEPS(OF, NARROW)                                     \
    do {                                                                      \
        if (q.clipped) {                                                      \
            QC_MVE_FOURS_RUN(OF(OF##_CLIP, NARROW));                          \
        } else {                                                              \
            QC_MVE_FOURS_RUN(OF("", NARROW));                                 \
        }                                                                     \
    } while (0)

#define QC_MVE_FOURS(OF)                                   \
    do {                                                   \
        if (q.y_signed) {                                  \
            QC_MVE_FOURS_OF_STEPS(OF, "vqmovnb.s16");      \
        } else {                                           \
            QC_MVE_FOURS_OF_STEPS(OF, "vqmovunb.s16");     \
        }                                                  \
    } while (0)

#endif

/* Two channels of `blocks` (at least 1) times four pixels. */
QC_INLINE void qc_mve_fours_of(const qc_mve_fours *p, const uint32_t *weights, const uint8_t *x, uint8_t *y, int32_t blocks,
                               qc_mve_requant q, qc_mve_lie lie)
{
    const int32_t steps = (lie.taps + 15) / 16;
    const int32_t last = lie.taps < 16 ? 0 : lie.taps - 16;
#if QC_MVE_ASSEMBLY
    register const uint32_t *stream __asm__("r1") = weights;
    register const uint8_t *codes __asm__("r3") = x;
    register uint8_t *output __asm__("r11") = y;
    register int32_t count __asm__("r12") = blocks;
    register const qc_mve_fours *shared __asm__("r8") = p;

    if (steps == 1) {
        QC_MVE_FOURS(QC_MVE_FOURS_OF_ONE);
    } else if (steps == 2) {
        QC_MVE_FOURS(QC_MVE_FOURS_OF_TWO);
    } else {
        QC_MVE_FOURS(QC_MVE_FOURS_OF_MORE);
    }
#else
    for (; blocks > 0; blocks--, x += 4 * lie.pitch, y += p->y_step) {
        int32_t i;

        for (i = 0; i < 8; i++) {
            const uint32_t *const constants = weights + 8 * steps + i % 2 * 2;
            int32_t sum = 0;
            int32_t step;
            int32_t k;

            for (step = 0; step < steps; step++) {
                const uint8_t *const codes = x + i / 2 * lie.pitch + (step == 0 ? last : 16 * (step - 1));

                for (k = 0; k < 16 && k < lie.taps; k++) {
                    sum += (int32_t)(int8_t)codes[k] * qc_mve_weight(weights, 32 * step + i % 2 * 16 + k);
                }
            }
            y[p->offsets[i]] = (uint8_t)qc_clamp(
                qc_requant_high_word((int32_t)((uint32_t)sum * 256u + constants[0]), (int32_t)(2 * constants[1]), q.shift), q.lo, q.hi);
        }
    }
#endif
}

/* All channels of `count` (at least 4) pixels. */
QC_INLINE void qc_mve_pixels_of(const qc_mve_fours *p, const uint32_t *weights, const uint8_t *x, uint8_t *y, int32_t count,
                                int32_t channels, qc_mve_requant q, qc_mve_lie lie)
{
    int32_t channel;

    for (channel = 0; channel < channels; channel += 2, weights += (lie.taps + 15) / 16 * 8 + 4) {
        uint8_t *const out = y + (channel < channels - 2 ? channel : channels - 2);

        qc_mve_fours_of(p, weights, x, out, count / 4, q, lie);
        if (count % 4) {
            qc_mve_fours_of(p, weights, x + (count - 4) * lie.pitch, out + (count - 4) * channels, 1, q, lie);
        }
    }
}

/* scratch: `gathered` (at least 4) patches, `lie.pitch` bytes apart; none where `gathered` is 0, and pixels are read in place. Literal in every call: `lie`, and whether `gathered` is 0. */
QC_INLINE void qc_conv2d_pixels_mve(const qc_window *s, const uint8_t *x, const uint32_t *weights, uint8_t *y, uint8_t *scratch,
                                    int32_t gathered, qc_mve_requant q, qc_mve_lie lie)
{
    const int32_t total = s->out_height * s->out_width;
    qc_mve_fours p;
    int32_t pixel;
    int32_t count;
    int32_t i;

    for (i = 0; i < 8; i++) {
        p.offsets[i] = (uint16_t)(i / 2 * s->out_channels + i % 2);
    }
    p.y_step = 4 * s->out_channels;
    p.limits = (int32_t)(((uint32_t)q.hi << 16) | ((uint32_t)q.lo & 0xffffu));
    if (gathered == 0) {
        const int32_t whole = s->stride_y == 1 && s->stride_x == 1;
        const int32_t run = whole ? total : s->out_width;

        for (pixel = 0; pixel < total; pixel += run) {
            qc_mve_pixels_of(&p, weights, x + pixel / s->out_width * s->stride_y * s->width * s->channels,
                             y + pixel * s->out_channels, run, s->out_channels, q, lie);
        }
        return;
    }
    for (pixel = 0; pixel < total; pixel += count) {
        qc_mve_corner corner;

        count = total - pixel < gathered ? total - pixel : gathered;
        if (count < 4) {
            pixel = total - 4;
            count = 4;
        }
        corner.iy = pixel / s->out_width * s->stride_y - s->pad_top;
        corner.ix = pixel % s->out_width * s->stride_x - s->pad_left;
        corner.at = (corner.iy * s->width + corner.ix) * s->channels;
        qc_mve_patches(s, x, corner, s->channels, count, lie.pitch, scratch);
        qc_mve_pixels_of(&p, weights, scratch, y + pixel * s->out_channels, count, s->out_channels, q, lie);
    }
}

#endif
