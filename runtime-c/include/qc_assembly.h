/* Which instruction sets' assembly the inner loops may use; see QC_DSP_ASSEMBLY in qc_dsp.h. */
#ifndef QC_ASSEMBLY_H
#define QC_ASSEMBLY_H

#ifndef QC_RISCV_ASSEMBLY
#if defined(__riscv_mul) && __riscv_xlen == 32 && !defined(__riscv_32e) && defined(__GNUC__) && defined(__OPTIMIZE__) && \
    !defined(QC_NO_ASM)
#define QC_RISCV_ASSEMBLY 1
#else
#define QC_RISCV_ASSEMBLY 0
#endif
#endif

#ifndef QC_ARMV6M_ASSEMBLY
#if defined(__ARM_ARCH_6M__) && defined(__GNUC__) && defined(__OPTIMIZE__) && !defined(QC_NO_ASM)
#define QC_ARMV6M_ASSEMBLY 1
#else
#define QC_ARMV6M_ASSEMBLY 0
#endif
#endif

#if QC_ARMV6M_ASSEMBLY
/* A register's value saturated at the values of two others, in five instructions in each case. */
#define QC_ARMV6M_SATURATE(VALUE, LO, HI) \
    "cmp " VALUE ", " LO "\n\t"           \
    "blt 8f\n\t"                         \
    "cmp " VALUE ", " HI "\n\t"           \
    "bgt 9f\n\t"                         \
    "b 7f\n"                             \
    "8:\n\t"                             \
    "mov " VALUE ", " LO "\n\t"           \
    "nop\n\t"                            \
    "b 7f\n"                             \
    "9:\n\t"                             \
    "mov " VALUE ", " HI "\n"             \
    "7:\n\t"
#endif

#endif
