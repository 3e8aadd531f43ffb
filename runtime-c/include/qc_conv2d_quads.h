/*
 * Convolution with general groups, strides, dilation and pads in portable C: patches of four output pixels are interleaved
 * once, then multiplied with all output channels, four at a time.
 * Weights: per group, per four output channels, per tap: a word of four bytes. Channels are padded with zero weights, records with zeros.
 */
#ifndef QC_CONV2D_QUADS_H
#define QC_CONV2D_QUADS_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_four.h"
#include "qc_requantize.h"
#include "qc_window.h"

/* See QC_DSP_ASSEMBLY in qc_dsp.h. */
#ifndef QC_RISCV_ASSEMBLY
#if defined(__riscv_mul) && __riscv_xlen == 32 && !defined(__riscv_32e) && defined(__GNUC__) && defined(__OPTIMIZE__) && \
    !defined(QC_NO_ASM)
#define QC_RISCV_ASSEMBLY 1
#else
#define QC_RISCV_ASSEMBLY 0
#endif
#endif

/* See QC_DSP_ASSEMBLY in qc_dsp.h. */
#ifndef QC_ARMV6M_ASSEMBLY
#if defined(__ARM_ARCH_6M__) && defined(__GNUC__) && defined(__OPTIMIZE__) && !defined(QC_NO_ASM)
#define QC_ARMV6M_ASSEMBLY 1
#else
#define QC_ARMV6M_ASSEMBLY 0
#endif
#endif

#if QC_ARMV6M_ASSEMBLY
/* Adds the products of `taps` (at least 1) codes, `step` bytes apart (literal), with words of four weights; sums stay in high registers. */
QC_INLINE qc_four qc_quads_pixel(const uint8_t *codes, int step, const int8_t *weights, int32_t taps, int x_signed)
{
    const uint8_t *const end = codes + step * taps;
    int32_t index = -step * taps;
    qc_four sums;
    qc_four *const target = &sums;
    uint32_t code, word, product;

    /* Four products in 18 instructions. */
#define QC_QUADS_WORDS(LOAD)                                          \
    __asm__ volatile(".syntax unified\n\t"                            \
                     "movs %[code], #0\n\t"                           \
                     "mov r8, %[code]\n\t"                            \
                     "mov r9, %[code]\n\t"                            \
                     "mov r10, %[code]\n\t"                           \
                     "mov r11, %[code]\n"                             \
                     "1:\n\t"                                         \
                     "ldmia %[weights]!, {%[word]}\n\t"               \
                     LOAD " %[code], [%[end], %[index]]\n\t"          \
                     "sxtb %[product], %[word]\n\t"                   \
                     "muls %[product], %[code], %[product]\n\t"       \
                     "add r8, r8, %[product]\n\t"                     \
                     "asrs %[product], %[word], #24\n\t"              \
                     "muls %[product], %[code], %[product]\n\t"       \
                     "add r11, r11, %[product]\n\t"                   \
                     "lsrs %[word], %[word], #8\n\t"                  \
                     "sxtb %[product], %[word]\n\t"                   \
                     "muls %[product], %[code], %[product]\n\t"       \
                     "add r9, r9, %[product]\n\t"                     \
                     "lsrs %[word], %[word], #8\n\t"                  \
                     "sxtb %[product], %[word]\n\t"                   \
                     "muls %[product], %[code], %[product]\n\t"       \
                     "add r10, r10, %[product]\n\t"                   \
                     "adds %[index], %[index], %[step]\n\t"            \
                     "bne 1b\n\t"                                     \
                     "mov %[code], r8\n\t"                            \
                     "str %[code], [%[target]]\n\t"                   \
                     "mov %[code], r9\n\t"                            \
                     "str %[code], [%[target], #4]\n\t"               \
                     "mov %[code], r10\n\t"                           \
                     "str %[code], [%[target], #8]\n\t"               \
                     "mov %[code], r11\n\t"                           \
                     "str %[code], [%[target], #12]"                  \
                     : [weights] "+l"(weights), [index] "+l"(index), [code] "=&l"(code), [word] "=&l"(word), \
                       [product] "=&l"(product)                       \
                     : [end] "l"(end), [target] "l"(target), [step] "i"(step)           \
                     : "r8", "r9", "r10", "r11", "cc", "memory")
    if (x_signed) {
        QC_QUADS_WORDS("ldrsb");
    } else {
        QC_QUADS_WORDS("ldrb");
    }
#undef QC_QUADS_WORDS
    return sums;
}
#endif

/* Sums of four pixels. */
typedef struct {
    qc_four p0;
    qc_four p1;
    qc_four p2;
    qc_four p3;
} qc_quads_sums;

