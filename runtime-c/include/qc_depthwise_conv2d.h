/*
 * Depthwise convolution, one output channel per input channel, four channels at a time. Windows that reach over the border
 * are first copied to scratch with their padding, so that one inner loop serves all pixels.
 * Weights: per four channels, per tap: four bytes. Channels are padded with zero weights, records with zeros.
 */
#ifndef QC_DEPTHWISE_CONV2D_H
#define QC_DEPTHWISE_CONV2D_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_four.h"
#include "qc_requantize.h"
#include "qc_window.h"

/* Codes of one window position, for one channel after the other: taps `step` apart in rows `pitch` apart. */
typedef struct {
    const uint8_t *codes;
    int32_t pitch;
    int32_t step;
} qc_depthwise_taps;

/* Adds one tap's products; `dsp` takes packed multiplies. */
QC_INLINE qc_four qc_depthwise_tap(qc_four sums, const uint8_t *codes, const uint8_t *weights, int x_signed, int dsp)
{
    if (dsp) {
        const uint32_t x = qc_load_word(codes);
        const uint32_t w = qc_load_word(weights);
        const uint32_t x_even = qc_even_lanes(x, x_signed);
        const uint32_t x_odd = qc_odd_lanes(x, x_signed);
        const uint32_t w_even = qc_sxtb16(w);
        const uint32_t w_odd = qc_sxtb16_odd(w);

        sums.a = qc_smlabb(x_even, w_even, sums.a);
        sums.b = qc_smlabb(x_odd, w_odd, sums.b);
        sums.c = qc_smlatt(x_even, w_even, sums.c);
        sums.d = qc_smlatt(x_odd, w_odd, sums.d);
    } else {
        sums.a += qc_code(codes[0], x_signed) * qc_code(weights[0], 1);
        sums.b += qc_code(codes[1], x_signed) * qc_code(weights[1], 1);
        sums.c += qc_code(codes[2], x_signed) * qc_code(weights[2], 1);
        sums.d += qc_code(codes[3], x_signed) * qc_code(weights[3], 1);
    }
    return sums;
}

/* Three rows of three taps by packed multiplies. */
QC_INLINE qc_four qc_depthwise_nine(qc_depthwise_taps taps, const uint8_t *weights, int x_signed)
{
    qc_four sums = {0, 0, 0, 0};

#if QC_DSP_ASSEMBLY
    if (x_signed) {
        uint32_t xe, xo, we, wo;

#define QC_FOUR_PRODUCTS(CODES)               \
    "ldr %[xo], " CODES "\n\t"                \
    "ldr %[wo], [%[weights]], #4\n\t"         \
    "sxtb16 %[xe], %[xo]\n\t"                 \
    "sxtb16 %[we], %[wo]\n\t"                 \
    "sxtb16 %[xo], %[xo], ror #8\n\t"         \
    "sxtb16 %[wo], %[wo], ror #8\n\t"         \
    "smlabb %[a], %[xe], %[we], %[a]\n\t"     \
    "smlatt %[c], %[xe], %[we], %[c]\n\t"     \
    "smlabb %[b], %[xo], %[wo], %[b]\n\t"     \
    "smlatt %[d], %[xo], %[wo], %[d]\n\t"
#define QC_THREE_TAPS                                 \
    QC_FOUR_PRODUCTS("[%[codes]]")                    \
    QC_FOUR_PRODUCTS("[%[codes], %[step]]")           \
    QC_FOUR_PRODUCTS("[%[codes], %[step], lsl #1]")
        __asm__(QC_THREE_TAPS
                "add %[codes], %[codes], %[pitch]\n\t" QC_THREE_TAPS
                "add %[codes], %[codes], %[pitch]\n\t" QC_THREE_TAPS
                : [a] "+r"(sums.a), [b] "+r"(sums.b), [c] "+r"(sums.c), [d] "+r"(sums.d), [xe] "=&r"(xe), [xo] "=&r"(xo),
                  [we] "=&r"(we), [wo] "=&r"(wo), [codes] "+r"(taps.codes), [weights] "+r"(weights)
                : [step] "r"(taps.step), [pitch] "r"(taps.pitch)
                : "memory");
#undef QC_THREE_TAPS
#undef QC_FOUR_PRODUCTS
        return sums;
    }
#endif
    {
        int32_t tap;

        for (tap = 0; tap < 9; tap++) {
            sums = qc_depthwise_tap(sums, taps.codes + tap / 3 * taps.pitch + tap % 3 * taps.step, weights + 4 * tap, x_signed, 1);
        }
        return sums;
    }
}

