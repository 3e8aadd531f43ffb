/*
 * The packed multiplies of Armv7E-M and Armv8-M with DSP, and their portable twin: the same weights and the same kernels
 * give the same bytes on any little-endian machine.
 * A lane word holds two 16-bit integers. Sums wrap modulo 2^32.
 */
#ifndef QC_DSP_H
#define QC_DSP_H

#include <stdint.h>
#include <string.h>

#include "qc_assembly.h"
#include "qc_config.h"
#include "qc_scalar.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
#include <arm_acle.h>
#define QC_DSP_INTRINSICS 1
#else
#define QC_DSP_INTRINSICS 0
#endif

/* Inner loops that need more registers than compilers give them are also written in assembly, with equal results. */
#ifndef QC_DSP_ASSEMBLY
#if QC_DSP_INTRINSICS && defined(__GNUC__) && defined(__OPTIMIZE__) && !defined(QC_NO_ASM)
#define QC_DSP_ASSEMBLY 1
#else
#define QC_DSP_ASSEMBLY 0
#endif
#endif

/* Four bytes from any address. */
QC_INLINE uint32_t qc_load_word(const uint8_t *bytes)
{
    uint32_t word;

    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Four bytes to any address. */
QC_INLINE void qc_store_word(uint8_t *bytes, uint32_t word)
{
    memcpy(bytes, &word, sizeof word);
}

/* Bytes 0 and 2, sign extended. */
QC_INLINE uint32_t qc_sxtb16(uint32_t word)
{
#if QC_DSP_INTRINSICS
    return (uint32_t)__sxtb16((int8x4_t)word);
#else
    const uint32_t low = (uint32_t)(int32_t)(int8_t)(word & 0xFFu);
    const uint32_t high = (uint32_t)(int32_t)(int8_t)((word >> 16) & 0xFFu);

    return (low & 0xFFFFu) | (high << 16);
#endif
}

/* acc + low(a)*low(b) + high(a)*high(b). */
QC_INLINE int32_t qc_smlad(uint32_t a, uint32_t b, int32_t acc)
{
#if QC_DSP_INTRINSICS
    return __smlad((int16x2_t)a, (int16x2_t)b, acc);
#else
    const int32_t low = (int32_t)(int16_t)(a & 0xFFFFu) * (int32_t)(int16_t)(b & 0xFFFFu);
    const int32_t high = (int32_t)(int16_t)(a >> 16) * (int32_t)(int16_t)(b >> 16);

    return (int32_t)((uint32_t)acc + (uint32_t)low + (uint32_t)high);
#endif
}

/* acc + low(a)*low(b). */
QC_INLINE int32_t qc_smlabb(uint32_t a, uint32_t b, int32_t acc)
{
#if QC_DSP_INTRINSICS
    return __smlabb((int32_t)a, (int32_t)b, acc);
#else
    return (int32_t)((uint32_t)acc + (uint32_t)((int32_t)(int16_t)(a & 0xFFFFu) * (int32_t)(int16_t)(b & 0xFFFFu)));
#endif
}

/* acc + high(a)*high(b). */
QC_INLINE int32_t qc_smlatt(uint32_t a, uint32_t b, int32_t acc)
{
#if QC_DSP_INTRINSICS
    return __smlatt((int32_t)a, (int32_t)b, acc);
#else
    return (int32_t)((uint32_t)acc + (uint32_t)((int32_t)(int16_t)(a >> 16) * (int32_t)(int16_t)(b >> 16)));
#endif
}

/* acc + low(a)*high(b). */
QC_INLINE int32_t qc_smlabt(uint32_t a, uint32_t b, int32_t acc)
{
    return qc_smlabb(a, b >> 16, acc);
}

/* acc + high(a)*low(b). */
QC_INLINE int32_t qc_smlatb(uint32_t a, uint32_t b, int32_t acc)
{
    return qc_smlabb(a >> 16, b, acc);
}

/* Sums and differences of lanes, each modulo 2^16. */
QC_INLINE uint32_t qc_sadd16(uint32_t a, uint32_t b)
{
#if QC_DSP_ASSEMBLY
    uint32_t sum;

    __asm__("sadd16 %0, %1, %2" : "=r"(sum) : "r"(a), "r"(b));
    return sum;
#else
    return ((a + b) & 0xFFFFu) | ((a & 0xFFFF0000u) + (b & 0xFFFF0000u));
#endif
}

QC_INLINE uint32_t qc_ssub16(uint32_t a, uint32_t b)
{
#if QC_DSP_ASSEMBLY
    uint32_t difference;

    __asm__("ssub16 %0, %1, %2" : "=r"(difference) : "r"(a), "r"(b));
    return difference;
#else
    return ((a - b) & 0xFFFFu) | ((a & 0xFFFF0000u) - (b & 0xFFFF0000u));
#endif
}

/* low(a) below low(b). */
QC_INLINE uint32_t qc_pack_low(uint32_t a, uint32_t b)
{
#if QC_DSP_ASSEMBLY
    uint32_t packed;

    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(packed) : "r"(a), "r"(b));
    return packed;
#else
    return (a & 0xFFFFu) | (b << 16);
#endif
}

