/*
 * Matrix product of each row of x with constant weights in portable C, four outputs at a time.
 * Weights: per four outputs, per input: four bytes. Outputs are padded with zero weights, records with zeros.
 */
#ifndef QC_DENSE_QUADS_H
#define QC_DENSE_QUADS_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_conv2d_quads.h"
#include "qc_requantize.h"

/* One input times four outputs. */
QC_INLINE qc_four qc_dense_tap(qc_four sums, uint8_t byte, const int8_t *weights, int x_signed)
{
    const int32_t code = qc_code(byte, x_signed);

    sums.a += code * weights[0];
    sums.b += code * weights[1];
    sums.c += code * weights[2];
    sums.d += code * weights[3];
    return sums;
}

QC_INLINE void qc_dense_quads(const uint8_t *x, int32_t rows, int32_t inputs, int32_t outputs, const int8_t *weights,
                              const int32_t *records, uint8_t *y, qc_requant q, int x_signed)
{
    int32_t o;
    int32_t left;

    for (; rows > 0; rows--) {
        const int8_t *weight = weights;
        const int32_t *record = records;

        for (o = outputs; o > 0; o -= 4) {
            const int8_t *const end = weight + inputs / 4 * 16;
            const uint8_t *codes = x;
            qc_four sums = {0, 0, 0, 0};

            for (; weight != end; weight += 16) {
                sums = qc_dense_tap(sums, codes[0], weight, x_signed);
                sums = qc_dense_tap(sums, codes[1], weight + 4, x_signed);
                sums = qc_dense_tap(sums, codes[2], weight + 8, x_signed);
                sums = qc_dense_tap(sums, codes[3], weight + 12, x_signed);
                codes += 4;
            }
            for (left = inputs % 4; left > 0; left--) {
                sums = qc_dense_tap(sums, *codes++, weight, x_signed);
                weight += 4;
            }
            qc_quads_store(sums, record, q, o, y);
            record += 4 * qc_record_words(q);
            y += o < 4 ? o : 4;
        }
        x += inputs;
    }
}

#endif
