/*
 * Blocks of one or two pixels for the streams of qc_blocks.h: the last pixels of rows that three do not divide, and layers
 * whose scratch is to be small. Lanes: per four taps, the words of taps (0, 2) of all pixels, then of taps (1, 3).
 */
#ifndef QC_BLOCKS_REST_H
#define QC_BLOCKS_REST_H

#include <stdint.h>

#include "qc_blocks.h"
#include "qc_config.h"
#include "qc_dsp.h"

#if QC_DSP_ASSEMBLY
/* Eight products in eight instructions; r2 and r5: sums. */
#define QC_ONE_FIRST                  \
    "ldm r1!, {r2, r8, r9}\n\t"       \
    "ldm r0!, {r10, r11}\n\t"         \
    "smlad r2, r10, r8, r2\n\t"       \
    "sxtb16 r8, r8\n\t"               \
    "smuad r5, r10, r8\n\t"           \
    QC_ONE_ODD
#define QC_ONE_ODD                    \
    "smlad r2, r11, r9, r2\n\t"       \
    "sxtb16 r9, r9\n\t"               \
    "smlad r5, r11, r9, r5\n\t"
#define QC_ONE_QUADS_TAKEN            \
    "ldm r1!, {r8, r9}\n\t"           \
    "ldm r0!, {r10, r11}\n\t"         \
    "smlad r2, r10, r8, r2\n\t"       \
    "sxtb16 r8, r8\n\t"               \
    "smlad r5, r10, r8, r5\n\t"       \
    QC_ONE_ODD
#define QC_ONE_OUT(SATURATE)                         \
    "ldm r1!, {r8, r9, r10, r11, r12}\n\t"           \
    "sub r2, r2, r5\n\t"                             \
    "add r5, r8, r5, lsl #8\n\t"                     \
    "smmla r2, r2, r9, r10\n\t"                      \
    SATURATE " r2, #8, r2, asr %[shift]\n\t"         \
    "strb r2, [r3, #1]!\n\t"                         \
    "smmla r5, r5, r11, r12\n\t"                     \
    SATURATE " r5, #8, r5, asr %[shift]\n\t"         \
    "strb r5, [r3, #1]!\n\t"

/* 16 products in twelve instructions; r2, r3 and r5, r6: sums. */
#define QC_TWO_FIRST                      \
    "ldm r1!, {r3, r8, r9}\n\t"           \
    "ldm r0!, {r10, r11, r12, lr}\n\t"    \
    "smlad r2, r10, r8, r3\n\t"           \
    "smlad r3, r11, r8, r3\n\t"           \
    "sxtb16 r8, r8\n\t"                   \
    "smuad r5, r10, r8\n\t"               \
    "smuad r6, r11, r8\n\t"               \
    QC_TWO_ODD
#define QC_TWO_ODD                        \
    "smlad r2, r12, r9, r2\n\t"           \
    "smlad r3, lr, r9, r3\n\t"            \
    "sxtb16 r9, r9\n\t"                   \
    "smlad r5, r12, r9, r5\n\t"           \
    "smlad r6, lr, r9, r6\n\t"
#define QC_TWO_QUADS_TAKEN                \
    "ldm r1!, {r8, r9}\n\t"               \
    "ldm r0!, {r10, r11, r12, lr}\n\t"    \
    "smlad r2, r10, r8, r2\n\t"           \
    "smlad r3, r11, r8, r3\n\t"           \
    "sxtb16 r8, r8\n\t"                   \
    "smlad r5, r10, r8, r5\n\t"           \
    "smlad r6, r11, r8, r6\n\t"           \
    QC_TWO_ODD
#define QC_TWO_OUT(SATURATE)                         \
    "ldm r1!, {r8, r9, r10, r11, r12}\n\t"           \
    "ldm sp, {r0, lr}\n\t"                           \
    "sub r2, r2, r5\n\t"                             \
    "add r5, r8, r5, lsl #8\n\t"                     \
    "sub r3, r3, r6\n\t"                             \
    "add r6, r8, r6, lsl #8\n\t"                     \
    "smmla r2, r2, r9, r10\n\t"                      \
    SATURATE " r2, #8, r2, asr %[shift]\n\t"         \
    "strb r2, [r0, #1]!\n\t"                         \
    "smmla r3, r3, r9, r10\n\t"                      \
    SATURATE " r3, #8, r3, asr %[shift]\n\t"         \
    "strb r3, [r0, lr]\n\t"                          \
    "smmla r5, r5, r11, r12\n\t"                     \
    SATURATE " r5, #8, r5, asr %[shift]\n\t"         \
    "strb r5, [r0, #1]!\n\t"                         \
    "smmla r6, r6, r11, r12\n\t"                     \
    SATURATE " r6, #8, r6, asr %[shift]\n\t"         \
    "strb r6, [r0, lr]\n\t"                          \
    "str r0, [sp]\n\t"

/* The quads behind the first, FIRST_QUAD being the code that jumps into the loop; r4: the end of the lanes. */
#define QC_REST_QUADS(ENTER, QUAD)              \
    ENTER                                       \
    ".balign 4\n"                               \
    "1:\n\t" QUAD QUAD QUAD QUAD                \
    QUAD QUAD QUAD QUAD                         \
    "cmp r0, r4\n\t"                            \
    "bne.w 1b\n\t"
