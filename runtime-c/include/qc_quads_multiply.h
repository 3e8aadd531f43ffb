/* Products of interleaved codes of four pixels with four channels: the loops that compilers spill, for RISC-V and Armv6-M, and in C. */
#ifndef QC_QUADS_MULTIPLY_H
#define QC_QUADS_MULTIPLY_H

#include <stdint.h>

#include "qc_assembly.h"
#include "qc_code.h"
#include "qc_config.h"
#include "qc_four.h"
#include "qc_riscv_code.h"

#if QC_ARMV6M_ASSEMBLY
/* Adds the products of `taps` (at least 1) codes, `step` bytes apart (literal), with words of four weights; sums stay in high registers. */
QC_INLINE qc_four qc_quads_pixel(const uint8_t *codes, int step, const int8_t *weights, int32_t taps, int x_signed)
{
    const uint8_t *const end = codes + step * taps;
    int32_t index = -step * taps;
    qc_four sums;
    qc_four *const target = &sums;
    uint32_t code, word, product;

    /* Four products in 18 instructions. */
#define QC_QUADS_WORDS(LOAD)                                          \
    __asm__ volatile(".syntax unified\n\t"                            \
                     "movs %[code], #0\n\t"                           \
                     "mov r8, %[code]\n\t"                            \
                     "mov r9, %[code]\n\t"                            \
                     "mov r10, %[code]\n\t"                           \
                     "mov r11, %[code]\n"                             \
                     "1:\n\t"                                         \
                     "ldmia %[weights]!, {%[word]}\n\t"               \
                     LOAD " %[code], [%[end], %[index]]\n\t"          \
                     "sxtb %[product], %[word]\n\t"                   \
                     "muls %[product], %[code], %[product]\n\t"       \
                     "add r8, r8, %[product]\n\t"                     \
                     "asrs %[product], %[word], #24\n\t"              \
                     "muls %[product], %[code], %[product]\n\t"       \
                     "add r11, r11, %[product]\n\t"                   \
                     "lsrs %[word], %[word], #8\n\t"                  \
                     "sxtb %[product], %[word]\n\t"                   \
                     "muls %[product], %[code], %[product]\n\t"       \
                     "add r9, r9, %[product]\n\t"                     \
                     "lsrs %[word], %[word], #8\n\t"                  \
                     "sxtb %[product], %[word]\n\t"                   \
                     "muls %[product], %[code], %[product]\n\t"       \
                     "add r10, r10, %[product]\n\t"                   \
                     "adds %[index], %[index], %[step]\n\t"            \
                     "bne 1b\n\t"                                     \
                     "mov %[code], r8\n\t"                            \
                     "str %[code], [%[target]]\n\t"                   \
                     "mov %[code], r9\n\t"                            \
                     "str %[code], [%[target], #4]\n\t"               \
                     "mov %[code], r10\n\t"                           \
                     "str %[code], [%[target], #8]\n\t"               \
                     "mov %[code], r11\n\t"                           \
                     "str %[code], [%[target], #12]"                  \
                     : [weights] "+l"(weights), [index] "+l"(index), [code] "=&l"(code), [word] "=&l"(word), \
                       [product] "=&l"(product)                       \
                     : [end] "l"(end), [target] "l"(target), [step] "i"(step)           \
                     : "r8", "r9", "r10", "r11", "cc", "memory")
    if (x_signed) {
        QC_QUADS_WORDS("ldrsb");
    } else {
        QC_QUADS_WORDS("ldrb");
    }
#undef QC_QUADS_WORDS
    return sums;
}
#endif

/* Sums of four pixels. */
typedef struct {
    qc_four p0;
    qc_four p1;
    qc_four p2;
    qc_four p3;
} qc_quads_sums;

#if QC_RISCV_ASSEMBLY
/* Where a block's codes go, and the constants of its four channels. */
typedef struct {
    const int32_t *record;
    uint8_t *y;
    int32_t pitch;
    qc_high_words within; /* the limits */
    int32_t hi;
} qc_quads_target;

/* 16 products in 40 instructions, and three to count four times. Where four do not divide the taps, the first turn
   starts in the middle. The sums have names because C allows 30 operands only. */
