/* Elements of activation tensors in memory: 1, 2 or 4 bytes each, in the core's byte order. */
#ifndef QC_ELEMENT_H
#define QC_ELEMENT_H

#include <stdint.h>
#include <string.h>

#include "qc_config.h"

/* How a tensor stores its codes. Literal in every call, so that branches on it vanish. Codes of fewer bits take the next wider kind. */
enum { QC_U8, QC_S8, QC_U16, QC_S16, QC_S32 };

/* Bytes of one element. */
QC_INLINE int32_t qc_element_bytes(int kind)
{
    return kind <= QC_S8 ? 1 : kind <= QC_S16 ? 2 : 4;
}

/* Element `index` of the tensor at x; memcpy because only the arena as a whole is known to be aligned for its elements. */
QC_INLINE int32_t qc_load(const uint8_t *x, int32_t index, int kind)
{
    if (kind == QC_U8) {
        return x[index];
    }
    if (kind == QC_S8) {
        return (int32_t)(int8_t)x[index];
    }
    if (kind == QC_S32) {
        int32_t code;
        memcpy(&code, x + 4 * index, 4);
        return code;
    }
    {
        uint16_t code;
        memcpy(&code, x + 2 * index, 2);
        return kind == QC_S16 ? (int32_t)(int16_t)code : (int32_t)code;
    }
}

/* Stores a code that the kind can hold. */
QC_INLINE void qc_store(uint8_t *y, int32_t index, int kind, int32_t code)
{
    if (kind <= QC_S8) {
        y[index] = (uint8_t)code;
    } else if (kind == QC_S32) {
        memcpy(y + 4 * index, &code, 4);
    } else {
        const uint16_t half = (uint16_t)code;
        memcpy(y + 2 * index, &half, 2);
    }
}

/* Where a table has element `index`: tables of one-byte kinds are in the order of the stored byte, others start at the code `low`. */
QC_INLINE int32_t qc_table_index(const uint8_t *x, int32_t index, int kind, int32_t low)
{
    return kind <= QC_S8 ? (int32_t)x[index] : qc_load(x, index, kind) - low;
}

#endif
