/*
 * Matrix product of each row of x with constant weights, for cores with packed multiplies (qc_dsp.h), four outputs at a time.
 * Weights: per four outputs, for each four inputs: two words of outputs 0 and 1, two of outputs 2 and 3, as in
 * qc_conv2d_pairs.h. Inputs and outputs are padded with zero weights, records with zeros.
 */
#ifndef QC_DENSE_PAIRS_H
#define QC_DENSE_PAIRS_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_conv2d_pairs.h"
#include "qc_dsp.h"
#include "qc_requantize.h"

/* The last 1..3 codes of a row; the other bytes meet zero weights. */
QC_INLINE uint32_t qc_load_tail(const uint8_t *codes, int32_t n)
{
    uint32_t word = codes[0];

    if (n > 1) {
        word |= (uint32_t)codes[1] << 8;
    }
    if (n > 2) {
        word |= (uint32_t)codes[2] << 16;
    }
    return word;
}

QC_INLINE void qc_dense_pairs(const uint8_t *x, int32_t rows, int32_t inputs, int32_t outputs, const uint32_t *weights,
                              const int32_t *records, uint8_t *y, qc_requant q, int x_signed, int carried)
{
    const int32_t words = qc_record_words(q);
    int32_t o;

    for (; rows > 0; rows--) {
        const uint32_t *weight = weights;
        const int32_t *record = records;

        for (o = outputs; o > 0; o -= 4) {
            const uint8_t *codes = x;
            int32_t left = inputs;
            qc_pair p0 = {0, 0};
            qc_pair p1 = {0, 0};

            for (; left > 0; left -= 4) {
                const uint32_t word = left >= 4 ? qc_load_word(codes) : qc_load_tail(codes, left);
                const uint32_t even = qc_even_lanes(word, x_signed);
                const uint32_t odd = qc_odd_lanes(word, x_signed);

                p0 = qc_pairs_add(p0, even, weight[0], carried);
                p0 = qc_pairs_add(p0, odd, weight[1], carried);
                p1 = qc_pairs_add(p1, even, weight[2], carried);
                p1 = qc_pairs_add(p1, odd, weight[3], carried);
                codes += 4;
                weight += 4;
            }
            qc_pairs_store(p0, carried, record, q, o > 1, y);
            if (o > 2) {
                qc_pairs_store(p1, carried, record + 2 * words, q, o > 3, y + 2);
            }
            record += 4 * words;
            y += o < 4 ? o : 4;
        }
        x += inputs;
    }
}

#endif
