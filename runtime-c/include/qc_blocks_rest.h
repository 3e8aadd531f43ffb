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
/* The constants of two channels, how to multiply, and by what: without addends and with them. */
#define QC_REST_MULTIPLIED "ldm r1!, {r8, r9, r10}\n\t", "smmul", "r9", "r10"
#define QC_REST_ADDED "ldm r1!, {r8, r9, r10, r11, r12}\n\t", "smmla", "r9, r10", "r11, r12"
#define QC_ONE_OUT(SATURATE, ...) QC_ONE_OUT_OF(SATURATE, __VA_ARGS__)
#define QC_ONE_OUT_OF(SATURATE, LOADS, PRODUCT, M0, M1)  \
    LOADS                                            \
    "sub r2, r2, r5\n\t"                             \
    "add r5, r8, r5, lsl #8\n\t"                     \
    PRODUCT " r2, r2, " M0 "\n\t"                    \
    SATURATE " r2, #8, r2, asr %[shift]\n\t"         \
    "strb r2, [r3, #1]!\n\t"                         \
    PRODUCT " r5, r5, " M1 "\n\t"                    \
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
#define QC_TWO_OUT(SATURATE, ...) QC_TWO_OUT_OF(SATURATE, __VA_ARGS__)
#define QC_TWO_OUT_OF(SATURATE, LOADS, PRODUCT, M0, M1)  \
    LOADS                                            \
    "ldm sp, {r0, lr}\n\t"                           \
    "sub r2, r2, r5\n\t"                             \
    "add r5, r8, r5, lsl #8\n\t"                     \
    "sub r3, r3, r6\n\t"                             \
    "add r6, r8, r6, lsl #8\n\t"                     \
    PRODUCT " r2, r2, " M0 "\n\t"                    \
    SATURATE " r2, #8, r2, asr %[shift]\n\t"         \
    "strb r2, [r0, #1]!\n\t"                         \
    PRODUCT " r3, r3, " M0 "\n\t"                    \
    SATURATE " r3, #8, r3, asr %[shift]\n\t"         \
    "strb r3, [r0, lr]\n\t"                          \
    PRODUCT " r5, r5, " M1 "\n\t"                    \
    SATURATE " r5, #8, r5, asr %[shift]\n\t"         \
    "strb r5, [r0, #1]!\n\t"                         \
    PRODUCT " r6, r6, " M1 "\n\t"                    \
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
#define QC_ONE(SATURATE, QUADS, ...)                                                           \
    __asm__ volatile(QC_REST_BEGIN                                                             \
                     "mov r3, r2\n\t"                                                          \
                     "mov lr, r5\n\t"                                                          \
                     "mov r6, r0\n"                                                            \
                     "0:\n\t"                                                                  \
                     QC_ONE_FIRST QUADS QC_ONE_OUT(SATURATE, __VA_ARGS__)                      \
                     "mov r0, r6\n\t"                                                          \
                     "cmp r1, r7\n\t"                                                          \
                     "bne.w 0b\n\t"                                                            \
                     "add r2, r3, #1\n\t"                                                      \
                     "pop {r4-r11, lr}"                                                        \
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)                                  \
                     : [shift] "i"(shift), [few] "i"(few)                                      \
                     : "r12", "cc", "memory")
