/*
 * Sums and differences of two 8-bit operands. Element i reads b[i / inner % b_count]: b_count = count, inner = 1 for
 * operands of one shape. y has its own kind (qc_element.h); with 8-bit results it may be a, and b where no element of b is
 * read twice.
 */
#ifndef QC_ADD_H
#define QC_ADD_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_element.h"
#include "qc_requantize.h"
#include "qc_scalar.h"

/* y = clamp((a*ma + b*mb + c) >> shift). The sum fits 32 bits for all codes. */
QC_INLINE void qc_add(const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t count, int32_t b_count, int32_t inner,
                      int a_signed, int b_signed, int y_kind, int32_t ma, int32_t mb, int32_t c, int32_t shift, int32_t lo,
                      int32_t hi)
{
    int32_t i = 0;

    while (i < count) {
        int32_t j;

        for (j = 0; j < b_count; j++) {
            const int32_t end = i + inner;
            const int32_t code = qc_code(b[j], b_signed);

            for (; i < end; i++) {
                qc_store(y, i, y_kind, qc_saturate(qc_add_linear(qc_code(a[i], a_signed), code, ma, mb, c, shift), lo, hi));
            }
        }
    }
}

/* qc_add for bytes of one shape, saturated at the limits of y's type, eight at a time. shift is literal. */
QC_INLINE void qc_add_bytes(const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t count, int a_signed, int b_signed, int y_signed,
                            int32_t ma, int32_t mb, int32_t c, int32_t shift)
{
    /* Two multiplies that add: compilers would multiply, multiply and add, and add c last. */
#define QC_ADD_BYTE(i)                                                                    \
    do {                                                                                  \
        uint32_t sum = (uint32_t)qc_code(a[i], a_signed) * (uint32_t)ma + (uint32_t)c;    \
                                                                                          \
        QC_AFTER(b, sum);                                                                 \
        sum += (uint32_t)qc_code(b[i], b_signed) * (uint32_t)mb;                          \
        y[i] = (uint8_t)qc_saturate_shifted((int32_t)sum, shift, y_signed);               \
    } while (0)
    for (; count >= 8; count -= 8) {
        QC_ADD_BYTE(0);
        QC_ADD_BYTE(1);
        QC_ADD_BYTE(2);
        QC_ADD_BYTE(3);
        QC_ADD_BYTE(4);
        QC_ADD_BYTE(5);
        QC_ADD_BYTE(6);
        QC_ADD_BYTE(7);
        a += 8;
        b += 8;
        y += 8;
    }
    for (; count > 0; count--) {
        QC_ADD_BYTE(0);
        a++;
        b++;
        y++;
    }
#undef QC_ADD_BYTE
}

/* y = staircase(a_table[a] + b_table[b]); tables are indexed by the stored byte. */
QC_INLINE void qc_add_tables(const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t count, int32_t b_count, int32_t inner,
                             int y_kind, const int32_t *a_table, const int32_t *b_table, const int32_t *record, qc_requant q)
{
    int32_t i = 0;

    while (i < count) {
        int32_t j;

        for (j = 0; j < b_count; j++) {
            const int32_t end = i + inner;
            const int32_t term = b_table[b[j]];

            for (; i < end; i++) {
                qc_store(y, i, y_kind, qc_requantize_code(q, a_table[a[i]] + term, record));
            }
        }
    }
}

#endif
