/*
 * Blocks of three pixels by two output channels: the inner loops of convolutions on cores with packed multiplies (qc_dsp.h).
 *
 * Lanes: qc_block_lanes.h. A stream holds, per two output channels: start0, two words for each four taps, then start1, multiplier0,
 * multiplier1 or, where results have addends, start1, multiplier0, addend0, multiplier1, addend1. A lane of a tap's word holds
 * 256*w0 + w1 of both channels, so that one product yields 256*acc0 + acc1 and only w1 needs extracting; no pair has w0 = -128
 * with w1 < 0. All sums wrap modulo 2^32; 256*acc0 and 256*acc1 fit 32 bits.
 *
 * y = saturate((high word of (256*acc + start)*multiplier, plus addend) >> shift): SMMUL or SMMLA, and SSAT.
 */
#ifndef QC_BLOCKS_H
#define QC_BLOCKS_H

#include <stdint.h>

#include "qc_block_lanes.h"
#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_scalar.h"

/* The output code of (256*acc + start), as a byte stores it. */
QC_INLINE uint8_t qc_requantize_high(int32_t scaled, uint32_t multiplier, uint32_t addend, int32_t shift, int y_signed)
{
    const int64_t offset = (int64_t)(int32_t)addend * ((int64_t)1 << 32);
    const int32_t value = qc_requant_plain(scaled, (int32_t)multiplier, offset, 32 + shift);

    return (uint8_t)qc_saturate(value, y_signed ? -128 : 0, y_signed ? 127 : 255);
}

/* Neighbouring blocks of a layer; the assembly copies it to its stack in this order. */
typedef struct {
    uint8_t *y;                 /* outputs of the first pixel */
    int32_t pitch;              /* bytes from one pixel's outputs to the next one's */
    const uint32_t *stream_end; /* of the pairs of neighbouring channels */
    uint32_t *lanes;
    const uint32_t *lanes_end;
    int32_t skipped;            /* bytes of code before the second quad, of eight unrolled ones */
    const uint32_t *stream;
    const uint8_t *codes;       /* the first pixel's window */
    int32_t apart;              /* bytes from one pixel's codes to the next one's */
    int32_t skip;               /* bytes from behind the words of a kernel row to the next row */
    int32_t words;              /* of a kernel row */
    int32_t rows;               /* of the kernel; 0 where the lanes are there already */
    int32_t blocks;             /* at least one */
    const uint32_t *odd_end;    /* of the pair that computes a channel again; stream_end where there is none */
    int32_t gathers;            /* whether the codes behind the words of three kernel rows make a quad */
} qc_block_run;

/* Words of a stream of `pairs` of channels. */
QC_INLINE int32_t qc_block_words(int32_t pairs, int32_t quads, int adds)
{
    return pairs * (2 * quads + (adds ? 6 : 4));
}

/* `skipped` where a quad of `pixels` takes 8, 12 or 17 instructions; a single quad enters behind the unrolled ones. */
QC_INLINE int32_t qc_block_skipped(int32_t quads, int pixels)
{
    return (quads == 1 ? 8 : (8 - (quads - 1) % 8) % 8) * 4 * (pixels == QC_BLOCK_PIXELS ? 17 : 4 + 4 * pixels);
}

/* The twin in C of the assembly: `pixels` pixels times two channels; returns the place behind their stream. */
QC_INLINE const uint32_t *qc_block_pair(const uint32_t *lane, const uint32_t *lanes_end, const uint32_t *stream, uint8_t *y, int32_t pitch,
                                        int pixels, int shift, int adds, int y_signed)
{
    int32_t first[QC_BLOCK_PIXELS] = {0, 0, 0};
    int32_t second[QC_BLOCK_PIXELS] = {0, 0, 0};
    const uint32_t start = *stream++;
    int32_t i;

    for (; lane != lanes_end; lane += pixels) {
        const uint32_t pair = *stream++;

        for (i = 0; i < pixels; i++) {
            first[i] = qc_smlad(lane[i], pair, first[i]);
            second[i] = qc_smlad(lane[i], qc_sxtb16(pair), second[i]);
        }
    }
    for (i = 0; i < pixels; i++) {
        const int32_t a = (int32_t)((uint32_t)first[i] - (uint32_t)second[i] + start);
        const int32_t b = (int32_t)(((uint32_t)second[i] << 8) + stream[0]);

        y[i * pitch] = qc_requantize_high(a, stream[1], adds ? stream[2] : 0, shift, y_signed);
        y[i * pitch + 1] = qc_requantize_high(b, stream[adds ? 3 : 2], adds ? stream[4] : 0, shift, y_signed);
    }
    return stream + (adds ? 5 : 3);
}