/* Two pixels. The stack holds: y less 1, pitch, lanes, entry. */
#define QC_TWO(SATURATE, QUADS, ...)                                                           \
    __asm__ volatile(QC_REST_BEGIN                                                             \
                     "push {r0, r5}\n\t"                                                       \
                     "push {r2, r6}\n"                                                         \
                     "0:\n\t"                                                                  \
                     QC_TWO_FIRST QUADS QC_TWO_OUT(SATURATE, __VA_ARGS__)                      \
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

/* What blocks of one layer share. */
typedef struct {
    const uint32_t *lanes_end;
    int32_t skipped; /* bytes of code before the second quad, of eight unrolled ones */
    int32_t pitch;   /* bytes from one pixel's outputs to the next one's */
    const uint32_t *stream_end;
} qc_block_layer;

/* `pixels` (1 or 2, literal) pixels times all channels of the stream; returns the outputs behind the last of the first pixel. */
QC_INLINE uint8_t *qc_block_rest(const uint32_t *lanes, const uint32_t *stream, uint8_t *y, const qc_block_layer *layer, int pixels,
                                 int few, int shift, int adds, int y_signed)
{
#if QC_DSP_ASSEMBLY
    register const uint32_t *r0 __asm__("r0") = lanes;
    register const uint32_t *r1 __asm__("r1") = stream;
    register uint8_t *r2 __asm__("r2") = y;
    register const qc_block_layer *r3 __asm__("r3") = layer;

#define QC_REST_FORMS(SATURATE, ...)                                                         \
    if (pixels == 1 && few) {                                                                \
        QC_ONE(SATURATE, QC_REST_FEW(QC_ONE_QUADS_TAKEN), __VA_ARGS__);                      \
    } else if (pixels == 1) {                                                                \
        QC_ONE(SATURATE, QC_REST_QUADS("bx lr\n\t", QC_ONE_QUADS_TAKEN), __VA_ARGS__);       \
    } else if (few) {                                                                        \
        QC_TWO(SATURATE, QC_REST_FEW(QC_TWO_QUADS_TAKEN), __VA_ARGS__);                      \
    } else {                                                                                 \
        QC_TWO(SATURATE, QC_REST_QUADS("ldr pc, [sp, #12]\n\t", QC_TWO_QUADS_TAKEN), __VA_ARGS__); \
    }
    if (y_signed) {
        if (adds) {
            QC_REST_FORMS("ssat", QC_REST_ADDED)
        } else {
            QC_REST_FORMS("ssat", QC_REST_MULTIPLIED)
        }
    } else {
        if (adds) {
            QC_REST_FORMS("usat", QC_REST_ADDED)
        } else {
            QC_REST_FORMS("usat", QC_REST_MULTIPLIED)
        }
    }
#undef QC_REST_FORMS
    return r2;
#else
    (void)few;
    while (stream != layer->stream_end) {
        stream = qc_block_pair(lanes, layer->lanes_end, stream, y, layer->pitch, pixels, shift, adds, y_signed);
        y += 2;
    }
    return y;
#endif
}

/* As qc_block_compute, for blocks of `pixels` (1 or 2, literal) pixels; `widens`, literal: whether their codes may lie in the image. */
QC_INLINE void qc_block_compute_rest(const qc_block_run *run, int32_t quads, int pixels, int widens, int few, int shift, int adds,
                                     int x_signed, int y_signed)
{
    const uint32_t *const end = run->lanes + 2 * pixels * quads;
    const qc_block_layer most = {end, qc_block_skipped(quads, pixels), run->pitch, run->stream_end};
    const qc_block_layer odd = {end, most.skipped, run->pitch, run->odd_end};
    const int32_t pitch = 4 * run->words + run->skip;
    int32_t block;

    for (block = 0; block < run->blocks; block++) {
        const uint8_t *const codes = run->codes + block * pixels * run->apart;
        uint8_t *out = run->y + block * pixels * run->pitch;
        const qc_block_layer *layer = &most;
        const uint32_t *stream = run->stream;

        if (widens && run->rows > 0) {
            const uint8_t *line = codes;
            const uint8_t *const last = codes + 4 * run->words;
            uint32_t *to = run->lanes;
            int32_t row;

            for (row = 0; row < run->rows; row++) {
                const uint8_t *const rows[2] = {line, line + run->apart};

                to = qc_widen_rest(to, rows, pixels, run->words, x_signed);
                line += pitch;
            }
            if (run->gathers) {
                qc_block_gather(to, last, last + pitch, last + 2 * pitch, run->apart, pixels, x_signed);
            }
        }
        for (;;) {
            out = qc_block_rest(run->lanes, stream, out, layer, pixels, few, shift, adds, y_signed) - 1;
            if (run->odd_end == run->stream_end || layer == &odd) {
                break;
            }
            stream = run->stream_end;
            layer = &odd;
        }
    }
}

#endif
