/* Choices: y = condition != 0 ? a : b, element by element. An operand that is no tensor is the same code everywhere. */
#ifndef QC_SELECT_H
#define QC_SELECT_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_element.h"

/* `kind` is that of y and of the operands; a and b are read only where a_tensor and b_tensor say so. y may be any operand of its kind. */
QC_INLINE void qc_select(const uint8_t *condition, const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t count,
                         int condition_kind, int kind, int a_tensor, int b_tensor, int32_t a_code, int32_t b_code)
{
    int32_t i;

    for (i = 0; i < count; i++) {
        const int32_t first = a_tensor ? qc_load(a, i, kind) : a_code;
        const int32_t second = b_tensor ? qc_load(b, i, kind) : b_code;

        /* Without a branch, so that every element takes as many instructions. */
        const int32_t mask = -(int32_t)(qc_load(condition, i, condition_kind) != 0);

        qc_store(y, i, kind, (first & mask) | (second & ~mask));
    }
}

#endif
