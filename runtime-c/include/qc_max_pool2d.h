/* Max pooling on codes, or min pooling where `least`; padded taps are ignored. Every window holds at least one tap inside the image. */
#ifndef QC_MAX_POOL2D_H
#define QC_MAX_POOL2D_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_element.h"
#include "qc_window.h"

/* Keeps the larger (or lesser) of `held` and `codes`, four bytes at a time; returns how many were compared. */
QC_INLINE int32_t qc_max_words(uint8_t *held, const uint8_t *codes, int32_t count, int kind, int least)
{
#if QC_DSP_ASSEMBLY
    int32_t i = 0;

    if (kind <= QC_S8) {
        for (; i + 4 <= count; i += 4) {
            const uint32_t a = qc_load_word(held + i);
            const uint32_t b = qc_load_word(codes + i);
            const uint32_t minuend = least ? b : a;
            const uint32_t subtrahend = least ? a : b;
            uint32_t kept;

            /* SEL takes bytes of its first operand where the difference was not negative. */
            if (kind == QC_S8) {
                __asm__("ssub8 %0, %1, %2\n\tsel %0, %3, %4" : "=&r"(kept) : "r"(minuend), "r"(subtrahend), "r"(a), "r"(b));
            } else {
                __asm__("usub8 %0, %1, %2\n\tsel %0, %3, %4" : "=&r"(kept) : "r"(minuend), "r"(subtrahend), "r"(a), "r"(b));
            }
            qc_store_word(held + i, kept);
        }
    }
    return i;
#else
    (void)held;
    (void)codes;
    (void)count;
    (void)kind;
    (void)least;
    return 0;
#endif
}

QC_INLINE void qc_max_pool2d(const qc_window *s, const uint8_t *x, uint8_t *y, int kind, int least)
{
    int32_t row;
    int32_t column;
    int32_t channel;
    int32_t ky;
    int32_t kx;

    for (row = 0; row < s->out_height; row++) {
        for (column = 0; column < s->out_width; column++) {
            const int32_t top = row * s->stride_y - s->pad_top;
            const int32_t left = column * s->stride_x - s->pad_left;
            int first = 1;

            for (ky = 0; ky < s->kernel_height; ky++) {
                const int32_t iy = top + ky * s->dilation_y;

                if (iy < 0 || iy >= s->height) {
                    continue;
                }
                for (kx = 0; kx < s->kernel_width; kx++) {
                    const int32_t ix = left + kx * s->dilation_x;
                    const uint8_t *codes;

                    if (ix < 0 || ix >= s->width) {
                        continue;
                    }
                    codes = x + (iy * s->width + ix) * s->channels * qc_element_bytes(kind);
                    channel = first ? 0 : qc_max_words(y, codes, s->channels, kind, least);
                    for (; channel < s->channels; channel++) {
                        const int32_t code = qc_load(codes, channel, kind);
                        const int32_t held = qc_load(y, channel, kind);

                        /* Stored in any case, so that the codes steer no branch. */
                        qc_store(y, channel, kind, first ? code : least ? -qc_larger(-code, -held) : qc_larger(code, held));
                    }
                    first = 0;
                }
            }
            y += s->channels * qc_element_bytes(kind);
        }
    }
}

#endif
