/* Rows that are kept while others leave: moving them towards lower addresses. */
#ifndef QC_SLIDE_H
#define QC_SLIDE_H

#include <stdint.h>
#include <string.h>

#include "qc_config.h"

/* Four bytes at a multiple of four. */
#if defined(__GNUC__)
#define QC_WORD_AT(bytes) __builtin_assume_aligned((bytes), 4)
#else
#define QC_WORD_AT(bytes) (bytes)
#endif

/* Moves `bytes` bytes from to + distance to `to`. */
QC_INLINE void qc_slide(uint8_t *to, int32_t distance, int32_t bytes)
{
    const uint8_t *from = to + distance;

    if (distance >= 16 && ((uintptr_t)to | (uint32_t)distance) % 4 == 0) {
        for (; bytes >= 16; bytes -= 16) {
            uint32_t words[4];

            memcpy(words, QC_WORD_AT(from), sizeof words);
            memcpy(QC_WORD_AT(to), words, sizeof words);
            from += 16;
            to += 16;
        }
    }
    for (; bytes > 0; bytes--) {
        *to++ = *from++;
    }
}

#endif
