/* Rows that are kept while others leave: moving them towards lower addresses. */
#ifndef QC_SLIDE_H
#define QC_SLIDE_H

#include <stdint.h>
#include <string.h>

#include "qc_config.h"
#include "qc_dsp.h"

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

    if (distance >= 32 && ((uintptr_t)to | (uint32_t)distance) % 4 == 0) {
#if QC_DSP_ASSEMBLY
        register uint8_t *r0 __asm__("r0") = to;
        register const uint8_t *r1 __asm__("r1") = from;
        register int32_t r2 __asm__("r2") = bytes;

        /* 32 bytes in four instructions: compilers keep pointers up to date in between. */
        __asm__ volatile("subs r2, #32\n\t"
                         "blt 2f\n"
                         "1:\n\t"
                         "ldm r1!, {r3, r4, r5, r6, r8, r9, r10, r12}\n\t"
                         "stm r0!, {r3, r4, r5, r6, r8, r9, r10, r12}\n\t"
                         "subs r2, #32\n\t"
                         "bge 1b\n"
                         "2:\n\t"
                         "add r2, #32"
                         : "+r"(r0), "+r"(r1), "+r"(r2) : : "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "cc", "memory");
        to = r0;
        from = r1;
        bytes = r2;
#endif
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
