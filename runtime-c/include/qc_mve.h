/*
 * Helium (MVE) on Armv8.1-M: what its kernels share. Each routine exists twice, in assembly and in portable C that reads the
 * same constants and gives the same bytes. GCC 12 spills where these loops need every register, so there are no intrinsics.
 *
 * Requantization takes the high-word form: y = (((sum*scale + addend)*multiplier >> 32) + 2^(shift - 1)) >> shift, clamped.
 * The narrowing shift rounds, which costs nothing; besides, GNU as 2.40 encodes VQSHRNB, which does not, as VQRSHRNB.
 */
#ifndef QC_MVE_H
#define QC_MVE_H

#include <stdint.h>
#include <string.h>

#include "qc_config.h"
#include "qc_scalar.h"

#ifndef QC_MVE_ASSEMBLY
#if defined(__ARM_FEATURE_MVE) && defined(__GNUC__) && defined(__OPTIMIZE__) && !defined(QC_NO_ASM)
#define QC_MVE_ASSEMBLY 1
#else
#define QC_MVE_ASSEMBLY 0
#endif
#endif

/* What a layer's channels share. `shift`, `y_signed` and `clipped` are literal in every call. */
typedef struct {
    int32_t scale; /* a power of two */
    int32_t shift; /* 1..16 */
    int32_t lo;    /* codes the output saturates at */
    int32_t hi;
    int y_signed;
    int clipped; /* lo and hi are not the limits of the output's type */
} qc_mve_requant;

/* Constants of eight channels: addends of channels 0, 2, 4, 6 and of 1, 3, 5, 7, then multipliers in that order. */
enum { QC_MVE_CONSTANTS = 16 };

/* Where the constants have channel `c` of eight. */
QC_INLINE int32_t qc_mve_place(int32_t c)
{
    return (c & 1) * 4 + (c >> 1);
}

/* The code of channel `c` of eight from its scaled sum with the addend. */
QC_INLINE uint8_t qc_mve_requantize(qc_mve_requant q, uint32_t scaled, const uint32_t *constants, int32_t c)
{
    const int32_t multiplier = (int32_t)constants[8 + qc_mve_place(c)];

    return (uint8_t)qc_clamp(qc_requant_high_word((int32_t)scaled, multiplier, q.shift), q.lo, q.hi);
}

/* Byte `index` of words that hold four each, the lowest first. */
QC_INLINE int32_t qc_mve_weight(const uint32_t *words, int32_t index)
{
    return (int32_t)(int8_t)(uint8_t)(words[index >> 2] >> (8 * (index & 3)));
}

/* A code as signed multiplies see it: unsigned ones less 128. */
QC_INLINE int32_t qc_mve_code(uint8_t code, int x_signed)
{
    return x_signed ? (int32_t)(int8_t)code : (int32_t)code - 128;
}

/* Copies n bytes, 0 or more; returns the end of the copy. */
QC_INLINE uint8_t *qc_mve_copy(uint8_t *to, const uint8_t *from, int32_t n)
{
#if QC_MVE_ASSEMBLY
    uint8_t *const end = to + n;

    __asm__ volatile("wlstp.8 lr, %[n], 2f\n"
                     "1:\n\t"
                     "vldrb.8 q0, [%[from]], #16\n\t"
                     "vstrb.8 q0, [%[to]], #16\n\t"
                     "letp lr, 1b\n"
                     "2:"
                     : [to] "+r"(to), [from] "+r"(from)
                     : [n] "r"(n)
                     : "q0", "lr", "memory");
    return end;
#else
    memcpy(to, from, (size_t)n);
    return to + n;
#endif
}

/* As qc_mve_copy, codes as signed multiplies see them. */
QC_INLINE void qc_mve_copy_signed(uint8_t *to, const uint8_t *from, int32_t n, int x_signed)
{
    if (x_signed) {
        qc_mve_copy(to, from, n);
        return;
    }
#if QC_MVE_ASSEMBLY
    __asm__ volatile("vmov.i8 q1, #0x80\n\t"
                     "wlstp.8 lr, %[n], 2f\n"
                     "1:\n\t"
                     "vldrb.8 q0, [%[from]], #16\n\t"
                     "veor q0, q0, q1\n\t"
                     "vstrb.8 q0, [%[to]], #16\n\t"
                     "letp lr, 1b\n"
                     "2:"
                     : [to] "+r"(to), [from] "+r"(from)
                     : [n] "r"(n)
                     : "q0", "q1", "lr", "memory");
#else
    for (; n > 0; n--) {
        *to++ = (uint8_t)qc_mve_code(*from++, 0);
    }
#endif
}

