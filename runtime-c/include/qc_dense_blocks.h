/*
 * Matrix product of each row of x with constant weights by packed multiplies (qc_dsp.h), four outputs at a time.
 * Stream: per four outputs, start0, start2; for each eight inputs, twice: the words of inputs (0, 2) and (1, 3) of the outputs 0 and 1, then of the
 * outputs 2 and 3, lanes as in qc_blocks.h; then per two outputs start1, multiplier0, addend0, multiplier1, addend1. Inputs are padded with zero weights; the
 * last four outputs overlap those before where four do not divide them.
 */
#ifndef QC_DENSE_BLOCKS_H
#define QC_DENSE_BLOCKS_H

#include <stdint.h>
#include <string.h>

#include "qc_block_lanes.h"
#include "qc_blocks.h"
#include "qc_config.h"
#include "qc_dsp.h"

enum { QC_DENSE_OUTPUTS = 4, QC_DENSE_INPUTS = 8, QC_DENSE_CONSTANTS = 12 };

/* What all rows of a layer share; read by the assembly in this order. */
typedef struct {
    const uint32_t *stream_end;
    int32_t skipped; /* bytes of code before the first eight inputs, of sixteen unrolled times eight */
    int32_t inputs;  /* rounded up */
    int32_t bytes;   /* of a row as it is read */
} qc_dense_layer;

/* Four outputs after the other, from `stream` to its end, of one row at a word boundary: codes or, with `lanes` (literal, as is shift), lanes. */
QC_INLINE void qc_dense_row(const uint8_t *x, const uint32_t *stream, uint8_t *y, const qc_dense_layer *layer, int lanes, int shift,
                            int x_signed, int y_signed)
{
#if QC_DSP_ASSEMBLY
    register const uint8_t *r0 __asm__("r0") = x;
    register const uint32_t *r1 __asm__("r1") = stream;
    register uint8_t *r2 __asm__("r2") = y;
    register const qc_dense_layer *r3 __asm__("r3") = layer;

    /* 32 products in 31 instructions of 4 bytes, from lanes in 27. The stack holds: end of the stream, end of the row, row, y, first eight. */
#define QC_DENSE_FOUR(EVEN, ODD)               \
    "ldm r1!, {r6, r7, r8, r9}\n\t"            \
    "smlad r2, " EVEN ", r6, r2\n\t"           \
    "sxtb16 r6, r6\n\t"                        \
    "smlad r4, " EVEN ", r8, r4\n\t"           \
    "sxtb16 r8, r8\n\t"                        \
    "smlad r3, " EVEN ", r6, r3\n\t"           \
    "smlad r5, " EVEN ", r8, r5\n\t"           \
    "smlad r2, " ODD ", r7, r2\n\t"            \
    "sxtb16 r7, r7\n\t"                        \
    "smlad r4, " ODD ", r9, r4\n\t"            \
    "sxtb16 r9, r9\n\t"                        \
    "smlad r3, " ODD ", r7, r3\n\t"            \
    "smlad r5, " ODD ", r9, r5\n\t"
#define QC_DENSE_EIGHT(EXTEND)                 \
    ".if %c[lanes]\n\t"                        \
    "ldm r0!, {r10, r11, r12, lr}\n\t"         \
    ".else\n\t"                                \
    "ldrd r11, lr, [r0], #8\n\t"               \
    EXTEND " r10, r11\n\t"                     \
    EXTEND " r11, r11, ror #8\n\t"             \
    EXTEND " r12, lr\n\t"                      \
    EXTEND " lr, lr, ror #8\n\t"               \
    ".endif\n\t"                               \
    QC_DENSE_FOUR("r10", "r11")                \
    QC_DENSE_FOUR("r12", "lr")
#define QC_DENSE_OUT(SATURATE, A, B)                 \
    "ldm r1!, {r6, r7, r8, r9, r10}\n\t"             \
    "sub " A ", " A ", " B "\n\t"                    \
    "add " B ", r6, " B ", lsl #8\n\t"               \
    "smmla " A ", " A ", r7, r8\n\t"                 \
    SATURATE " " A ", #8, " A ", asr %[shift]\n\t"   \
    "strb " A ", [lr], #1\n\t"                       \
    "smmla " B ", " B ", r9, r10\n\t"                \
    SATURATE " " B ", #8, " B ", asr %[shift]\n\t"   \
    "strb " B ", [lr], #1\n\t"
#define QC_DENSE(EXTEND, SATURATE)                                                                   \
    __asm__ volatile("push {r4-r11, lr}\n\t"                                                         \
                     "ldm r3, {r4, r5, r6, r7}\n\t"                                                  \
                     "adr.w r3, 1f\n\t"                                                              \
                     "add r3, r3, r5\n\t"                                                            \
                     "orr r3, r3, #1\n\t"                                                            \
                     "add r5, r0, r7\n\t"                                                            \
                     "push {r0, r2, r3}\n\t"                                                         \
                     "push {r4, r5}\n"                                                               \
                     "0:\n\t"                                                                        \
                     "ldm r1!, {r2, r4}\n\t"                                                         \
                     "movs r3, #0\n\t"                                                               \
                     "movs r5, #0\n\t"                                                               \
                     "ldr pc, [sp, #16]\n\t"                                                         \
                     ".balign 4\n"                                                                   \
                     "1:\n\t"                                                                        \
                     ".rept 16\n\t" QC_DENSE_EIGHT(EXTEND) ".endr\n\t"                              \
                     "ldr r6, [sp, #4]\n\t"                                                          \
                     "cmp r0, r6\n\t"                                                                \
                     "bne.w 1b\n\t"                                                                  \
                     "ldrd r0, lr, [sp, #8]\n\t"                                                     \
                     QC_DENSE_OUT(SATURATE, "r2", "r3") QC_DENSE_OUT(SATURATE, "r4", "r5")           \
                     "ldr r6, [sp]\n\t"                                                              \
                     "str lr, [sp, #12]\n\t"                                                         \
                     "cmp r1, r6\n\t"                                                                \
                     "bne.w 0b\n\t"                                                                  \
                     "add sp, #20\n\t"                                                               \
                     "pop {r4-r11, lr}"                                                              \
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)                                        \
                     : [shift] "i"(shift), [lanes] "i"(lanes)                                        \
                     : "r12", "cc", "memory")
    if (x_signed) {
        if (y_signed) {
            QC_DENSE("sxtb16", "ssat");
        } else {
            QC_DENSE("sxtb16", "usat");
        }
    } else {
        if (y_signed) {
            QC_DENSE("uxtb16", "ssat");
        } else {
            QC_DENSE("uxtb16", "usat");
        }
    }