#define QC_QUADS_PIXEL(LOAD, CODE, A, B, C, D)   \
    LOAD " t0, " CODE "(%[codes])\n\t"           \
    "mul t1, t0, a4\n\t"                        \
    "mul ra, t0, a5\n\t"                        \
    "add " A ", " A ", t1\n\t"                  \
    "mul t1, t0, a6\n\t"                        \
    "add " B ", " B ", ra\n\t"                  \
    "mul ra, t0, a7\n\t"                        \
    "add " C ", " C ", t1\n\t"                  \
    "add " D ", " D ", ra\n\t"
#define QC_QUADS_TAP(LOAD, O0, O1, O2, O3)                \
    "lb a4, " O0 "(%[weights])\n\t"                      \
    "lb a5, " O1 "(%[weights])\n\t"                      \
    "lb a6, " O2 "(%[weights])\n\t"                      \
    "lb a7, " O3 "(%[weights])\n\t"                      \
    QC_QUADS_PIXEL(LOAD, O0, "s1", "s2", "s3", "s4")      \
    QC_QUADS_PIXEL(LOAD, O1, "s5", "s6", "s7", "s8")      \
    QC_QUADS_PIXEL(LOAD, O2, "s9", "s10", "s11", "t2")    \
    QC_QUADS_PIXEL(LOAD, O3, "t3", "t4", "t5", "t6")
#define QC_QUADS_TAPS(LOAD)                                                                    \
    "li s1, 0\n\tli s2, 0\n\tli s3, 0\n\tli s4, 0\n\tli s5, 0\n\tli s6, 0\n\tli s7, 0\n\tli s8, 0\n\t" \
    "li s9, 0\n\tli s10, 0\n\tli s11, 0\n\tli t2, 0\n\tli t3, 0\n\tli t4, 0\n\tli t5, 0\n\tli t6, 0\n\t" \
    "sub t0, %[end], %[codes]\n\t"                                                             \
    "andi t0, t0, 12\n\t"                                                                      \
    "beqz t0, 1f\n\t"                                                                          \
    "addi t1, t0, -16\n\t"                                                                     \
    "add %[codes], %[codes], t1\n\t"                                                           \
    "add %[weights], %[weights], t1\n\t"                                                       \
    "li t1, 8\n\t"                                                                             \
    "blt t0, t1, 4f\n\t"                                                                       \
    "beq t0, t1, 3f\n\t"                                                                       \
    "j 2f\n"                                                                                   \
    "1:\n\t" QC_QUADS_TAP(LOAD, "0", "1", "2", "3")                                            \
    "2:\n\t" QC_QUADS_TAP(LOAD, "4", "5", "6", "7")                                            \
    "3:\n\t" QC_QUADS_TAP(LOAD, "8", "9", "10", "11")                                          \
    "4:\n\t" QC_QUADS_TAP(LOAD, "12", "13", "14", "15")                                        \
    "addi %[codes], %[codes], 16\n\t"                                                          \
    "addi %[weights], %[weights], 16\n\t"                                                      \
    "bne %[codes], %[end], 1b\n\t"
/* One code from its sum, addend t1, multiplier ra, limits a4, a5 and target. */
#define QC_QUADS_CODE(SUM, Y, OFFSET)            \
    "slli " SUM ", " SUM ", 8\n\t"              \
    "add " SUM ", " SUM ", t1\n\t"              \
    QC_RISCV_CODE(SUM, "ra", "%[shift]", "a4", "a5", "%[target]", OFFSET "(" Y ")")
#define QC_QUADS_CHANNEL(ADDEND, MULTIPLIER, OFFSET, P0, P1, P2, P3) \
    "lw t1, " ADDEND "(t0)\n\t"                                     \
    "lw ra, " MULTIPLIER "(t0)\n\t"                                 \
    QC_QUADS_CODE(P0, "%[codes]", OFFSET)                           \
    QC_QUADS_CODE(P1, "a6", OFFSET)                                 \
    QC_QUADS_CODE(P2, "a7", OFFSET)                                 \
    QC_QUADS_CODE(P3, "%[weights]", OFFSET)
#define QC_QUADS_REGISTERS                                                                                                       \
    "memory", "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", \
        "a4", "a5", "a6", "a7"

