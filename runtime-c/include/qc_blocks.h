/*
 * Blocks of three pixels by two output channels: the inner loops of convolutions on cores with packed multiplies (qc_dsp.h).
 *
 * Lanes: per four taps the words of taps (0, 2) of three pixels, then of taps (1, 3).
 * A stream holds, per two output channels: start0, two words for each four taps, start1, multiplier0, addend0, multiplier1,
 * addend1. A lane of a tap's word holds 256*w0 + w1 of both channels, so that one product yields 256*acc0 + acc1 and only w1
 * needs extracting; no pair has w0 = -128 with w1 < 0. All sums wrap modulo 2^32; 256*acc0 and 256*acc1 fit 32 bits.
 *
 * y = saturate((high word of (256*acc + start)*multiplier, plus addend) >> shift): SMMLA and SSAT.
 */
#ifndef QC_BLOCKS_H
#define QC_BLOCKS_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_scalar.h"

enum { QC_BLOCK_PIXELS = 3, QC_BLOCK_CONSTANTS = 6 };

/* The output code of (256*acc + start), as a byte stores it. */
QC_INLINE uint8_t qc_requantize_high(int32_t scaled, uint32_t multiplier, uint32_t addend, int32_t shift, int y_signed)
{
    const int64_t offset = (int64_t)(int32_t)addend * ((int64_t)1 << 32);
    const int32_t value = qc_requant_plain(scaled, (int32_t)multiplier, offset, 32 + shift);

    return (uint8_t)qc_saturate(value, y_signed ? -128 : 0, y_signed ? 127 : 255);
}

/* What all blocks of a layer share. */
typedef struct {
    const uint32_t *lanes_end;
    int32_t skipped; /* bytes of code before the second quad, of eight unrolled ones */
    int32_t pitch;   /* bytes from one pixel's outputs to the next one's */
    const uint32_t *stream_end;
} qc_block_layer;

/* `quads`: four taps each, at least one. `pixels`, literal: of a block, one to three; their quads take 8, 12 or 17 instructions. */
QC_INLINE qc_block_layer qc_block_layer_of(const uint32_t *lanes, int32_t quads, const uint32_t *stream, int32_t pairs, int32_t pitch,
                                           int pixels)
{
    const int32_t skipped = quads == 1 ? 8 : (8 - (quads - 1) % 8) % 8;
    const qc_block_layer layer = {lanes + 2 * pixels * quads, skipped * 4 * (pixels == QC_BLOCK_PIXELS ? 17 : 4 + 4 * pixels), pitch,
                                  stream + pairs * (2 * quads + QC_BLOCK_CONSTANTS)};

    return layer;
}

/* The twin in C of the assembly below and in qc_blocks_rest.h. */
QC_INLINE uint8_t *qc_block_twin(const uint32_t *lanes, const uint32_t *stream, uint8_t *y, const qc_block_layer *layer, int pixels,
                                 int shift, int y_signed)
{
    while (stream != layer->stream_end) {
        const uint32_t *lane = lanes;
        const uint32_t *constants;
        int32_t first[QC_BLOCK_PIXELS] = {0, 0, 0};
        int32_t second[QC_BLOCK_PIXELS] = {0, 0, 0};
        const uint32_t start = *stream++;
        int32_t i;

        for (; lane != layer->lanes_end; lane += pixels) {
            const uint32_t pair = *stream++;

            for (i = 0; i < pixels; i++) {
                first[i] = qc_smlad(lane[i], pair, first[i]);
                second[i] = qc_smlad(lane[i], qc_sxtb16(pair), second[i]);
            }
        }
        constants = stream;
        stream += QC_BLOCK_CONSTANTS - 1;
        for (i = 0; i < pixels; i++) {
            const int32_t a = (int32_t)((uint32_t)first[i] - (uint32_t)second[i] + start);
            const int32_t b = (int32_t)(((uint32_t)second[i] << 8) + constants[0]);

            y[i * layer->pitch] = qc_requantize_high(a, constants[1], constants[2], shift, y_signed);
            y[i * layer->pitch + 1] = qc_requantize_high(b, constants[3], constants[4], shift, y_signed);
        }
        y += 2;
    }
    return y;
}