#undef QC_DENSE
#undef QC_DENSE_OUT
#undef QC_DENSE_EIGHT
#undef QC_DENSE_FOUR
#else
    while (stream != layer->stream_end) {
        int32_t first[2] = {(int32_t)stream[0], (int32_t)stream[1]};
        int32_t second[2] = {0, 0};
        int32_t k;
        int32_t i;

        stream += 2;
        for (k = 0; k < layer->inputs; k += 4) {
            const uint32_t even = lanes ? qc_load_word(x + 2 * k) : qc_even_lanes(qc_load_word(x + k), x_signed);
            const uint32_t odd = lanes ? qc_load_word(x + 2 * k + 4) : qc_odd_lanes(qc_load_word(x + k), x_signed);

            for (i = 0; i < 2; i++) {
                first[i] = qc_smlad(odd, stream[2 * i + 1], qc_smlad(even, stream[2 * i], first[i]));
                second[i] = qc_smlad(even, qc_sxtb16(stream[2 * i]), second[i]);
                second[i] = qc_smlad(odd, qc_sxtb16(stream[2 * i + 1]), second[i]);
            }
            stream += 4;
        }
        for (i = 0; i < 2; i++) {
            const int32_t a = (int32_t)((uint32_t)first[i] - (uint32_t)second[i]);
            const int32_t b = (int32_t)(((uint32_t)second[i] << 8) + stream[0]);

            *y++ = qc_requantize_high(a, stream[1], stream[2], shift, y_signed);
            *y++ = qc_requantize_high(b, stream[3], stream[4], shift, y_signed);
            stream += 5;
        }
    }
#endif
}

/* Widens a row to lanes, up to `rounded` (a multiple of four) inputs, those behind the row being 0. */
QC_INLINE void qc_dense_widen(uint32_t *to, const uint8_t *x, int32_t inputs, int32_t rounded, int x_signed)
{
    const uint8_t *const rows[1] = {x};
    int32_t k = inputs / 4 * 4;

    to = qc_widen_rest(to, rows, 1, k / 4, x_signed);
    for (; k < rounded; k += 4) {
        uint32_t codes = 0;

        memcpy(&codes, x + (k < inputs ? k : 0), k < inputs ? (size_t)(inputs - k) : 0);
        *to++ = qc_even_lanes(codes, x_signed);
        *to++ = qc_odd_lanes(codes, x_signed);
    }
}

/*
 * At least four outputs. scratch: with `lanes` (literal) a row's lanes, 16 bytes for each eight inputs; else a row, rounded up to eight
 * bytes, unless its length is a multiple of eight.
 */
QC_INLINE void qc_dense_blocks(const uint8_t *x, int32_t rows, int32_t inputs, int32_t outputs, const uint32_t *stream, uint8_t *y,
                               uint8_t *scratch, int lanes, int shift, int x_signed, int y_signed)
{
    const int32_t eights = (inputs + QC_DENSE_INPUTS - 1) / QC_DENSE_INPUTS;
    const int32_t block = QC_DENSE_INPUTS * eights + QC_DENSE_CONSTANTS;
    const int32_t rounded = QC_DENSE_INPUTS * eights;
    const qc_dense_layer whole = {stream + outputs / QC_DENSE_OUTPUTS * block, (16 - eights % 16) % 16 * 4 * (lanes ? 27 : 31), rounded,
                                  lanes ? 2 * rounded : rounded};
    const qc_dense_layer rest = {whole.stream_end + (outputs % QC_DENSE_OUTPUTS == 0 ? 0 : block), whole.skipped, rounded, whole.bytes};

    for (; rows > 0; rows--) {
        const qc_dense_layer *layer = &whole;
        const uint32_t *from = stream;
        const uint8_t *row = x;
        uint8_t *out = y;

        if (lanes) {
            qc_dense_widen((uint32_t *)(void *)scratch, x, inputs, rounded, x_signed);
            row = scratch;
        } else if (inputs % QC_DENSE_INPUTS != 0) {
            memcpy(scratch, x, (size_t)inputs);
            memset(scratch + inputs, 0, (size_t)(rounded - inputs));
            row = scratch;
        }
        for (;;) {
            qc_dense_row(row, from, out, layer, lanes, shift, x_signed, y_signed);
            if (outputs % QC_DENSE_OUTPUTS == 0 || layer == &rest) {
                break;
            }
            from = whole.stream_end;
            layer = &rest;
            out = y + outputs - QC_DENSE_OUTPUTS;
        }
        x += inputs;
        y += outputs;
    }
}

#endif
