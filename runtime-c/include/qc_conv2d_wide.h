/*
 * Convolution with general groups, strides, dilation and pads for what the 8-bit kernels do not take: inputs of up to 16 bits,
 * outputs of any kind (qc_element.h), int8 or int16 weights. A patch of 16-bit codes meets four output channels at a time.
 * uint16 codes are stored in the patch less 32768, so the caller's bias makes up for any zero point: it holds, per channel,
 * the bias less the zero point's share. Sums wrap modulo 2^32; the whole sum fits.
 * Weights: per group, per four output channels, per four taps, per channel: the four taps, int16 in order, int8 in the order
 * 0, 2, 1, 3, which is that of qc_sxtb16; for codes in place, whose lanes are 0, 2 and 1, 3 too, the other way round. Taps and channels are padded with zero weights, biases and records with zeros.
 */
#ifndef QC_CONV2D_WIDE_H
#define QC_CONV2D_WIDE_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_element.h"
#include "qc_four.h"
#include "qc_requantize.h"
#include "qc_window.h"

/* How codes and weights are stored and multiplied. Literal in every call. */
typedef struct {
    int bytes;     /* of one weight: 1 or 2 */
    int dsp;       /* packed multiplies */
    int in_place;  /* codes are bytes of the image, not a patch */
    int is_signed; /* these bytes */
} qc_wide;

/* Weight `index` of an array of either size. */
QC_INLINE int32_t qc_wide_weight(qc_wide form, const void *weights, int32_t index)
{
    return form.bytes == 1 ? (int32_t)((const int8_t *)weights)[index] : (int32_t)((const int16_t *)weights)[index];
}

/* Code `index` of a patch, or of the image. */
QC_INLINE int32_t qc_wide_code(qc_wide form, const uint8_t *codes, int32_t index)
{
    return form.in_place ? qc_code(codes[index], form.is_signed) : ((const int16_t *)(const void *)codes)[index];
}

/* Adds the products of four codes with the four weights from `index`. */
QC_INLINE int32_t qc_wide_add(qc_wide form, int32_t acc, const uint8_t *codes, const void *weights, int32_t index)
{
    if (form.dsp) {
        const uint8_t *const bytes = (const uint8_t *)weights + index * form.bytes;
        const uint32_t word = qc_load_word(bytes);
        const uint32_t first = form.in_place ? qc_even_lanes(qc_load_word(codes), form.is_signed) : qc_load_word(codes);
        const uint32_t last = form.in_place ? qc_odd_lanes(qc_load_word(codes), form.is_signed) : qc_load_word(codes + 4);

        acc = qc_smlad(first, form.bytes == 1 ? qc_sxtb16(word) : word, acc);
        return qc_smlad(last, form.bytes == 1 ? qc_sxtb16_odd(word) : qc_load_word(bytes + 4), acc);
    }
    {
        const int32_t second = (form.bytes == 1) != form.in_place ? 2 : 1;
        uint32_t sum = (uint32_t)acc;

        sum += (uint32_t)(qc_wide_code(form, codes, 0) * qc_wide_weight(form, weights, index));
        sum += (uint32_t)(qc_wide_code(form, codes, 1) * qc_wide_weight(form, weights, index + second));
        sum += (uint32_t)(qc_wide_code(form, codes, 2) * qc_wide_weight(form, weights, index + 3 - second));
        sum += (uint32_t)(qc_wide_code(form, codes, 3) * qc_wide_weight(form, weights, index + 3));
        return (int32_t)sum;
    }
}