/*
 * Three pixels times all channels of the stream; returns the outputs behind the last of the first pixel. shift is literal, and so
 * is `few`: the layer's quads where its code has no loop over them, else 0.
 */
QC_INLINE uint8_t *qc_block_three(const uint32_t *lanes, const uint32_t *stream, uint8_t *y, const qc_block_layer *layer, int few,
                                  int shift, int y_signed)
{
#if QC_DSP_ASSEMBLY
    register const uint32_t *r0 __asm__("r0") = lanes;
    register const uint32_t *r1 __asm__("r1") = stream;
    register uint8_t *r2 __asm__("r2") = y;
    register const qc_block_layer *r3 __asm__("r3") = layer;

    /* 24 products in 17 instructions of 4 bytes, and two for each eight quads but the first. All 14 registers are in use, so those
       that a caller keeps are saved here, and the stack holds: y less 1, pitch, end of the stream, lanes, their end, first quad. */
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
#define QC_BLOCK(SATURATE, QUADS)                                                                         \
    __asm__ volatile("push {r4-r11, lr}\n\t"                                                            \
                     "ldm r3, {r4-r7}\n\t"                                                              \
                     "adr.w r3, 1f\n\t"                                                                 \
                     "add r5, r5, r3\n\t"                                                               \
                     "orr r5, r5, #1\n\t"                                                               \
                     "sub r2, #1\n\t"                                                                   \
                     "mov r12, r4\n\t"                                                                  \
                     "push {r0, r4, r5}\n\t"                                                            \
                     "push {r2, r6, r7}\n"                                                              \
                     "0:\n\t"                                                                           \
                     QC_BLOCK_FIRST                                                                     \
                     QUADS                                                                              \
                     "ldm r1!, {r8, r9, r10, r11, r12}\n\t"                                             \
                     "ldm sp, {r0, lr}\n\t"                                                             \
                     "sub r2, r2, r5\n\t"                                                               \
                     "add r5, r8, r5, lsl #8\n\t"                                                       \
                     "sub r3, r3, r6\n\t"                                                               \
                     "add r6, r8, r6, lsl #8\n\t"                                                       \
                     "sub r4, r4, r7\n\t"                                                               \
                     "add r7, r8, r7, lsl #8\n\t"                                                       \
                     "smmla r2, r2, r9, r10\n\t"                                                        \
                     SATURATE " r2, #8, r2, asr %[shift]\n\t"                                           \
                     "strb r2, [r0, #1]!\n\t"                                                           \
                     "smmla r3, r3, r9, r10\n\t"                                                        \
                     SATURATE " r3, #8, r3, asr %[shift]\n\t"                                           \
                     "strb r3, [r0, lr]\n\t"                                                            \
                     "smmla r4, r4, r9, r10\n\t"                                                        \
                     SATURATE " r4, #8, r4, asr %[shift]\n\t"                                           \
                     "strb r4, [r0, lr, lsl #1]\n\t"                                                    \
                     "smmla r5, r5, r11, r12\n\t"                                                       \
                     SATURATE " r5, #8, r5, asr %[shift]\n\t"                                           \
                     "strb r5, [r0, #1]!\n\t"                                                           \
                     "smmla r6, r6, r11, r12\n\t"                                                       \
                     SATURATE " r6, #8, r6, asr %[shift]\n\t"                                           \
                     "strb r6, [r0, lr]\n\t"                                                            \
                     "smmla r7, r7, r11, r12\n\t"                                                       \
                     SATURATE " r7, #8, r7, asr %[shift]\n\t"                                           \
                     "strb r7, [r0, lr, lsl #1]\n\t"                                                    \
                     "str r0, [sp]\n\t"                                                                 \
                     "ldr r2, [sp, #8]\n\t"                                                             \
                     "ldr r0, [sp, #12]\n\t"                                                            \
                     "ldr r12, [sp, #16]\n\t"                                                           \
                     "cmp r1, r2\n\t"                                                                   \
                     "bne.w 0b\n\t"                                                                     \
                     "ldr r2, [sp], #24\n\t"                                                            \
                     "add r2, #1\n\t"                                                                   \
                     "pop {r4-r11, lr}"                                                                 \
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)                                           \
                     : [shift] "i"(shift), [few] "i"(few)                                               \
                     : "r12", "cc", "memory")
    if (y_signed) {
        if (few) {
            QC_BLOCK("ssat", QC_BLOCK_FEW_QUADS);
        } else {
            QC_BLOCK("ssat", QC_BLOCK_QUADS);
        }
    } else {
        if (few) {
            QC_BLOCK("usat", QC_BLOCK_FEW_QUADS);
        } else {
            QC_BLOCK("usat", QC_BLOCK_QUADS);
        }
    }
