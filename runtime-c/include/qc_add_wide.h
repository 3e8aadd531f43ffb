/* Sums and differences of operands of more than 8 bits, exactly. Operands as in qc_add.h, each of its own kind (qc_element.h). */
#ifndef QC_ADD_WIDE_H
#define QC_ADD_WIDE_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_element.h"
#include "qc_requantize.h"
#include "qc_scalar.h"

/* y = staircase(a*wa + b*wb), where both products and their sum fit 32 bits. */
QC_INLINE void qc_add_weights(const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t count, int32_t b_count, int32_t inner,
                              int a_kind, int b_kind, int y_kind, int32_t wa, int32_t wb, const int32_t *record, qc_requant q)
{
    int32_t i = 0;

    while (i < count) {
        int32_t j;

        for (j = 0; j < b_count; j++) {
            const int32_t end = i + inner;
            const int32_t term = qc_load(b, j, b_kind) * wb;

            for (; i < end; i++) {
                qc_store(y, i, y_kind, qc_requantize_code(q, qc_load(a, i, a_kind) * wa + term, record));
            }
        }
    }
}

/* u = a*a_unit*ma + b*b_unit*mb + c, less the correction where the floor of u / 2^shift is not even less the zero point; y = its floor. */
typedef struct {
    int64_t ma;
    int64_t mb;
    int64_t c;
    int64_t correction;
    int32_t a_unit;
    int32_t b_unit;
    int32_t shift;
    int32_t odd; /* low bit of the output zero point */
    int32_t lo;
    int32_t hi;
} qc_tied;

QC_INLINE void qc_add_tied(const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t count, int32_t b_count, int32_t inner,
                           int a_kind, int b_kind, int y_kind, const qc_tied *t)
{
    int32_t i = 0;

    while (i < count) {
        int32_t j;

        for (j = 0; j < b_count; j++) {
            const int32_t end = i + inner;
            const int32_t code = qc_load(b, j, b_kind) * t->b_unit;

            for (; i < end; i++) {
                const int64_t u = qc_add_wide(qc_load(a, i, a_kind) * t->a_unit, code, t->ma, t->mb, t->c);
                const int32_t value = qc_shift_floor(qc_parity_correct(u, t->correction, t->shift, t->odd), t->shift);

                qc_store(y, i, y_kind, qc_saturate(value, t->lo, t->hi));
            }
        }
    }
}

#endif