/*
 * Computes all blocks of the run, whose windows are widened into the lanes first. shift is literal, so is whether there are
 * addends, and so is `few`: the layer's quads where its code has no loop over them, else 0.
 */
QC_INLINE void qc_block_compute(const qc_block_run *run, int few, int shift, int adds, int x_signed, int y_signed)
{
#if QC_DSP_ASSEMBLY
    register const qc_block_run *r0 __asm__("r0") = run;

    /* 24 products in 17 instructions of 4 bytes, and two for each eight quads but the first. All 14 registers are in use, so those
       that a caller keeps are saved here, and the stack holds the run from `y`, which counts, to `blocks`, each y less 1 and the
       address of the second quad in place of the bytes before it; then y of the block, odd_end, gathers. */
#define QC_BLOCK_FIRST              \
    "ldm r1!, {r4, r8, r9}\n\t"     \
    "ldm r0!, {r10, r11, lr}\n\t"   \
    "smlad r2, r10, r8, r4\n\t"     \
    "smlad r3, r11, r8, r4\n\t"     \
    "smlad r4, lr, r8, r4\n\t"      \
    "sxtb16 r8, r8\n\t"             \
    "smuad r5, r10, r8\n\t"         \
    "smuad r6, r11, r8\n\t"         \
    "smuad r7, lr, r8\n\t"          \
    QC_BLOCK_HALF("r9")
#define QC_BLOCK_HALF(PAIR)                     \
    "ldm r0!, {r10, r11, lr}\n\t"               \
    "smlad r2, r10, " PAIR ", r2\n\t"           \
    "smlad r3, r11, " PAIR ", r3\n\t"           \
    "smlad r4, lr, " PAIR ", r4\n\t"            \
    "sxtb16 " PAIR ", " PAIR "\n\t"             \
    "smlad r5, r10, " PAIR ", r5\n\t"           \
    "smlad r6, r11, " PAIR ", r6\n\t"           \
    "smlad r7, lr, " PAIR ", r7\n\t"
#define QC_BLOCK_QUAD "ldm r1!, {r8, r9}\n\t" QC_BLOCK_HALF("r8") QC_BLOCK_HALF("r9")
#define QC_BLOCK_QUADS                                                                                  \
    "ldr pc, [sp, #20]\n\t"                                                                             \
    ".balign 4\n"                                                                                       \
    "1:\n\t" QC_BLOCK_QUAD QC_BLOCK_QUAD QC_BLOCK_QUAD QC_BLOCK_QUAD                                    \
    QC_BLOCK_QUAD QC_BLOCK_QUAD QC_BLOCK_QUAD QC_BLOCK_QUAD                                             \
    "cmp r0, r12\n\t"                                                                                   \
    "bne.w 1b\n\t"
#define QC_BLOCK_FEW_QUADS ".balign 4\n1:\n\t.rept %c[few] - 1\n\t" QC_BLOCK_QUAD ".endr\n\t"
#define QC_BLOCK_OUT(SATURATE, A, M, PLACE)    \
    "smmul " A ", " A ", " M "\n\t"             \
    SATURATE " " A ", #8, " A ", asr %[shift]\n\t" \
    "strb " A ", " PLACE "\n\t"
#define QC_BLOCK_OUT_ADD(SATURATE, A, M, PLACE)      \
    "smmla " A ", " A ", " M "\n\t"                   \
    SATURATE " " A ", #8, " A ", asr %[shift]\n\t"    \
    "strb " A ", " PLACE "\n\t"
#define QC_BLOCK_SIX(OUT, SATURATE, M0, M1)     \
    "ldm sp, {r0, lr}\n\t"                       \
    "sub r2, r2, r5\n\t"                         \
    "add r5, r8, r5, lsl #8\n\t"                 \
    "sub r3, r3, r6\n\t"                         \
    "add r6, r8, r6, lsl #8\n\t"                 \
    "sub r4, r4, r7\n\t"                         \
    "add r7, r8, r7, lsl #8\n\t"                 \
    OUT(SATURATE, "r2", M0, "[r0, #1]!")         \
    OUT(SATURATE, "r3", M0, "[r0, lr]")          \
    OUT(SATURATE, "r4", M0, "[r0, lr, lsl #1]")  \
    OUT(SATURATE, "r5", M1, "[r0, #1]!")         \
    OUT(SATURATE, "r6", M1, "[r0, lr]")          \
    OUT(SATURATE, "r7", M1, "[r0, lr, lsl #1]")
#define QC_BLOCK_MULTIPLIED(SATURATE)           \
    "ldm r1!, {r8, r9, r10}\n\t"                 \
    QC_BLOCK_SIX(QC_BLOCK_OUT, SATURATE, "r9", "r10")
#define QC_BLOCK_ADDED(SATURATE)                \
    "ldm r1!, {r8, r9, r10, r11, r12}\n\t"       \
    QC_BLOCK_SIX(QC_BLOCK_OUT_ADD, SATURATE, "r9, r10", "r11, r12") \
    "ldr r12, [sp, #16]\n\t"
#define QC_BLOCK_WIDEN(EXTEND)      \
    "ldr r7, [r1], #4\n\t"           \
    "ldr r8, [r2], #4\n\t"           \
    "ldr r9, [r3], #4\n\t"           \
    EXTEND "16 r4, r7\n\t"           \
    EXTEND "16 r5, r8\n\t"           \
    EXTEND "16 r6, r9\n\t"           \
    EXTEND "16 r7, r7, ror #8\n\t"   \
    EXTEND "16 r8, r8, ror #8\n\t"   \
    EXTEND "16 r9, r9, ror #8\n\t"   \
    "stm r0!, {r4-r9}\n\t"
#define QC_BLOCK_LAST(LOAD, CODES, EVEN, ODD)       \
    "sub " CODES ", " CODES ", r11\n\t"              \
    LOAD " r4, [" CODES ", r10, lsl #1]\n\t"         \
    LOAD " r5, [" CODES "]\n\t"                      \
    LOAD " r6, [" CODES ", r10]\n\t"                 \
    "pkhbt r4, r4, r5, lsl #16\n\t"                  \
    "str r4, [r0, " EVEN "]\n\t"                     \
    "str r6, [r0, " ODD "]\n\t"
#define QC_BLOCK(EXTEND, LOAD, SATURATE, QUADS, OUT)                                                \
    __asm__ volatile("push {r4-r11, lr}\n\t"                                                        \
                     "ldrd r2, r3, [r0, #52]\n\t"                                                   \
                     "ldr r1, [r0]\n\t"                                                             \
                     "sub r1, r1, #1\n\t"                                                           \
                     "push {r1, r2, r3}\n\t"                                                        \
                     "ldm r0, {r0-r12}\n\t"                                                         \
                     "sub r0, r0, #1\n\t"                                                           \
                     "adr.w lr, 1f\n\t"                                                             \
                     "add r5, r5, lr\n\t"                                                           \
                     "orr r5, r5, #1\n\t"                                                           \
                     "push {r0-r12}\n"                                                              \
                     "2:\n\t"                                                                       \
                     "add r1, sp, #28\n\t"                                                          \
                     "ldm r1, {r1, r10, r11, r12, lr}\n\t"                                          \
                     "ldr r0, [sp, #12]\n\t"                                                        \
                     "cmp lr, #0\n\t"                                                               \
                     "beq 5f\n\t"                                                                   \
                     "add r2, r1, r10\n\t"                                                          \
                     "add r3, r2, r10\n"                                                            \
                     "3:\n\t"                                                                       \
                     "lsrs r10, r12, #1\n\t"                                                        \
                     "bcc 4f\n\t"                                                                   \
                     QC_BLOCK_WIDEN(EXTEND)                                                         \
                     "cmp r10, #0\n\t"                                                              \
                     "beq 6f\n"                                                                     \
                     "4:\n\t"                                                                       \
                     "subs r10, r10, #1\n\t"                                                        \
                     QC_BLOCK_WIDEN(EXTEND) QC_BLOCK_WIDEN(EXTEND)                                  \
                     "bne 4b\n"                                                                     \
                     "6:\n\t"                                                                       \
                     "add r1, r1, r11\n\t"                                                          \
                     "add r2, r2, r11\n\t"                                                          \
                     "add r3, r3, r11\n\t"                                                          \
                     "subs lr, lr, #1\n\t"                                                          \
                     "bne 3b\n\t"                                                                   \
                     "ldr r10, [sp, #60]\n\t"                                                       \
                     "cmp r10, #0\n\t"                                                              \
                     "beq 5f\n\t"                                                                   \
                     "add r10, r11, r12, lsl #2\n\t"                                                \
                     "rsb r10, r10, #0\n\t"                                                         \
                     QC_BLOCK_LAST(LOAD, "r1", "#0", "#12")                                         \
                     QC_BLOCK_LAST(LOAD, "r2", "#4", "#16")                                         \
                     QC_BLOCK_LAST(LOAD, "r3", "#8", "#20") "\n"                                    \
                     "5:\n\t"                                                                       \
                     "ldr r0, [sp, #12]\n\t"                                                        \
                     "ldr r12, [sp, #16]\n\t"                                                       \
                     "ldr r1, [sp, #24]\n"                                                          \
                     "0:\n\t"                                                                       \
                     QC_BLOCK_FIRST                                                                 \
                     QUADS                                                                          \
                     OUT(SATURATE)                                                                  \
                     "str r0, [sp]\n\t"                                                             \
                     "ldr r2, [sp, #8]\n\t"                                                         \
                     "ldr r0, [sp, #12]\n\t"                                                        \
                     "cmp r1, r2\n\t"                                                               \
                     "bne.w 0b\n\t"                                                                 \
                     "ldr r3, [sp, #56]\n\t"                                                        \
                     "str r3, [sp, #8]\n\t"                                                         \
                     "str r1, [sp, #56]\n\t"                                                        \
                     "cmp r3, r1\n\t"                                                               \
                     "bhi 7f\n\t"                                                                   \
                     "ldr r4, [sp, #48]\n\t"                                                        \
                     "subs r4, r4, #1\n\t"                                                          \
                     "beq 8f\n\t"                                                                   \
                     "str r4, [sp, #48]\n\t"                                                        \
                     "ldr r2, [sp, #52]\n\t"                                                        \
                     "add r2, r2, lr\n\t"                                                           \
                     "add r2, r2, lr, lsl #1\n\t"                                                   \
                     "str r2, [sp, #52]\n\t"                                                        \
                     "str r2, [sp]\n\t"                                                             \
                     "ldrd r2, r3, [sp, #28]\n\t"                                                   \
                     "add r2, r2, r3\n\t"                                                           \
                     "add r2, r2, r3, lsl #1\n\t"                                                   \
                     "str r2, [sp, #28]\n\t"                                                        \
                     "b 2b\n"                                                                       \
                     "7:\n\t"                                                                       \
                     "ldr r2, [sp]\n\t"                                                             \
                     "sub r2, r2, #1\n\t"                                                           \
                     "str r2, [sp]\n\t"                                                             \
                     "b 0b\n"                                                                       \
                     "8:\n\t"                                                                       \
                     "add sp, #64\n\t"                                                              \
                     "pop {r4-r11, lr}"                                                             \
                     : "+r"(r0)                                                                     \
                     : [shift] "i"(shift), [few] "i"(few)                                           \
                     : "r1", "r2", "r3", "r12", "cc", "memory")
#define QC_BLOCK_QUADS_OF(EXTEND, LOAD, SATURATE, OUT)                  \
    if (few) {                                                          \
        QC_BLOCK(EXTEND, LOAD, SATURATE, QC_BLOCK_FEW_QUADS, OUT);      \
    } else {                                                            \
        QC_BLOCK(EXTEND, LOAD, SATURATE, QC_BLOCK_QUADS, OUT);          \
    }
#define QC_BLOCK_OUT_OF(EXTEND, LOAD, SATURATE)                         \
    if (adds) {                                                         \
        QC_BLOCK_QUADS_OF(EXTEND, LOAD, SATURATE, QC_BLOCK_ADDED)       \
    } else {                                                            \
        QC_BLOCK_QUADS_OF(EXTEND, LOAD, SATURATE, QC_BLOCK_MULTIPLIED)  \
    }
    if (x_signed) {
        if (y_signed) {
            QC_BLOCK_OUT_OF("sxtb", "ldrsb", "ssat")
        } else {
            QC_BLOCK_OUT_OF("sxtb", "ldrsb", "usat")
        }
    } else {
        if (y_signed) {
            QC_BLOCK_OUT_OF("uxtb", "ldrb", "ssat")
        } else {
            QC_BLOCK_OUT_OF("uxtb", "ldrb", "usat")
        }
    }
#undef QC_BLOCK_OUT_OF
#undef QC_BLOCK_QUADS_OF
#undef QC_BLOCK
#undef QC_BLOCK_LAST
#undef QC_BLOCK_WIDEN
#undef QC_BLOCK_ADDED
#undef QC_BLOCK_MULTIPLIED
#undef QC_BLOCK_SIX
#undef QC_BLOCK_OUT_ADD
#undef QC_BLOCK_OUT
#undef QC_BLOCK_FEW_QUADS
#undef QC_BLOCK_QUADS
#undef QC_BLOCK_QUAD
#undef QC_BLOCK_HALF
#undef QC_BLOCK_FIRST
#else
    const uint8_t *codes = run->codes;
    uint8_t *first_y = run->y;
    int32_t block;

    (void)few;
    for (block = 0; block < run->blocks; block++) {
        const uint32_t *stream = run->stream;
        uint8_t *y = first_y;

        if (run->rows > 0) {
            qc_block_widen_run(run->lanes, codes, run->apart, run->skip, run->words, run->rows, run->gathers, x_signed);
        }
        while (stream != run->odd_end) {
            if (stream == run->stream_end) {
                y--;
            }
            stream = qc_block_pair(run->lanes, run->lanes_end, stream, y, run->pitch, QC_BLOCK_PIXELS, shift, adds, y_signed);
            y += 2;
        }
        codes += QC_BLOCK_PIXELS * run->apart;
        first_y += QC_BLOCK_PIXELS * run->pitch;
    }
#endif
}

#endif