#undef QC_BLOCK
#undef QC_BLOCK_FEW_QUADS
#undef QC_BLOCK_QUADS
#undef QC_BLOCK_QUAD
#undef QC_BLOCK_HALF
#undef QC_BLOCK_FIRST
    return r2;
#else
    (void)few;
    return qc_block_twin(lanes, stream, y, layer, QC_BLOCK_PIXELS, shift, y_signed);
#endif
}

/* Appends `words` (at least one) words of four codes of each of three rows as lanes; returns the place behind them. */
QC_INLINE uint32_t *qc_widen_three(uint32_t *to, const uint8_t *a, const uint8_t *b, const uint8_t *c, int32_t words, int x_signed)
{
#if QC_DSP_ASSEMBLY
    register uint32_t *r0 __asm__("r0") = to;
    register const uint8_t *r1 __asm__("r1") = a;
    register const uint8_t *r2 __asm__("r2") = b;
    register const uint8_t *r3 __asm__("r3") = c;
    register int32_t r12 __asm__("r12") = words;

#define QC_WIDEN_WORD(EXTEND)       \
    "ldr r7, [r1], #4\n\t"          \
    "ldr r8, [r2], #4\n\t"          \
    "ldr r9, [r3], #4\n\t"          \
    EXTEND " r4, r7\n\t"            \
    EXTEND " r5, r8\n\t"            \
    EXTEND " r6, r9\n\t"            \
    EXTEND " r7, r7, ror #8\n\t"    \
    EXTEND " r8, r8, ror #8\n\t"    \
    EXTEND " r9, r9, ror #8\n\t"    \
    "stm r0!, {r4-r9}\n\t"
#define QC_WIDEN(EXTEND)                                          \
    __asm__ volatile("push {r4-r9}\n\t"                           \
                     "lsrs r12, r12, #1\n\t"                      \
                     "bcc 1f\n\t" QC_WIDEN_WORD(EXTEND)           \
                     "cmp r12, #0\n\t"                            \
                     "beq 2f\n"                                   \
                     "1:\n\t"                                     \
                     "subs r12, r12, #1\n\t"                      \
                     QC_WIDEN_WORD(EXTEND) QC_WIDEN_WORD(EXTEND)  \
                     "bne 1b\n"                                   \
                     "2:\n\t"                                     \
                     "pop {r4-r9}"                                \
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r12) : : "cc", "memory")
    if (x_signed) {
        QC_WIDEN("sxtb16");
    } else {
        QC_WIDEN("uxtb16");
    }
#undef QC_WIDEN
#undef QC_WIDEN_WORD
    return r0;
#else
    const uint8_t *const rows[QC_BLOCK_PIXELS] = {a, b, c};
    int32_t word;
    int32_t i;

    for (word = 0; word < words; word++) {
        for (i = 0; i < QC_BLOCK_PIXELS; i++) {
            const uint32_t codes = qc_load_word(rows[i] + 4 * word);

            to[i] = qc_even_lanes(codes, x_signed);
            to[QC_BLOCK_PIXELS + i] = qc_odd_lanes(codes, x_signed);
        }
        to += 2 * QC_BLOCK_PIXELS;
    }
    return to;
#endif
}

#endif
