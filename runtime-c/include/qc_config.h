/*
 * The only header meant to be changed. Every definition may also be given on the command line, and besides these
 * QC_DSP_ASSEMBLY=0 (Armv7E-M) and QC_RISCV_ASSEMBLY=0 (RV32), which leave all inner loops to the C compiler.
 */
#ifndef QC_CONFIG_H
#define QC_CONFIG_H

/* Called after each layer with the id, address and size in bytes of the tensor it computed. */
#ifndef QC_TRACE
#define QC_TRACE(index, pointer, bytes) ((void)0)
#endif

/* Refuses to compile where a constant condition fails; `name` is part of what compilers print. */
#ifndef QC_STATIC_ASSERT
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define QC_STATIC_ASSERT(condition, name) _Static_assert(condition, #name)
#else
#define QC_STATIC_ASSERT(condition, name) typedef char qc_assert_##name[(condition) ? 1 : -1]
#endif
#endif

/* Kernels are inlined into their callers, whose literal arguments remove what a layer does not need. */
#ifndef QC_INLINE
#if defined(__GNUC__)
#define QC_INLINE static inline __attribute__((always_inline))
#else
#define QC_INLINE static inline
#endif
#endif

/*
 * Makes a pointer's further use wait for a sum: compilers that load everything first run out of registers where a kernel
 * needs nearly all of them. Does nothing else.
 */
#ifndef QC_AFTER
#if defined(__GNUC__)
#define QC_AFTER(pointer, sum) __asm__("" : "+r"(pointer), "+r"(sum))
#else
#define QC_AFTER(pointer, sum) ((void)0)
#endif
#endif

/* Puts a constant into a section of the linker script; compilers other than GCC and Clang need a definition of their own. */
#ifndef QC_SECTION
#if defined(__GNUC__)
#define QC_SECTION(name) __attribute__((section(name)))
#endif
#endif

/* Functions that several layers call; inlining them would multiply the code. */
#ifndef QC_SHARED
#if defined(__GNUC__)
#define QC_SHARED static __attribute__((noinline))
#else
#define QC_SHARED static
#endif
#endif

#endif
