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

QC_INLINE void qc_dense_quads(const uint8_t *x, int32_t rows, int32_t inputs, int32_t outputs, const int8_t *weights,
                              const int32_t *records, uint8_t *y, qc_requant q, int x_signed)
{
    int32_t o;

    for (; rows > 0; rows--) {
        const int8_t *weight = weights;
        const int32_t *record = records;

        for (o = outputs; o > 0; o -= 4) {
            const int8_t *const end = weight + 4 * inputs;
            const uint8_t *codes = x;
            int32_t a = 0, b = 0, c = 0, d = 0;

            do {
                const int32_t code = qc_code(*codes++, x_signed);

                a += code * weight[0];
                b += code * weight[1];
                c += code * weight[2];
                d += code * weight[3];
                weight += 4;
            } while (weight != end);
            qc_quads_store(a, b, c, d, record, q, o, y);
            record += 4 * qc_record_words(q);
            y += o < 4 ? o : 4;
        }
        x += inputs;
    }
}

#endif
