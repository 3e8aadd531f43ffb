/*
 * Matrix product of each row of x with constant weights in portable C, four outputs at a time.
 * Weights: per four outputs, per input: a word of four bytes. Outputs are padded with zero weights, records with zeros.
 */
#ifndef QC_DENSE_QUADS_H
#define QC_DENSE_QUADS_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_conv2d_quads.h"
#include "qc_requantize.h"

QC_INLINE void qc_dense_quads(const uint8_t *x, int32_t rows, int32_t inputs, int32_t outputs, const uint32_t *words,
                              const int32_t *records, uint8_t *y, qc_requant q, int x_signed)
{
    int32_t o;

    for (; rows > 0; rows--) {
        const int8_t *weight = (const int8_t *)words;
        const int32_t *record = records;

        for (o = outputs; o > 0; o -= 4) {
#if QC_ARMV6M_ASSEMBLY
            const qc_four sums = qc_quads_pixel(x, 1, weight, inputs, x_signed);

            weight += 4 * inputs;
#else
            const int8_t *const end = weight + inputs / 4 * 16;
            const uint8_t *codes = x;
            qc_four sums = {0, 0, 0, 0};
            int32_t left;

            for (; weight != end; weight += 16) {
                sums = qc_four_add(sums, qc_code(codes[0], x_signed), weight);
                sums = qc_four_add(sums, qc_code(codes[1], x_signed), weight + 4);
                sums = qc_four_add(sums, qc_code(codes[2], x_signed), weight + 8);
                sums = qc_four_add(sums, qc_code(codes[3], x_signed), weight + 12);
                codes += 4;
            }
            for (left = inputs % 4; left > 0; left--) {
                sums = qc_four_add(sums, qc_code(*codes++, x_signed), weight);
                weight += 4;
            }
#endif
            qc_quads_store(sums, record, q, o, y);
            record += 4 * qc_record_words(q);
            y += o < 4 ? o : 4;
        }
        x += inputs;
    }
}

#endif
