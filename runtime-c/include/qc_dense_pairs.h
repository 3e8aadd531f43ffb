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

/* Four inputs times four outputs. */
QC_INLINE void qc_dense_four(uint32_t codes, const uint32_t *weight, qc_pair *p0, qc_pair *p1, int x_signed, int carried)
{
    const uint32_t even = qc_even_lanes(codes, x_signed);
    const uint32_t odd = qc_odd_lanes(codes, x_signed);

    *p0 = qc_pairs_add(*p0, even, weight[0], carried);
    *p0 = qc_pairs_add(*p0, odd, weight[1], carried);
    *p1 = qc_pairs_add(*p1, even, weight[2], carried);
    *p1 = qc_pairs_add(*p1, odd, weight[3], carried);
}

/* The inputs from *codes to end, a multiple of four and not 0; moves *codes and *weights behind them. */
QC_INLINE void qc_dense_multiply(const uint8_t **codes, const uint8_t *end, const uint32_t **weights, qc_pair *p0, qc_pair *p1,
                                 int x_signed, int carried)
{
#if QC_DSP_ASSEMBLY
    if (carried && x_signed) {
        const uint8_t *x = *codes;
        const uint32_t *weight = *weights;
        int32_t a0 = 0, b0 = 0, a1 = 0, b1 = 0;
        uint32_t even, odd, w0, w1;

        /* 16 products in 19 instructions. */
        __asm__("1:\n\t"
                "ldr %[odd], [%[x]], #4\n\t"
                "ldrd %[w0], %[w1], [%[weight]], #8\n\t"
                "sxtb16 %[even], %[odd]\n\t"
                "sxtb16 %[odd], %[odd], ror #8\n\t"
                "smlad %[a0], %[even], %[w0], %[a0]\n\t"
                "smlad %[a0], %[odd], %[w1], %[a0]\n\t"
                "sxtb16 %[w0], %[w0]\n\t"
                "sxtb16 %[w1], %[w1]\n\t"
                "smlad %[b0], %[even], %[w0], %[b0]\n\t"
                "smlad %[b0], %[odd], %[w1], %[b0]\n\t"
                "ldrd %[w0], %[w1], [%[weight]], #8\n\t"
                "cmp %[x], %[end]\n\t"
                "smlad %[a1], %[even], %[w0], %[a1]\n\t"
                "smlad %[a1], %[odd], %[w1], %[a1]\n\t"
                "sxtb16 %[w0], %[w0]\n\t"
                "sxtb16 %[w1], %[w1]\n\t"
                "smlad %[b1], %[even], %[w0], %[b1]\n\t"
                "smlad %[b1], %[odd], %[w1], %[b1]\n\t"
                "bne 1b"
                : [a0] "+r"(a0), [b0] "+r"(b0), [a1] "+r"(a1), [b1] "+r"(b1), [x] "+r"(x), [weight] "+r"(weight),
                  [even] "=&r"(even), [odd] "=&r"(odd), [w0] "=&r"(w0), [w1] "=&r"(w1)
                : [end] "r"(end)
                : "cc", "memory");
        *codes = x;
        *weights = weight;
        p0->first = a0;
        p0->second = b0;
        p1->first = a1;
        p1->second = b1;
        return;
    }
#endif
    do {
        qc_dense_four(qc_load_word(*codes), *weights, p0, p1, x_signed, carried);
        *codes += 4;
        *weights += 4;
    } while (*codes != end);
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
            qc_pair p0 = {0, 0};
            qc_pair p1 = {0, 0};

            if (inputs >= 4) {
                const uint8_t *const end = codes + inputs / 4 * 4;

                qc_dense_multiply(&codes, end, &weight, &p0, &p1, x_signed, carried);
            }
            if (inputs % 4 != 0) {
                qc_dense_four(qc_load_tail(codes, inputs % 4), weight, &p0, &p1, x_signed, carried);
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