/* low(a) below high(b). */
QC_INLINE uint32_t qc_pack_mixed(uint32_t a, uint32_t b)
{
#if QC_DSP_ASSEMBLY
    uint32_t packed;

    __asm__("pkhbt %0, %1, %2" : "=r"(packed) : "r"(a), "r"(b));
    return packed;
#else
    return (a & 0xFFFFu) | (b & 0xFFFF0000u);
#endif
}

/*
 * The larger of two values, and min(max(value, lo), hi): one instruction for the limits of 8- and 16-bit codes on cores that have it. Where
 * compilers would branch, each case takes as many instructions.
 */
QC_INLINE int32_t qc_larger(int32_t a, int32_t b)
{
#if QC_RISCV_ASSEMBLY
    __asm__("blt %0, %1, 8f\n\tj 9f\n8:\n\tmv %0, %1\n9:" : "+r"(a) : "r"(b));
    return a;
#elif QC_ARMV6M_ASSEMBLY
    __asm__(".syntax unified\n\tcmp %0, %1\n\tblt 8f\n\tb 9f\n8:\n\tmov %0, %1\n9:" : "+r"(a) : "r"(b) : "cc");
    return a;
#else
    return a < b ? b : a;
#endif
}

QC_INLINE int32_t qc_saturate(int32_t value, int32_t lo, int32_t hi)
{
#if QC_DSP_ASSEMBLY
    int32_t saturated;

    if (lo == -128 && hi == 127) {
        __asm__("ssat %0, #8, %1" : "=r"(saturated) : "r"(value));
        return saturated;
    }
    if (lo == 0 && hi == 255) {
        __asm__("usat %0, #8, %1" : "=r"(saturated) : "r"(value));
        return saturated;
    }
    if (lo == -32768 && hi == 32767) {
        __asm__("ssat %0, #16, %1" : "=r"(saturated) : "r"(value));
        return saturated;
    }
    if (lo == 0 && hi == 65535) {
        __asm__("usat %0, #16, %1" : "=r"(saturated) : "r"(value));
        return saturated;
    }
#endif
#if QC_RISCV_ASSEMBLY
    __asm__("blt %0, %1, 8f\n\tblt %2, %0, 9f\n\tj 7f\n8:\n\tmv %0, %1\n\tj 7f\n9:\n\tmv %0, %2\n7:" : "+r"(value) : "r"(lo), "r"(hi));
    return value;
#elif QC_ARMV6M_ASSEMBLY
    __asm__(".syntax unified\n\t" QC_ARMV6M_SATURATE("%0", "%1", "%2") : "+r"(value) : "r"(lo), "r"(hi) : "cc");
    return value;
#else
    return qc_clamp(value, lo, hi);
#endif
}

/* value >> shift, saturated at the limits of a byte: one instruction for a literal shift of 1..31. */
QC_INLINE int32_t qc_saturate_shifted(int32_t value, int32_t shift, int is_signed)
{
#if QC_DSP_ASSEMBLY
    if (__builtin_constant_p(shift) && shift > 0) {
        int32_t saturated;

        if (is_signed) {
            __asm__("ssat %0, #8, %1, asr %2" : "=r"(saturated) : "r"(value), "i"(shift));
        } else {
            __asm__("usat %0, #8, %1, asr %2" : "=r"(saturated) : "r"(value), "i"(shift));
        }
        return saturated;
    }
#endif
    return qc_saturate(qc_shift_floor(value, shift), is_signed ? -128 : 0, is_signed ? 127 : 255);
}

/* Bytes 1 and 3, sign extended. */
QC_INLINE uint32_t qc_sxtb16_odd(uint32_t word)
{
#if QC_DSP_ASSEMBLY
    uint32_t lanes;

    __asm__("sxtb16 %0, %1, ror #8" : "=r"(lanes) : "r"(word));
    return lanes;
#else
    return qc_sxtb16((word >> 8) | (word << 24));
#endif
}

/* Lanes plus bytes 0 and 2, or 1 and 3, sign extended, each modulo 2^16. */
QC_INLINE uint32_t qc_sxtab16(uint32_t lanes, uint32_t word)
{
#if QC_DSP_ASSEMBLY
    __asm__("sxtab16 %0, %0, %1" : "+r"(lanes) : "r"(word));
    return lanes;
#else
    return qc_sadd16(lanes, qc_sxtb16(word));
#endif
}

QC_INLINE uint32_t qc_sxtab16_odd(uint32_t lanes, uint32_t word)
{
#if QC_DSP_ASSEMBLY
    __asm__("sxtab16 %0, %0, %1, ror #8" : "+r"(lanes) : "r"(word));
    return lanes;
#else
    return qc_sadd16(lanes, qc_sxtb16_odd(word));
#endif
}

/* Codes 0 and 2 of four as lanes. */
QC_INLINE uint32_t qc_even_lanes(uint32_t codes, int is_signed)
{
    return is_signed ? qc_sxtb16(codes) : codes & 0x00FF00FFu;
}

/* Codes 1 and 3 of four as lanes. */
QC_INLINE uint32_t qc_odd_lanes(uint32_t codes, int is_signed)
{
    return is_signed ? qc_sxtb16_odd(codes) : (codes >> 8) & 0x00FF00FFu;
}

#endif