/* Multiplies as qc_quads_multiply does, and writes the codes of the high-word form: records of two words, `shift` literal. */
QC_INLINE void qc_quads_codes(const uint8_t *codes, const int8_t *weights, int32_t taps, int x_signed, int shift,
                              const qc_quads_target *target)
{
    const uint8_t *const end = codes + 4 * taps;

#define QC_QUADS_ALL(LOAD)                                                        \
    __asm__ volatile(QC_QUADS_TAPS(LOAD)                                          \
                     "lw t0, 0(%[target])\n\t"                                    \
                     "lw %[codes], 4(%[target])\n\t"                              \
                     "lw t1, 8(%[target])\n\t"                                    \
                     "lw a4, 12(%[target])\n\t"                                   \
                     "lw a5, 16(%[target])\n\t"                                   \
                     "add a6, %[codes], t1\n\t"                                   \
                     "add a7, a6, t1\n\t"                                         \
                     "add %[weights], a7, t1\n\t"                                 \
                     "lw %[target], 20(%[target])\n\t"                           \
                     QC_QUADS_CHANNEL("0", "4", "0", "s1", "s5", "s9", "t3")      \
                     QC_QUADS_CHANNEL("8", "12", "1", "s2", "s6", "s10", "t4")    \
                     QC_QUADS_CHANNEL("16", "20", "2", "s3", "s7", "s11", "t5")   \
                     QC_QUADS_CHANNEL("24", "28", "3", "s4", "s8", "t2", "t6")    \
                     : [codes] "+&r"(codes), [weights] "+&r"(weights), [target] "+&r"(target) \
                     : [end] "r"(end), [shift] "i"(shift)                         \
                     : QC_QUADS_REGISTERS)
    if (x_signed) {
        QC_QUADS_ALL("lb");
    } else {
        QC_QUADS_ALL("lbu");
    }
#undef QC_QUADS_ALL
}

#endif

/* Multiplies `taps` (at least 1) interleaved codes of four pixels with the weights of four channels. */
QC_INLINE qc_quads_sums qc_quads_multiply(const uint8_t *codes, const int8_t *weights, int32_t taps, int x_signed)
{
    const uint8_t *const end = codes + 4 * taps;
    qc_quads_sums s = {{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}};

#if QC_RISCV_ASSEMBLY
    if (x_signed) {
        qc_quads_sums *const sums = &s;

        __asm__ volatile(QC_QUADS_TAPS("lb")
                         "sw s1, 0(%[sums])\n\tsw s2, 4(%[sums])\n\tsw s3, 8(%[sums])\n\tsw s4, 12(%[sums])\n\t"
                         "sw s5, 16(%[sums])\n\tsw s6, 20(%[sums])\n\tsw s7, 24(%[sums])\n\tsw s8, 28(%[sums])\n\t"
                         "sw s9, 32(%[sums])\n\tsw s10, 36(%[sums])\n\tsw s11, 40(%[sums])\n\tsw t2, 44(%[sums])\n\t"
                         "sw t3, 48(%[sums])\n\tsw t4, 52(%[sums])\n\tsw t5, 56(%[sums])\n\tsw t6, 60(%[sums])"
                         : [codes] "+&r"(codes), [weights] "+&r"(weights)
                         : [end] "r"(end), [sums] "r"(sums)
                         : QC_QUADS_REGISTERS);
        return s;
    }
#endif
#if QC_ARMV6M_ASSEMBLY
    (void)end;
    s.p0 = qc_quads_pixel(codes, 4, weights, taps, x_signed);
    s.p1 = qc_quads_pixel(codes + 1, 4, weights, taps, x_signed);
    s.p2 = qc_quads_pixel(codes + 2, 4, weights, taps, x_signed);
    s.p3 = qc_quads_pixel(codes + 3, 4, weights, taps, x_signed);
    return s;
#else
    do {
        s.p0 = qc_four_add(s.p0, qc_code(codes[0], x_signed), weights);
        s.p1 = qc_four_add(s.p1, qc_code(codes[1], x_signed), weights);
        s.p2 = qc_four_add(s.p2, qc_code(codes[2], x_signed), weights);
        s.p3 = qc_four_add(s.p3, qc_code(codes[3], x_signed), weights);
        codes += 4;
        weights += 4;
    } while (codes != end);
    return s;
#endif
}

#endif