/* Multiplies `taps` (at least 1) interleaved codes of four pixels with the weights of four channels. */
QC_INLINE qc_quads_sums qc_quads_multiply(const uint8_t *codes, const int8_t *weights, int32_t taps, int x_signed)
{
    const uint8_t *const end = codes + 4 * taps;
    qc_quads_sums s = {{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}};

#if QC_RISCV_ASSEMBLY
    if (x_signed) {
        qc_quads_sums *const sums = &s;

        /* 16 products in 40 instructions, and three to count four times. Where four do not divide the taps, the first turn
           starts in the middle. The sums have names because C allows 30 operands only. */
#define QC_QUADS_PIXEL(CODE, A, B, C, D)   \
    "lb t0, " CODE "(%[codes])\n\t"        \
    "mul t1, t0, a4\n\t"                   \
    "mul ra, t0, a5\n\t"                   \
    "add " A ", " A ", t1\n\t"             \
    "mul t1, t0, a6\n\t"                   \
    "add " B ", " B ", ra\n\t"             \
    "mul ra, t0, a7\n\t"                   \
    "add " C ", " C ", t1\n\t"             \
    "add " D ", " D ", ra\n\t"
#define QC_QUADS_TAP(O0, O1, O2, O3)                  \
    "lb a4, " O0 "(%[weights])\n\t"                   \
    "lb a5, " O1 "(%[weights])\n\t"                   \
    "lb a6, " O2 "(%[weights])\n\t"                   \
    "lb a7, " O3 "(%[weights])\n\t"                   \
    QC_QUADS_PIXEL(O0, "s1", "s2", "s3", "s4")        \
    QC_QUADS_PIXEL(O1, "s5", "s6", "s7", "s8")        \
    QC_QUADS_PIXEL(O2, "s9", "s10", "s11", "t2")      \
    QC_QUADS_PIXEL(O3, "t3", "t4", "t5", "t6")
        __asm__ volatile("li s1, 0\n\tli s2, 0\n\tli s3, 0\n\tli s4, 0\n\t"
                "li s5, 0\n\tli s6, 0\n\tli s7, 0\n\tli s8, 0\n\t"
                "li s9, 0\n\tli s10, 0\n\tli s11, 0\n\tli t2, 0\n\t"
                "li t3, 0\n\tli t4, 0\n\tli t5, 0\n\tli t6, 0\n\t"
                "sub t0, %[end], %[codes]\n\t"
                "andi t0, t0, 12\n\t"
                "beqz t0, 1f\n\t"
                "addi t1, t0, -16\n\t"
                "add %[codes], %[codes], t1\n\t"
                "add %[weights], %[weights], t1\n\t"
                "li t1, 8\n\t"
                "blt t0, t1, 4f\n\t"
                "beq t0, t1, 3f\n\t"
                "j 2f\n"
                "1:\n\t" QC_QUADS_TAP("0", "1", "2", "3")
                "2:\n\t" QC_QUADS_TAP("4", "5", "6", "7")
                "3:\n\t" QC_QUADS_TAP("8", "9", "10", "11")
                "4:\n\t" QC_QUADS_TAP("12", "13", "14", "15")
                "addi %[codes], %[codes], 16\n\t"
                "addi %[weights], %[weights], 16\n\t"
                "beq %[codes], %[end], 5f\n\t"
                "j 1b\n"
                "5:\n\t"
                "sw s1, 0(%[sums])\n\tsw s2, 4(%[sums])\n\tsw s3, 8(%[sums])\n\tsw s4, 12(%[sums])\n\t"
                "sw s5, 16(%[sums])\n\tsw s6, 20(%[sums])\n\tsw s7, 24(%[sums])\n\tsw s8, 28(%[sums])\n\t"
                "sw s9, 32(%[sums])\n\tsw s10, 36(%[sums])\n\tsw s11, 40(%[sums])\n\tsw t2, 44(%[sums])\n\t"
                "sw t3, 48(%[sums])\n\tsw t4, 52(%[sums])\n\tsw t5, 56(%[sums])\n\tsw t6, 60(%[sums])"
                : [codes] "+r"(codes), [weights] "+r"(weights)
                : [end] "r"(end), [sums] "r"(sums)
                : "memory", "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9",
                  "s10", "s11", "a4", "a5", "a6", "a7");
#undef QC_QUADS_TAP
#undef QC_QUADS_PIXEL
        return s;
    }
#endif
#if QC_ARMV6M_ASSEMBLY
    (void)end;
    s.p0 = qc_quads_pixel(codes, 4, weights, taps, x_signed);
    s.p1 = qc_quads_pixel(codes + 1, 4, weights, taps, x_signed);
    s.p2 = qc_quads_pixel(codes + 2, 4, weights, taps, x_signed);
    s.p3 = qc_quads_pixel(codes + 3, 4, weights, taps, x_signed);
    return s;
#else
    do {
        s.p0 = qc_four_add(s.p0, qc_code(codes[0], x_signed), weights);
        s.p1 = qc_four_add(s.p1, qc_code(codes[1], x_signed), weights);
        s.p2 = qc_four_add(s.p2, qc_code(codes[2], x_signed), weights);
        s.p3 = qc_four_add(s.p3, qc_code(codes[3], x_signed), weights);
        codes += 4;
        weights += 4;
    } while (codes != end);
    return s;
#endif
}

