/* Activation codes in memory: one byte each, int8 or uint8. */
#ifndef QC_CODE_H
#define QC_CODE_H

#include <stdint.h>

#include "qc_config.h"

/* The value of a stored code: -128..127 when is_signed, else 0..255. */
QC_INLINE int32_t qc_code(uint8_t byte, int is_signed)
{
    return is_signed ? (int32_t)(int8_t)byte : (int32_t)byte;
}

#endif