#define QC_REST_FEW(QUAD) ".balign 4\n1:\n\t.rept %c[few] - 1\n\t" QUAD ".endr\n\t"

/* r4: end of the lanes, r7: end of the stream; one pixel: r3: y less 1, r6: lanes, lr: entry. */
#define QC_REST_BEGIN                 \
    "push {r4-r11, lr}\n\t"           \
    "ldm r3, {r4-r7}\n\t"             \
    "adr.w r3, 1f\n\t"                \
    "add r5, r5, r3\n\t"              \
    "orr r5, r5, #1\n\t"              \
    "sub r2, #1\n\t"
#define QC_ONE(SATURATE, QUADS)                                                                \
    __asm__ volatile(QC_REST_BEGIN                                                             \
                     "mov r3, r2\n\t"                                                          \
                     "mov lr, r5\n\t"                                                          \
                     "mov r6, r0\n"                                                            \
                     "0:\n\t"                                                                  \
                     QC_ONE_FIRST QUADS QC_ONE_OUT(SATURATE)                                   \
                     "mov r0, r6\n\t"                                                          \
                     "cmp r1, r7\n\t"                                                          \
                     "bne.w 0b\n\t"                                                            \
                     "add r2, r3, #1\n\t"                                                      \
                     "pop {r4-r11, lr}"                                                        \
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)                                  \
                     : [shift] "i"(shift), [few] "i"(few)                                      \
                     : "r12", "cc", "memory")
/* Two pixels. The stack holds: y less 1, pitch, lanes, entry. */
#define QC_TWO(SATURATE, QUADS)                                                                \
    __asm__ volatile(QC_REST_BEGIN                                                             \
                     "push {r0, r5}\n\t"                                                       \
                     "push {r2, r6}\n"                                                         \
                     "0:\n\t"                                                                  \
                     QC_TWO_FIRST QUADS QC_TWO_OUT(SATURATE)                                   \
                     "ldr r0, [sp, #8]\n\t"                                                    \
                     "cmp r1, r7\n\t"                                                          \
                     "bne.w 0b\n\t"                                                            \
                     "ldr r2, [sp], #16\n\t"                                                   \
                     "add r2, #1\n\t"                                                          \
                     "pop {r4-r11, lr}"                                                        \
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)                                  \
                     : [shift] "i"(shift), [few] "i"(few)                                      \
                     : "r12", "cc", "memory")
#endif

/* As qc_block_three, for `pixels` (literal) pixels. */
QC_INLINE uint8_t *qc_block_rest(const uint32_t *lanes, const uint32_t *stream, uint8_t *y, const qc_block_layer *layer, int pixels,
                                 int few, int shift, int y_signed)
{
#if QC_DSP_ASSEMBLY
    register const uint32_t *r0 __asm__("r0") = lanes;
    register const uint32_t *r1 __asm__("r1") = stream;
    register uint8_t *r2 __asm__("r2") = y;
    register const qc_block_layer *r3 __asm__("r3") = layer;

#define QC_REST_FORMS(SATURATE)                                                              \
    if (pixels == 1 && few) {                                                                \
        QC_ONE(SATURATE, QC_REST_FEW(QC_ONE_QUADS_TAKEN));                                   \
    } else if (pixels == 1) {                                                                \
        QC_ONE(SATURATE, QC_REST_QUADS("bx lr\n\t", QC_ONE_QUADS_TAKEN));                    \
    } else if (few) {                                                                        \
        QC_TWO(SATURATE, QC_REST_FEW(QC_TWO_QUADS_TAKEN));                                   \
    } else {                                                                                 \
        QC_TWO(SATURATE, QC_REST_QUADS("ldr pc, [sp, #12]\n\t", QC_TWO_QUADS_TAKEN));        \
    }
    if (y_signed) {
        QC_REST_FORMS("ssat")
    } else {
        QC_REST_FORMS("usat")
    }
#undef QC_REST_FORMS
    return r2;
#else
    (void)few;
    return qc_block_twin(lanes, stream, y, layer, pixels, shift, y_signed);
#endif
}

/* Appends `words` words of four codes of each of `pixels` (1 or 2, literal) rows as lanes; returns the place behind them. */
QC_INLINE uint32_t *qc_widen_rest(uint32_t *to, const uint8_t *const *rows, int pixels, int32_t words, int x_signed)
{
    const uint8_t *a = rows[0];
    const uint8_t *b = rows[pixels - 1];

    for (; words > 0; words--) {
        const uint32_t first = qc_load_word(a);

        a += 4;
        to[0] = qc_even_lanes(first, x_signed);
        to[pixels] = qc_odd_lanes(first, x_signed);
        if (pixels == 2) {
            const uint32_t second = qc_load_word(b);

            b += 4;
            to[1] = qc_even_lanes(second, x_signed);
            to[3] = qc_odd_lanes(second, x_signed);
        }
        to += 2 * pixels;
    }
    return to;
}

#endif
