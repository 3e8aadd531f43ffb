/* Four channels at a time. */
#ifndef QC_FOUR_H
#define QC_FOUR_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"

/* See QC_DSP_ASSEMBLY in qc_dsp.h. */
#ifndef QC_RISCV_ASSEMBLY
#if defined(__riscv) && __riscv_xlen == 32 && defined(__riscv_mul) && defined(__GNUC__) && defined(__OPTIMIZE__)
#define QC_RISCV_ASSEMBLY 1
#else
#define QC_RISCV_ASSEMBLY 0
#endif
#endif

/* Four channels: weights of a tap, or sums of a pixel. */
typedef struct {
    int32_t a;
    int32_t b;
    int32_t c;
    int32_t d;
} qc_four;

/* Adds the products of one code with four weights. */
QC_INLINE qc_four qc_four_add(qc_four sums, const uint8_t *code, qc_four weights, int x_signed)
{
#if QC_RISCV_ASSEMBLY
    if (x_signed) {
        int32_t x, t, u;

        /* One pixel at a time: compilers that load all pixels first keep accumulators in memory. */
        __asm__("lb %[x], %[code]\n\t"
                "mul %[t], %[x], %[wa]\n\t"
                "mul %[u], %[x], %[wb]\n\t"
                "add %[a], %[a], %[t]\n\t"
                "mul %[t], %[x], %[wc]\n\t"
                "add %[b], %[b], %[u]\n\t"
                "mul %[u], %[x], %[wd]\n\t"
                "add %[c], %[c], %[t]\n\t"
                "add %[d], %[d], %[u]"
                : [a] "+r"(sums.a), [b] "+r"(sums.b), [c] "+r"(sums.c), [d] "+r"(sums.d), [x] "=&r"(x), [t] "=&r"(t),
                  [u] "=&r"(u)
                : [code] "m"(*code), [wa] "r"(weights.a), [wb] "r"(weights.b), [wc] "r"(weights.c), [wd] "r"(weights.d));
        return sums;
    }
#endif
    {
        const int32_t x = qc_code(*code, x_signed);

        sums.a += x * weights.a;
        sums.b += x * weights.b;
        sums.c += x * weights.c;
        sums.d += x * weights.d;
        return sums;
    }
}

#endif
