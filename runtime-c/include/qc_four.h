/* Four channels at a time. */
#ifndef QC_FOUR_H
#define QC_FOUR_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"

/* Sums of four channels. */
typedef struct {
    int32_t a;
    int32_t b;
    int32_t c;
    int32_t d;
} qc_four;

/* Adds the products of one code with four weights. */
QC_INLINE qc_four qc_four_add(qc_four sums, int32_t code, const int8_t *weights)
{
    sums.a += code * weights[0];
    sums.b += code * weights[1];
    sums.c += code * weights[2];
    sums.d += code * weights[3];
    return sums;
}

#endif
