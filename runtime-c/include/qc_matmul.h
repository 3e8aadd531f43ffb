/*
 * Products of `batch` pairs of matrices [rows][inner] and [inner][columns]:
 * y = staircase(sum over k of (a[i][k] - a_zero) * (b[k][j] - b_zero)).
 */
#ifndef QC_MATMUL_H
#define QC_MATMUL_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_element.h"
#include "qc_requantize.h"

QC_INLINE void qc_matmul(const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t batch, int32_t rows, int32_t inner, int32_t columns,
                         int a_kind, int b_kind, int y_kind, int32_t a_zero, int32_t b_zero, const int32_t *record, qc_requant q)
{
    int32_t matrix = 0; /* first element of the matrix of b */
    int32_t row = 0;    /* first element of the row of a */
    int32_t out = 0;
    int32_t i;
    int32_t j;
    int32_t k;

    for (; batch > 0; batch--) {
        for (i = 0; i < rows; i++) {
            for (j = 0; j < columns; j++) {
                int32_t acc = 0;
                int32_t at = matrix + j;

                for (k = 0; k < inner; k++) {
                    acc += (qc_load(a, row + k, a_kind) - a_zero) * (qc_load(b, at, b_kind) - b_zero);
                    at += columns;
                }
                qc_store(y, out, y_kind, qc_requantize_code(q, acc, record));
                out++;
            }
            row += inner;
        }
        matrix += inner * columns;
    }
}

#endif
