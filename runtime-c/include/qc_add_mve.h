/* Sums and differences of two 8-bit operands of one shape on Helium. y may be a or b. */
#ifndef QC_ADD_MVE_H
#define QC_ADD_MVE_H

#include <stdint.h>

#include "qc_add.h"
#include "qc_config.h"
#include "qc_element.h"
#include "qc_mve.h"

/* y = clamp((a*ma + b*mb + c) >> shift) for `count` (at least 1) elements; lo and hi are 8-bit codes. The sum fits 32 bits for all codes. */
QC_INLINE void qc_add_mve(const uint8_t *a, const uint8_t *b, uint8_t *y, int32_t count, int a_signed, int b_signed, int32_t ma,
                          int32_t mb, int32_t c, int32_t shift, int32_t lo, int32_t hi)
{
#if QC_MVE_ASSEMBLY
#define QC_MVE_ADD(A_TYPE, B_TYPE)                                                                     \
    __asm__ volatile("vdup.32 q3, %[lo]\n\t"                                                           \
                     "vdup.32 q4, %[hi]\n\t"                                                           \
                     "dlstp.32 lr, %[count]\n"                                                         \
                     "1:\n\t"                                                                          \
                     "vldrb." A_TYPE " q0, [%[a]], #4\n\t"                                             \
                     "vldrb." B_TYPE " q1, [%[b]], #4\n\t"                                             \
                     "vmul.i32 q0, q0, %[ma]\n\t"                                                      \
                     "vmla.s32 q0, q1, %[mb]\n\t"                                                      \
                     "vadd.i32 q0, q0, %[c]\n\t"                                                       \
                     "vshl.s32 q0, %[shift]\n\t"                                                       \
                     "vmax.s32 q0, q0, q3\n\t"                                                         \
                     "vmin.s32 q0, q0, q4\n\t"                                                         \
                     "vstrb.32 q0, [%[y]], #4\n\t"                                                     \
                     "letp lr, 1b"                                                                     \
                     : [a] "+l"(a), [b] "+l"(b), [y] "+l"(y)                                           \
                     : [count] "r"(count), [ma] "r"(ma), [mb] "r"(mb), [c] "r"(c), [shift] "r"(-shift), \
                       [lo] "r"(lo), [hi] "r"(hi)                                                      \
                     : "q0", "q1", "q3", "q4", "lr", "memory")
    if (a_signed) {
        if (b_signed) {
            QC_MVE_ADD("s32", "s32");
        } else {
            QC_MVE_ADD("s32", "u32");
        }
    } else {
        if (b_signed) {
            QC_MVE_ADD("u32", "s32");
        } else {
            QC_MVE_ADD("u32", "u32");
        }
    }
#undef QC_MVE_ADD
#else
    qc_add(a, b, y, count, count, 1, a_signed, b_signed, QC_U8, ma, mb, c, shift, lo, hi);
#endif
}

#endif