/* Stores 1..4 channels of one pixel. */
QC_INLINE void qc_quads_store(qc_four sums, const int32_t *record, qc_requant q, int32_t channels, uint8_t *y)
{
    const int32_t words = qc_record_words(q);

    y[0] = qc_requantize(q, sums.a, record);
    if (channels > 1) {
        y[1] = qc_requantize(q, sums.b, record + words);
    }
    if (channels > 2) {
        y[2] = qc_requantize(q, sums.c, record + 2 * words);
    }
    if (channels > 3) {
        y[3] = qc_requantize(q, sums.d, record + 3 * words);
    }
}

/* Stores one channel of four pixels. Stores last: a byte might be part of the record, for all the C compiler knows. */
QC_INLINE void qc_quads_store_pixels(int32_t p0, int32_t p1, int32_t p2, int32_t p3, const int32_t *record, qc_requant q, uint8_t *y,
                                     int32_t pitch)
{
    const uint8_t y0 = qc_requantize(q, p0, record);
    const uint8_t y1 = qc_requantize(q, p1, record);
    const uint8_t y2 = qc_requantize(q, p2, record);
    const uint8_t y3 = qc_requantize(q, p3, record);

    y[0] = y0;
    y[pitch] = y1;
    y[2 * pitch] = y2;
    y[3 * pitch] = y3;
}

/* All output channels of 1..4 pixels; outputs of successive pixels are `pitch` bytes apart. */
QC_INLINE void qc_quads_block(const uint8_t *patches, const int8_t *weights, int32_t taps, int32_t outputs, int32_t pixels,
                              int x_signed, const int32_t *record, qc_requant q, uint8_t *y, int32_t pitch)
{
    const int32_t words = qc_record_words(q);
    int32_t channels;

    for (channels = outputs; channels > 0; channels -= 4) {
        const qc_quads_sums s = qc_quads_multiply(patches, weights, taps, x_signed);

        if (pixels == 4 && channels >= 4) {
            qc_quads_store_pixels(s.p0.a, s.p1.a, s.p2.a, s.p3.a, record, q, y, pitch);
            qc_quads_store_pixels(s.p0.b, s.p1.b, s.p2.b, s.p3.b, record + words, q, y + 1, pitch);
            qc_quads_store_pixels(s.p0.c, s.p1.c, s.p2.c, s.p3.c, record + 2 * words, q, y + 2, pitch);
            qc_quads_store_pixels(s.p0.d, s.p1.d, s.p2.d, s.p3.d, record + 3 * words, q, y + 3, pitch);
        } else {
            qc_quads_store(s.p0, record, q, channels, y);
            if (pixels > 1) {
                qc_quads_store(s.p1, record, q, channels, y + pitch);
            }
            if (pixels > 2) {
                qc_quads_store(s.p2, record, q, channels, y + 2 * pitch);
            }
            if (pixels > 3) {
                qc_quads_store(s.p3, record, q, channels, y + 3 * pitch);
            }
        }
        weights += 4 * taps;
        record += 4 * words;
        y += 4;
    }
}

/* scratch: 4 * kernel_height * kernel_width * channels / groups bytes. */
QC_INLINE void qc_conv2d_quads(const qc_window *s, const uint8_t *x, const uint32_t *words, const int32_t *records, uint8_t *y,
                               uint8_t *scratch, qc_requant q, int x_signed)
{
    const qc_layout interleaved = {0, 4, x_signed};
    const int8_t *weights = (const int8_t *)words;
    const int32_t depth = s->channels / s->groups;
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t blocks = (outputs + 3) / 4;
    const int32_t taps = s->kernel_height * s->kernel_width * depth;
    const int32_t total = s->out_height * s->out_width;
    int32_t group;
    int32_t pixel;
    int32_t i;

    for (group = 0; group < s->groups; group++) {
        int32_t row = 0;
        int32_t column = 0;

        for (pixel = 0; pixel < total; pixel += 4) {
            const int32_t pixels = total - pixel < 4 ? total - pixel : 4;

            for (i = 0; i < 4; i++) {
                qc_patch(interleaved, s, x, row, column, depth, scratch + i);
                if (pixel + i < total - 1 && ++column == s->out_width) {
                    column = 0;
                    row++;
                }
            }
            qc_quads_block(scratch, weights, taps, outputs, pixels, x_signed, records, q, y + pixel * s->out_channels,
                           s->out_channels);
        }
        weights += blocks * 4 * taps;
        records += blocks * 4 * qc_record_words(q);
        x += depth;
        y += outputs;
    }
}

#endif