/* Copies `rows` (at least 1) runs of n (at least 1) bytes: `to_pitch` bytes apart from `pitch` bytes apart. */
QC_INLINE void qc_mve_copy_rows(uint8_t *to, int32_t to_pitch, const uint8_t *from, int32_t pitch, int32_t n, int32_t rows)
{
#if QC_MVE_ASSEMBLY
    if (n <= 16) {
        __asm__ volatile("vctp.8 %[n]\n\t"
                         "dls lr, %[rows]\n"
                         "1:\n\t"
                         "vpstt\n\t"
                         "vldrbt.8 q0, [%[from]]\n\t"
                         "vstrbt.8 q0, [%[to]]\n\t"
                         "add %[from], %[from], %[pitch]\n\t"
                         "add %[to], %[to], %[to_pitch]\n\t"
                         "le lr, 1b"
                         : [to] "+r"(to), [from] "+r"(from)
                         : [n] "r"(n), [pitch] "r"(pitch), [to_pitch] "r"(to_pitch), [rows] "r"(rows)
                         : "q0", "lr", "memory");
    } else {
        const uint8_t *source;
        uint8_t *target;

        __asm__ volatile("1:\n\t"
                         "mov %[source], %[from]\n\t"
                         "mov %[target], %[to]\n\t"
                         "dlstp.8 lr, %[n]\n"
                         "2:\n\t"
                         "vldrb.8 q0, [%[source]], #16\n\t"
                         "vstrb.8 q0, [%[target]], #16\n\t"
                         "letp lr, 2b\n\t"
                         "add %[from], %[from], %[pitch]\n\t"
                         "add %[to], %[to], %[to_pitch]\n\t"
                         "subs %[rows], %[rows], #1\n\t"
                         "bne 1b"
                         : [to] "+&r"(to), [from] "+&r"(from), [rows] "+&r"(rows), [source] "=&r"(source), [target] "=&r"(target)
                         : [n] "r"(n), [pitch] "r"(pitch), [to_pitch] "r"(to_pitch)
                         : "q0", "lr", "cc", "memory");
    }
#else
    for (; rows > 0; rows--, from += pitch, to += to_pitch) {
        qc_mve_copy(to, from, n);
    }
#endif
}

/* Copies `count` (at least 1) windows, `place` bytes apart from `step` bytes apart: each of `rows` (at least 1) runs of n
   bytes, `pitch` bytes apart, which follow each other in the copy. */
QC_INLINE void qc_mve_copy_windows(uint8_t *to, int32_t place, const uint8_t *from, int32_t step, int32_t pitch, int32_t n,
                                   int32_t rows, int32_t count)
{
#if QC_MVE_ASSEMBLY
    if (n <= 16 && rows == 3) {
        const uint8_t *from1 = from + pitch;
        const uint8_t *from2 = from1 + pitch;
        uint8_t *to1 = to + n;
        uint8_t *to2 = to1 + n;

        __asm__ volatile("vctp.8 %[n]\n\t"
                         "dls lr, %[count]\n"
                         "1:\n\t"
                         "vpsttt\n\t"
                         "vldrbt.8 q0, [%[from]]\n\t"
                         "vldrbt.8 q1, [%[from1]]\n\t"
                         "vldrbt.8 q2, [%[from2]]\n\t"
                         "vpsttt\n\t"
                         "vstrbt.8 q0, [%[to]]\n\t"
                         "vstrbt.8 q1, [%[to1]]\n\t"
                         "vstrbt.8 q2, [%[to2]]\n\t"
                         "add %[from], %[from], %[step]\n\t"
                         "add %[from1], %[from1], %[step]\n\t"
                         "add %[from2], %[from2], %[step]\n\t"
                         "add %[to], %[to], %[place]\n\t"
                         "add %[to1], %[to1], %[place]\n\t"
                         "add %[to2], %[to2], %[place]\n\t"
                         "le lr, 1b"
                         : [to] "+&r"(to), [to1] "+&r"(to1), [to2] "+&r"(to2), [from] "+&r"(from), [from1] "+&r"(from1),
                           [from2] "+&r"(from2)
                         : [n] "r"(n), [step] "r"(step), [place] "r"(place), [count] "r"(count)
                         : "q0", "q1", "q2", "lr", "memory");
        return;
    }
#endif
    for (; count > 0; count--, from += step, to += place) {
        qc_mve_copy_rows(to, n, from, pitch, n, rows);
    }
}

/* Writes n times the byte `value`, n 0 or more; returns the end. */
QC_INLINE uint8_t *qc_mve_fill(uint8_t *to, uint8_t value, int32_t n)
{
#if QC_MVE_ASSEMBLY
    uint8_t *const end = to + n;

    __asm__ volatile("vdup.8 q0, %[value]\n\t"
                     "wlstp.8 lr, %[n], 2f\n"
                     "1:\n\t"
                     "vstrb.8 q0, [%[to]], #16\n\t"
                     "letp lr, 1b\n"
                     "2:"
                     : [to] "+r"(to)
                     : [n] "r"(n), [value] "r"(value)
                     : "q0", "lr", "memory");
    return end;
#else
    memset(to, value, (size_t)n);
    return to + n;
#endif
}

#endif
