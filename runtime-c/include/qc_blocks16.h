/*
 * Blocks of three pixels by two output channels as in qc_blocks.h, but with a lane for each weight: twice the bytes, and nothing to unpack.
 *
 * Lanes: qc_block_lanes.h. A stream holds, per two output channels: start0, start1; for each four taps the words of taps (0, 2) of both
 * channels, then of taps (1, 3); then multiplier0, multiplier1 or, where results have addends, multiplier0, addend0, multiplier1, addend1.
 * Weights are scaled by 256. y is that of qc_blocks.h.
 */
#ifndef QC_BLOCKS16_H
#define QC_BLOCKS16_H

#include <stdint.h>

#include "qc_block_lanes.h"
#include "qc_blocks.h"
#include "qc_config.h"
#include "qc_dsp.h"

/* Neighbouring blocks of a layer; the assembly copies it to its stack in this order. */
typedef struct {
    uint32_t *lanes;
    const uint32_t *stream_end; /* of the pairs of neighbouring channels */
    int32_t pitch;              /* bytes from one pixel's outputs to the next one's */
    const uint32_t *lanes_end;
    int32_t skipped;            /* bytes of code before the second quad, of eight unrolled ones */
    const uint32_t *stream;
    uint8_t *y;                 /* outputs of the first pixel */
    int32_t advance;            /* bytes from one block's outputs to the next one's */
    const uint8_t *codes;       /* the first pixel's window */
    int32_t apart;              /* bytes from one pixel's codes to the next one's */
    int32_t skip;               /* bytes from behind the words of a kernel row to the next row */
    int32_t words;              /* of a kernel row */
    int32_t rows;               /* of the kernel; 0 where the lanes are there already */
    int32_t blocks;             /* at least one */
    const uint32_t *odd_end;    /* of the pair that computes a channel again; stream_end where there is none */
    int32_t gathers;            /* whether the codes behind the words of three kernel rows make a quad */
} qc_block16_run;

/* Words of a stream of `pairs` of channels. */
QC_INLINE int32_t qc_block16_words(int32_t pairs, int32_t quads, int adds)
{
    return pairs * (4 * quads + (adds ? 6 : 4));
}

/* `skipped` where a quad takes 16 instructions; a single quad enters behind the unrolled ones. */
QC_INLINE int32_t qc_block16_skipped(int32_t quads)
{
    return (quads == 1 ? 8 : (8 - (quads - 1) % 8) % 8) * 4 * 16;
}

/* The twin in C of the assembly: three pixels times two channels; returns the place behind their stream. */
QC_INLINE const uint32_t *qc_block16_pair(const uint32_t *lane, const uint32_t *lanes_end, const uint32_t *stream, uint8_t *y, int32_t pitch,
                                          int shift, int adds, int y_signed)
{
    int32_t sums[2][QC_BLOCK_PIXELS];
    int32_t channel;
    int32_t i;

    for (channel = 0; channel < 2; channel++) {
        for (i = 0; i < QC_BLOCK_PIXELS; i++) {
            sums[channel][i] = (int32_t)stream[channel];
        }
    }
    stream += 2;
    for (; lane != lanes_end; lane += QC_BLOCK_PIXELS) {
        for (i = 0; i < QC_BLOCK_PIXELS; i++) {
            sums[0][i] = qc_smlad(lane[i], stream[0], sums[0][i]);
            sums[1][i] = qc_smlad(lane[i], stream[1], sums[1][i]);
        }
        stream += 2;
    }
    for (channel = 0; channel < 2; channel++) {
        for (i = 0; i < QC_BLOCK_PIXELS; i++) {
            y[i * pitch + channel] = qc_requantize_high(sums[channel][i], stream[0], adds ? stream[1] : 0, shift, y_signed);
        }
        stream += adds ? 2 : 1;
    }
    return stream;
}

/*
 * Computes all blocks of the run, whose windows are widened into the lanes first. height: of the kernel; few: the layer's quads where
 * its code has no loop over them, else 0; both literal, and so are shift and whether there are addends.
 */
