/*
 * Accumulator to output code, by the certified constants of one output channel.
 *
 * A channel's record holds 32-bit words; 64-bit values take two, low word first:
 *   QC_PLAIN       multiplier, offset
 *   QC_SIGN        multiplier, offset, correction, bias
 *   QC_PARITY      multiplier, offset, correction
 *   QC_HIGH_WORD   addend, multiplier: high word of (256*acc + addend)*multiplier, shifted
 *   QC_THRESHOLDS  first code, number of thresholds, words from this record to its thresholds
 * Accumulators start at 0: the bias and the input zero point are in the offset or the thresholds, except for QC_SIGN,
 * whose correction depends on the sign of the complete sum.
 */
#ifndef QC_REQUANTIZE_H
#define QC_REQUANTIZE_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_scalar.h"

enum { QC_PLAIN, QC_SIGN, QC_PARITY, QC_HIGH_WORD, QC_THRESHOLDS };

/* What a layer's channels share. Literal in every call, so that branches on it vanish. */
typedef struct {
    int form;
    int32_t shift; /* 0..62 */
    int32_t odd;   /* low bit of the output zero point, for QC_PARITY */
    int32_t lo;    /* codes the output saturates at */
    int32_t hi;
} qc_requant;

/* Words of a record. */
QC_INLINE int32_t qc_record_words(qc_requant q)
{
    return q.form == QC_SIGN ? 6 : q.form == QC_PARITY ? 5 : q.form == QC_HIGH_WORD ? 2 : 3;
}

QC_INLINE int64_t qc_record_value(const int32_t *words)
{
    return (int64_t)(((uint64_t)(uint32_t)words[1] << 32) | (uint32_t)words[0]);
}

/* first + number of thresholds <= acc, by bisection whose steps depend on the number of thresholds alone. */
QC_INLINE int32_t qc_requant_thresholds(int32_t acc, const int32_t *record)
{
    const int32_t *thresholds = record + record[2];
    int32_t left = record[1];
    int32_t below = 0;

    for (; left > 0; left /= 2) {
        /* Of `left` thresholds from `below` on: the upper half, and the middle one of an odd number. */
        const int32_t half = (left + 1) / 2;

        below += half & (int32_t)~(((int64_t)acc - thresholds[below + half - 1]) >> 63);
    }
    return record[0] + below;
}

/* High word of a*multiplier; in halves where there is no 64-bit product. */
QC_INLINE int32_t qc_high_word(int32_t a, int32_t multiplier)
{
#if defined(__ARM_ARCH_6M__)
    const int32_t a_high = a >> 16;
    const int32_t a_low = a & 0xFFFF;
    const int32_t m_high = multiplier >> 16;
    const int32_t m_low = multiplier & 0xFFFF;
    const int32_t middle = a_high * m_low + (int32_t)((uint32_t)a_low * (uint32_t)m_low >> 16);

    return a_high * m_high + (middle >> 16) + ((a_low * m_high + (middle & 0xFFFF)) >> 16);
#else
    return qc_multiply_high(a, multiplier);
#endif
}

/* a*multiplier. Libraries of cores without long products branch on carries. */
QC_INLINE int64_t qc_long_product(int32_t a, int32_t multiplier)
{
#if defined(__ARM_ARCH_6M__)
    return (int64_t)((uint64_t)(uint32_t)qc_high_word(a, multiplier) << 32 | (uint32_t)a * (uint32_t)multiplier);
#else
    return (int64_t)a * multiplier;
#endif
}

/* Code of the high-word form before saturation. */
QC_INLINE int32_t qc_requant_high(qc_requant q, int32_t acc, int32_t addend, int32_t multiplier)
{
    return qc_high_word((int32_t)(((uint32_t)acc << 8) + (uint32_t)addend), multiplier) >> q.shift;
}

/* On Armv6-M arithmetic of 64 bits is made of calls; copies of it inlined spilled a kilobyte of registers. */
#if defined(__ARM_ARCH_6M__)
#define QC_LONG __attribute__((noinline, unused)) static
#else
#define QC_LONG QC_INLINE
#endif

/* qc_requant_sign and qc_requant_parity without a branch, so that every accumulator takes as many instructions. */
QC_LONG int32_t qc_requant_sign_masked(int32_t acc, const int32_t *record, int32_t shift)
{
    const int64_t mask = acc >> 31;

    return qc_shift_floor(qc_long_product(acc, record[0]) + qc_record_value(record + 1) - (qc_record_value(record + 3) & mask), shift);
}

QC_LONG int32_t qc_requant_parity_masked(int32_t acc, const int32_t *record, int32_t shift, int32_t odd)
{
    const int64_t u = qc_long_product(acc, record[0]) + qc_record_value(record + 1);
    const int64_t mask = -(int64_t)(((u >> shift) ^ odd) & 1);

    return qc_shift_floor(u - (qc_record_value(record + 3) & mask), shift);
}

/* The output code. */
QC_INLINE int32_t qc_requantize_code(qc_requant q, int32_t acc, const int32_t *record)
{
    int32_t value;

    if (q.form == QC_PLAIN) {
        value = qc_shift_floor(qc_long_product(acc, record[0]) + qc_record_value(record + 1), q.shift);
    } else if (q.form == QC_SIGN) {
        value = qc_requant_sign_masked(acc + record[5], record, q.shift);
    } else if (q.form == QC_PARITY) {
        value = qc_requant_parity_masked(acc, record, q.shift, q.odd);
    } else if (q.form == QC_HIGH_WORD) {
        value = qc_requant_high(q, acc, record[0], record[1]);
    } else {
        value = qc_requant_thresholds(acc, record);
    }
    return qc_saturate(value, q.lo, q.hi);
}

/* The output code, as a byte stores it. */
QC_INLINE uint8_t qc_requantize(qc_requant q, int32_t acc, const int32_t *record)
{
    return (uint8_t)qc_requantize_code(q, acc, record);
}

#endif