/* The codes under the window at output (row, column), `depth` channels from `first`, then zeros up to a multiple of four. */
QC_INLINE void qc_wide_patch(const qc_window *s, const uint8_t *x, int kind, int32_t row, int32_t column, int32_t first,
                             int32_t depth, int32_t zero, int16_t *to)
{
    const int32_t less = kind == QC_U16 ? 32768 : 0;
    const int32_t taps = s->kernel_height * s->kernel_width * depth;
    int32_t ky;
    int32_t kx;
    int32_t i;

    for (ky = 0; ky < s->kernel_height; ky++) {
        const int32_t iy = row * s->stride_y - s->pad_top + ky * s->dilation_y;

        for (kx = 0; kx < s->kernel_width; kx++) {
            const int32_t ix = column * s->stride_x - s->pad_left + kx * s->dilation_x;

            if (iy >= 0 && iy < s->height && ix >= 0 && ix < s->width) {
                const uint8_t *const codes = x + ((iy * s->width + ix) * s->channels + first) * qc_element_bytes(kind);

                for (i = 0; i < depth; i++) {
                    *to++ = (int16_t)(qc_load(codes, i, kind) - less);
                }
            } else {
                for (i = 0; i < depth; i++) {
                    *to++ = (int16_t)(zero - less);
                }
            }
        }
    }
    for (i = taps; i % 4 != 0; i++) {
        *to++ = 0;
    }
}

/* The sum as the requantization wants it. */
QC_INLINE void qc_wide_store(uint8_t *y, int32_t index, int kind, qc_requant q, int32_t sum, int32_t bias, const int32_t *record)
{
    qc_store(y, index, kind, qc_requantize_code(q, (int32_t)((uint32_t)sum + (uint32_t)bias), record));
}

/*
 * zero: the code that padded taps read. scratch: 2 bytes for each tap of one group's patch, rounded up to four taps; none for codes
 * in place, which are for kernels of one tap, without pads, on a multiple of four channels per group.
 */
QC_INLINE void qc_conv2d_wide(const qc_window *s, const uint8_t *x, const void *weights, const int32_t *biases,
                              const int32_t *records, uint8_t *y, int16_t *scratch, qc_requant q, int x_kind, int y_kind,
                              qc_wide form, int32_t zero)
{
    const int32_t depth = s->channels / s->groups;
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t taps = (s->kernel_height * s->kernel_width * depth + 3) / 4 * 4;
    const int32_t words = qc_record_words(q);
    int32_t row;
    int32_t column;
    int32_t group;
    int32_t left;

    for (row = 0; row < s->out_height; row++) {
        for (column = 0; column < s->out_width; column++) {
            const int32_t *record = records;
            const int32_t *bias = biases;
            int32_t weight = 0;

            for (group = 0; group < s->groups; group++) {
                const uint8_t *const patch =
                    form.in_place ? x + (row * s->stride_y * s->width + column * s->stride_x) * s->channels + group * depth
                                  : (const uint8_t *)scratch;

                if (!form.in_place) {
                    qc_wide_patch(s, x, x_kind, row, column, group * depth, depth, zero, scratch);
                }
                for (left = outputs; left > 0; left -= 4) {
                    const uint8_t *codes = patch;
                    const uint8_t *const end = patch + taps * (form.in_place ? 1 : 2);
                    qc_four sums = {0, 0, 0, 0};

                    for (; codes != end; codes += form.in_place ? 4 : 8) {
                        sums.a = qc_wide_add(form, sums.a, codes, weights, weight);
                        sums.b = qc_wide_add(form, sums.b, codes, weights, weight + 4);
                        sums.c = qc_wide_add(form, sums.c, codes, weights, weight + 8);
                        sums.d = qc_wide_add(form, sums.d, codes, weights, weight + 12);
                        weight += 16;
                    }
                    qc_wide_store(y, 0, y_kind, q, sums.a, bias[0], record);
                    if (left > 1) {
                        qc_wide_store(y, 1, y_kind, q, sums.b, bias[1], record + words);
                    }
                    if (left > 2) {
                        qc_wide_store(y, 2, y_kind, q, sums.c, bias[2], record + 2 * words);
                    }
                    if (left > 3) {
                        qc_wide_store(y, 3, y_kind, q, sums.d, bias[3], record + 3 * words);
                    }
                    y += (left < 4 ? left : 4) * qc_element_bytes(y_kind);
                    bias += 4;
                    record += 4 * words;
                }
            }
        }
    }
}

#endif
