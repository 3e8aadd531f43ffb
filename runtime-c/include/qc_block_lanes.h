/*
 * Lanes of one to three pixels for the blocks of qc_blocks.h: per four taps the words of taps (0, 2) of each pixel, then of taps (1, 3).
 */
#ifndef QC_BLOCK_LANES_H
#define QC_BLOCK_LANES_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_dsp.h"

enum { QC_BLOCK_PIXELS = 3 };

/* Appends the last codes of three kernel rows of `pixels` pixels as lanes: rows (0, 2), then (1, none). */
QC_INLINE void qc_block_gather(uint32_t *to, const uint8_t *row0, const uint8_t *row1, const uint8_t *row2, int32_t apart, int pixels,
                               int x_signed)
{
    int32_t i;

    for (i = 0; i < pixels; i++) {
        to[i] = qc_pack_low((uint32_t)qc_code(row0[i * apart], x_signed), (uint32_t)qc_code(row2[i * apart], x_signed));
        to[pixels + i] = (uint32_t)qc_code(row1[i * apart], x_signed) & 0xFFFFu;
    }
}

/* Appends `words` (at least one) words of four codes of each of three rows as lanes; returns the place behind them. */
QC_INLINE uint32_t *qc_widen_three(uint32_t *to, const uint8_t *a, const uint8_t *b, const uint8_t *c, int32_t words, int x_signed)
{
#if QC_DSP_ASSEMBLY
    register uint32_t *r0 __asm__("r0") = to;
    register const uint8_t *r1 __asm__("r1") = a;
    register const uint8_t *r2 __asm__("r2") = b;
    register const uint8_t *r3 __asm__("r3") = c;
    register int32_t r12 __asm__("r12") = words;

#define QC_WIDEN_WORD(EXTEND)       \
    "ldr r7, [r1], #4\n\t"          \
    "ldr r8, [r2], #4\n\t"          \
    "ldr r9, [r3], #4\n\t"          \
    EXTEND " r4, r7\n\t"            \
    EXTEND " r5, r8\n\t"            \
    EXTEND " r6, r9\n\t"            \
    EXTEND " r7, r7, ror #8\n\t"    \
    EXTEND " r8, r8, ror #8\n\t"    \
    EXTEND " r9, r9, ror #8\n\t"    \
    "stm r0!, {r4-r9}\n\t"
#define QC_WIDEN(EXTEND)                                          \
    __asm__ volatile("push {r4-r9}\n\t"                           \
                     "lsrs r12, r12, #1\n\t"                      \
                     "bcc 1f\n\t" QC_WIDEN_WORD(EXTEND)           \
                     "cmp r12, #0\n\t"                            \
                     "beq 2f\n"                                   \
                     "1:\n\t"                                     \
                     "subs r12, r12, #1\n\t"                      \
                     QC_WIDEN_WORD(EXTEND) QC_WIDEN_WORD(EXTEND)  \
                     "bne 1b\n"                                   \
                     "2:\n\t"                                     \
                     "pop {r4-r9}"                                \
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r12) : : "cc", "memory")
    if (x_signed) {
        QC_WIDEN("sxtb16");
    } else {
        QC_WIDEN("uxtb16");
    }
#undef QC_WIDEN
#undef QC_WIDEN_WORD
    return r0;
#else
    const uint8_t *const rows[QC_BLOCK_PIXELS] = {a, b, c};
    int32_t word;
    int32_t i;

    for (word = 0; word < words; word++) {
        for (i = 0; i < QC_BLOCK_PIXELS; i++) {
            const uint32_t codes = qc_load_word(rows[i] + 4 * word);

            to[i] = qc_even_lanes(codes, x_signed);
            to[QC_BLOCK_PIXELS + i] = qc_odd_lanes(codes, x_signed);
        }
        to += 2 * QC_BLOCK_PIXELS;
    }
    return to;
#endif
}

/* Appends `words` words of four codes of each of `pixels` (1 or 2, literal) rows as lanes; returns the place behind them. */
QC_INLINE uint32_t *qc_widen_rest(uint32_t *to, const uint8_t *const *rows, int pixels, int32_t words, int x_signed)
{
    const uint8_t *a = rows[0];
    const uint8_t *b = rows[pixels - 1];

    for (; words > 0; words--) {
        const uint32_t first = qc_load_word(a);

        a += 4;
        to[0] = qc_even_lanes(first, x_signed);
        to[pixels] = qc_odd_lanes(first, x_signed);
        if (pixels == 2) {
            const uint32_t second = qc_load_word(b);

            b += 4;
            to[1] = qc_even_lanes(second, x_signed);
            to[3] = qc_odd_lanes(second, x_signed);
        }
        to += 2 * pixels;
    }
    return to;
}

/* Appends `words` words of codes of `pixels` rows, of `most` (literal), as lanes; returns the place behind them. */
QC_INLINE uint32_t *qc_block_widen(uint32_t *to, const uint8_t *const *rows, int pixels, int most, int32_t words, int x_signed)
{
    if (most == QC_BLOCK_PIXELS && pixels == most) {
        return qc_widen_three(to, rows[0], rows[1], rows[2], words, x_signed);
    }
    return most > 1 && pixels == 2 ? qc_widen_rest(to, rows, 2, words, x_signed) : qc_widen_rest(to, rows, 1, words, x_signed);
}

/*
 * The window lanes of a block whose first pixel's window begins at `codes`, pixels `apart` bytes apart: `rows` kernel rows of `words` words,
 * `skip` bytes between them, then with `gathers` the last codes of three kernel rows.
 */
QC_INLINE void qc_block_widen_run(uint32_t *to, const uint8_t *codes, int32_t apart, int32_t skip, int32_t words, int32_t rows, int gathers,
                                  int x_signed)
{
    const int32_t pitch = 4 * words + skip;
    int32_t row;

    for (row = 0; row < rows; row++) {
        const uint8_t *const line = codes + row * pitch;

        to = qc_widen_three(to, line, line + apart, line + 2 * apart, words, x_signed);
    }
    if (gathers) {
        const uint8_t *const last = codes + 4 * words;

        qc_block_gather(to, last, last + pitch, last + 2 * pitch, apart, QC_BLOCK_PIXELS, x_signed);
    }
}

#endif