/* Four channels. Rows of three taps, and with packed multiplies three of them, are the rule: they need no counting. */
QC_INLINE void qc_depthwise_four(qc_depthwise_taps taps, int32_t kernel_height, int32_t kernel_width, const uint8_t *weights,
                                 const int32_t *record, qc_requant q, int x_signed, int dsp, uint8_t *y)
{
    const int32_t words = qc_record_words(q);
    qc_four sums = {0, 0, 0, 0};
    int32_t ky;
    int32_t kx;

    if (dsp && kernel_height == 3 && kernel_width == 3) {
        sums = qc_depthwise_nine(taps, weights, x_signed);
    } else {
        for (ky = 0; ky < kernel_height; ky++) {
            const uint8_t *codes = taps.codes;

            for (kx = kernel_width; kx >= 3; kx -= 3) {
                sums = qc_depthwise_tap(sums, codes, weights, x_signed, dsp);
                codes += taps.step;
                QC_AFTER(codes, sums.d);
                sums = qc_depthwise_tap(sums, codes, weights + 4, x_signed, dsp);
                codes += taps.step;
                QC_AFTER(codes, sums.d);
                sums = qc_depthwise_tap(sums, codes, weights + 8, x_signed, dsp);
                codes += taps.step;
                weights += 12;
            }
            for (; kx > 0; kx--) {
                sums = qc_depthwise_tap(sums, codes, weights, x_signed, dsp);
                codes += taps.step;
                weights += 4;
            }
            taps.codes += taps.pitch;
        }
    }
    y[0] = qc_requantize(q, sums.a, record);
    y[1] = qc_requantize(q, sums.b, record + words);
    y[2] = qc_requantize(q, sums.c, record + 2 * words);
    y[3] = qc_requantize(q, sums.d, record + 3 * words);
}

/* One channel, for those that four do not divide. */
QC_INLINE void qc_depthwise_one(qc_depthwise_taps taps, int32_t kernel_height, int32_t kernel_width, const uint8_t *weights,
                                const int32_t *record, qc_requant q, int x_signed, uint8_t *y)
{
    int32_t acc = 0;
    int32_t ky;
    int32_t kx;

    for (ky = 0; ky < kernel_height; ky++) {
        for (kx = 0; kx < kernel_width; kx++) {
            acc += qc_code(taps.codes[ky * taps.pitch + kx * taps.step], x_signed) * qc_code(*weights, 1);
            weights += 4;
        }
    }
    *y = qc_requantize(q, acc, record);
}

/*
 * scratch, when any window reaches over the border: kernel_height * kernel_width bytes for each channel of a part. `part`: a
 * multiple of four, or 0 for all channels at once. kernel_height, kernel_width and part are literal where the layers that share
 * the kernel agree.
 */
QC_INLINE void qc_depthwise_conv2d(const qc_window *s, const uint8_t *x, const uint8_t *weights, const int32_t *records, uint8_t *y,
                                   uint8_t *scratch, qc_requant q, int x_signed, int dsp, int32_t kernel_height, int32_t kernel_width,
                                   int32_t part)
{
    const qc_layout plain = {0, 1, x_signed};
    const int32_t words = qc_record_words(q);
    int32_t row;
    int32_t column;

    for (row = 0; row < s->out_height; row++) {
        for (column = 0; column < s->out_width; column++) {
            const int inside = qc_window_inside(s, row, column);
            const uint8_t *weight = weights;
            const int32_t *record = records;
            int32_t first = 0;

            do {
                int32_t left = s->channels - first;
                qc_depthwise_taps taps;

                if (inside) {
                    taps.codes = x + ((row * s->stride_y - s->pad_top) * s->width + column * s->stride_x - s->pad_left) * s->channels;
                    taps.step = s->dilation_x * s->channels;
                    taps.pitch = s->dilation_y * s->width * s->channels;
                } else {
                    if (part > 0 && left > part) {
                        left = part;
                    }
                    qc_patch(plain, s, x + first, row, column, left, scratch);
                    taps.codes = scratch;
                    taps.step = left;
                    taps.pitch = kernel_width * left;
                }
                first += left;
                for (; left >= 4; left -= 4) {
                    qc_depthwise_four(taps, kernel_height, kernel_width, weight, record, q, x_signed, dsp, y);
                    taps.codes += 4;
                    weight += 4 * kernel_height * kernel_width;
                    record += 4 * words;
                    y += 4;
                }
                for (; left > 0; left--) {
                    qc_depthwise_one(taps, kernel_height, kernel_width, weight, record, q, x_signed, y);
                    taps.codes++;
                    weight++;
                    record += words;
                    y++;
                }
            } while (part > 0 && first < s->channels);
        }
    }
}

#endif