QC_INLINE void qc_block16_compute(const qc_block16_run *run, int height, int few, int shift, int adds, int x_signed, int y_signed)
{
#if QC_DSP_ASSEMBLY
    register const qc_block16_run *r0 __asm__("r0") = run;

    /* 24 products in 16 instructions of 4 bytes. r2..r4 and r5..r7: sums of the channels; r12: y less 1. All 14 registers are in use, so
       those that a caller keeps are saved here, and the stack holds the run, y less 1, the address of the second quad for `skipped`. */
#define QC_BLOCK16_WORDS                            \
    "smlad r2, r10, r8, r2\n\t"                     \
    "smlad r3, r11, r8, r3\n\t"                     \
    "smlad r4, lr, r8, r4\n\t"                      \
    "smlad r5, r10, r9, r5\n\t"                     \
    "smlad r6, r11, r9, r6\n\t"                     \
    "smlad r7, lr, r9, r7\n\t"
#define QC_BLOCK16_HALF "ldm r1!, {r8, r9}\n\tldm r0!, {r10, r11, lr}\n\t" QC_BLOCK16_WORDS
#define QC_BLOCK16_FIRST                            \
    "ldm r1!, {r4, r7, r8, r9}\n\t"                 \
    "ldm r0!, {r10, r11, lr}\n\t"                   \
    "smlad r2, r10, r8, r4\n\t"                     \
    "smlad r3, r11, r8, r4\n\t"                     \
    "smlad r4, lr, r8, r4\n\t"                      \
    "smlad r5, r10, r9, r7\n\t"                     \
    "smlad r6, r11, r9, r7\n\t"                     \
    "smlad r7, lr, r9, r7\n\t"                      \
    QC_BLOCK16_HALF
#define QC_BLOCK16_QUADS                            \
    ".if %c[few]\n\t"                               \
    ".balign 4\n"                                   \
    "1:\n\t"                                        \
    ".rept %c[few] - 1\n\t"                         \
    QC_BLOCK16_HALF QC_BLOCK16_HALF                 \
    ".endr\n\t"                                     \
    ".else\n\t"                                     \
    "ldr pc, [sp, #16]\n\t"                         \
    ".balign 4\n"                                   \
    "1:\n\t"                                        \
    ".rept 8\n\t"                                   \
    QC_BLOCK16_HALF QC_BLOCK16_HALF                 \
    ".endr\n\t"                                     \
    "ldr r8, [sp, #12]\n\t"                         \
    "cmp r0, r8\n\t"                                \
    "bne.w 1b\n\t"                                  \
    ".endif\n\t"
#define QC_BLOCK16_OUT(PRODUCT, SATURATE, A, M, PLACE)  \
    PRODUCT " " A ", " A ", " M "\n\t"                  \
    SATURATE " " A ", #8, " A ", asr %[shift]\n\t"      \
    "strb " A ", " PLACE "\n\t"
#define QC_BLOCK16_SIX(PRODUCT, SATURATE, M0, M1)                        \
    QC_BLOCK16_OUT(PRODUCT, SATURATE, "r2", M0, "[r12, #1]!")            \
    QC_BLOCK16_OUT(PRODUCT, SATURATE, "r3", M0, "[r12, lr]")             \
    QC_BLOCK16_OUT(PRODUCT, SATURATE, "r4", M0, "[r12, lr, lsl #1]")     \
    QC_BLOCK16_OUT(PRODUCT, SATURATE, "r5", M1, "[r12, #1]!")            \
    QC_BLOCK16_OUT(PRODUCT, SATURATE, "r6", M1, "[r12, lr]")             \
    QC_BLOCK16_OUT(PRODUCT, SATURATE, "r7", M1, "[r12, lr, lsl #1]")
#define QC_BLOCK16_ALL(SATURATE)                                         \
    ".if %c[adds]\n\t"                                                   \
    "ldm r1!, {r8, r9, r10, r11}\n\t"                                    \
    "ldrd r0, lr, [sp, #4]\n\t"                                          \
    QC_BLOCK16_SIX("smmla", SATURATE, "r8, r9", "r10, r11")              \
    "cmp r1, r0\n\t"                                                     \
    "ldr r0, [sp]\n\t"                                                   \
    ".else\n\t"                                                          \
    "ldm r1!, {r8, r9}\n\t"                                              \
    "ldm sp, {r0, r10, lr}\n\t"                                          \
    QC_BLOCK16_SIX("smmul", SATURATE, "r8", "r9")                        \
    "cmp r1, r10\n\t"                                                    \
    ".endif\n\t"
#define QC_BLOCK16_WIDEN(EXTEND)                    \
    "ldr r7, [r1], #4\n\t"                          \
    "ldr r8, [r2], #4\n\t"                          \
    "ldr r9, [r3], #4\n\t"                          \
    EXTEND "16 r4, r7\n\t"                          \
    EXTEND "16 r5, r8\n\t"                          \
    EXTEND "16 r6, r9\n\t"                          \
    EXTEND "16 r7, r7, ror #8\n\t"                  \
    EXTEND "16 r8, r8, ror #8\n\t"                  \
    EXTEND "16 r9, r9, ror #8\n\t"                  \
    "stm r0!, {r4-r9}\n\t"
#define QC_BLOCK16_LAST(LOAD, CODES, EVEN, ODD)     \
    LOAD " r4, [" CODES ", r10, lsl #1]\n\t"        \
    LOAD " r5, [" CODES "]\n\t"                     \
    LOAD " r6, [" CODES ", r10]\n\t"                \
    "pkhbt r4, r4, r5, lsl #16\n\t"                 \
    "str r4, [r0, " EVEN "]\n\t"                    \
    "str r6, [r0, " ODD "]\n\t"
#define QC_BLOCK16(EXTEND, LOAD, SATURATE)                                                  \
    __asm__ volatile("push {r4-r11, lr}\n\t"                                                \
                     "add r1, r0, #32\n\t"                                                  \
                     "ldm r1, {r2-r9}\n\t"                                                  \
                     "push {r2-r9}\n\t"                                                     \
                     "mov r12, r6\n\t"                                                      \
                     "ldm r0, {r2-r9}\n\t"                                                  \
                     "adr.w lr, 1f\n\t"                                                     \
                     "add r6, r6, lr\n\t"                                                   \
                     "orr r6, r6, #1\n\t"                                                   \
                     "sub r8, r8, #1\n\t"                                                   \
                     "push {r2-r9}\n\t"                                                     \
                     "cmp r12, #0\n\t"                                                      \
                     "beq.w 5f\n"                                                           \
                     "2:\n\t"                                                               \
                     "add r7, sp, #32\n\t"                                                  \
                     "ldm r7, {r1, r10, r11, r12, lr}\n\t"                                  \
                     "ldr r0, [sp]\n\t"                                                     \
                     "add r2, r1, r10\n\t"                                                  \
                     "add r3, r2, r10\n"                                                    \
                     "3:\n\t"                                                               \
                     "lsrs r10, r12, #1\n\t"                                                \
                     "bcc 4f\n\t"                                                           \
                     QC_BLOCK16_WIDEN(EXTEND)                                               \
                     "cmp r10, #0\n\t"                                                      \
                     "beq 6f\n"                                                             \
                     "4:\n\t"                                                               \
                     "subs r10, r10, #1\n\t"                                                \
                     QC_BLOCK16_WIDEN(EXTEND) QC_BLOCK16_WIDEN(EXTEND)                      \
                     "bne 4b\n"                                                             \
                     "6:\n\t"                                                               \
                     ".if %c[height] > 1\n\t"                                               \
                     "subs lr, lr, #1\n\t"                                                  \
                     "beq 9f\n\t"                                                           \
                     "add r1, r1, r11\n\t"                                                  \
                     "add r2, r2, r11\n\t"                                                  \
                     "add r3, r3, r11\n\t"                                                  \
                     "b 3b\n"                                                               \
                     "9:\n\t"                                                               \
                     ".endif\n\t"                                                           \
                     ".if %c[height] == 3\n\t"                                              \
                     "ldr r10, [sp, #60]\n\t"                                               \
                     "cmp r10, #0\n\t"                                                      \
                     "beq 5f\n\t"                                                           \
                     "add r10, r11, r12, lsl #2\n\t"                                        \
                     "rsb r10, r10, #0\n\t"                                                 \
                     QC_BLOCK16_LAST(LOAD, "r1", "#0", "#12")                               \
                     QC_BLOCK16_LAST(LOAD, "r2", "#4", "#16")                               \
                     QC_BLOCK16_LAST(LOAD, "r3", "#8", "#20")                               \
                     ".endif\n"                                                             \
                     "5:\n\t"                                                               \
                     "ldrd r1, r12, [sp, #20]\n\t"                                          \
                     "ldr r0, [sp]\n"                                                       \
                     "0:\n\t"                                                               \
                     QC_BLOCK16_FIRST                                                       \
                     QC_BLOCK16_QUADS                                                       \
                     QC_BLOCK16_ALL(SATURATE)                                               \
                     "bne.w 0b\n\t"                                                         \
                     "ldr r3, [sp, #56]\n\t"                                                \
                     "str r3, [sp, #4]\n\t"                                                 \
                     "str r1, [sp, #56]\n\t"                                                \
                     "cmp r3, r1\n\t"                                                       \
                     "bhi 7f\n\t"                                                           \
                     "ldr r4, [sp, #52]\n\t"                                                \
                     "subs r4, r4, #1\n\t"                                                  \
                     "beq 8f\n\t"                                                           \
                     "str r4, [sp, #52]\n\t"                                                \
                     "add r7, sp, #24\n\t"                                                  \
                     "ldm r7, {r2, r3, r4, r5}\n\t"                                         \
                     "add r2, r2, r3\n\t"                                                   \
                     "add r4, r4, r5\n\t"                                                   \
                     "add r4, r4, r5, lsl #1\n\t"                                           \
                     "stm r7, {r2, r3, r4}\n\t"                                             \
                     "b.w 2b\n"                                                             \
                     "7:\n\t"                                                               \
                     "sub r12, r12, #1\n\t"                                                 \
                     "b.w 0b\n"                                                             \
                     "8:\n\t"                                                               \
                     "add sp, #64\n\t"                                                      \
                     "pop {r4-r11, lr}"                                                     \
                     : "+r"(r0)                                                             \
                     : [shift] "i"(shift), [few] "i"(few), [adds] "i"(adds), [height] "i"(height) \
                     : "r1", "r2", "r3", "r12", "cc", "memory")
    if (x_signed) {
        if (y_signed) {
            QC_BLOCK16("sxtb", "ldrsb", "ssat");
        } else {
            QC_BLOCK16("sxtb", "ldrsb", "usat");
        }
    } else {
        if (y_signed) {
            QC_BLOCK16("uxtb", "ldrb", "ssat");
        } else {
            QC_BLOCK16("uxtb", "ldrb", "usat");
        }
    }
#undef QC_BLOCK16
#undef QC_BLOCK16_LAST
#undef QC_BLOCK16_WIDEN
#undef QC_BLOCK16_ALL
#undef QC_BLOCK16_SIX
#undef QC_BLOCK16_OUT
#undef QC_BLOCK16_QUADS
#undef QC_BLOCK16_FIRST
#undef QC_BLOCK16_HALF
#undef QC_BLOCK16_WORDS
#else
    const uint8_t *codes = run->codes;
    uint8_t *first = run->y;
    int32_t block;

    (void)height;
    (void)few;
    for (block = 0; block < run->blocks; block++) {
        const uint32_t *stream = run->stream;
        uint8_t *y = first;

        if (run->rows > 0) {
            qc_block_widen_run(run->lanes, codes, run->apart, run->skip, run->words, run->rows, run->gathers, x_signed);
        }
        while (stream != run->odd_end) {
            if (stream == run->stream_end) {
                y--;
            }
            stream = qc_block16_pair(run->lanes, run->lanes_end, stream, y, run->pitch, shift, adds, y_signed);
            y += 2;
        }
        codes += QC_BLOCK_PIXELS * run->apart;
        first += run->advance;
    }
#endif
}

#endif
