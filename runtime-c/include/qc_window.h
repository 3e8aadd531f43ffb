/* Sliding windows over images [height][width][channels], and the patch of codes under one window position. */
#ifndef QC_WINDOW_H
#define QC_WINDOW_H

#include <stdint.h>
#include <string.h>

#include "qc_config.h"
#include "qc_dsp.h"

/* A window's geometry. All values are at least 1, pads and pad_value at least 0. */
typedef struct {
    int32_t height;
    int32_t width;
    int32_t channels;
    int32_t out_height;
    int32_t out_width;
    int32_t out_channels;
    int32_t kernel_height;
    int32_t kernel_width;
    int32_t stride_y;
    int32_t stride_x;
    int32_t dilation_y;
    int32_t dilation_x;
    int32_t pad_top;
    int32_t pad_left;
    int32_t groups;
    uint8_t pad_value; /* the code that padded taps read */
} qc_window;

/* Whether every tap of the window at output (row, column) lies inside the image. */
QC_INLINE int qc_window_inside(const qc_window *s, int32_t row, int32_t column)
{
    const int32_t top = row * s->stride_y - s->pad_top;
    const int32_t left = column * s->stride_x - s->pad_left;

    return top >= 0 && top + (s->kernel_height - 1) * s->dilation_y < s->height && left >= 0 &&
           left + (s->kernel_width - 1) * s->dilation_x < s->width;
}

/* How a patch is written. Literal in every call. */
typedef struct {
    int lanes;     /* 0: bytes, `step` apart; 1: lane words, `step` words apart, codes 4j and 4j+2 before 4j+1 and 4j+3 */
    int step;
    int is_signed; /* of the codes, for lanes */
} qc_layout;

/* Appends four codes as lanes. */
QC_INLINE uint8_t *qc_put_lanes(qc_layout layout, uint8_t *to, uint32_t codes)
{
    qc_store_word(to, qc_even_lanes(codes, layout.is_signed));
    qc_store_word(to + 4 * layout.step, qc_odd_lanes(codes, layout.is_signed));
    return to + 8 * layout.step;
}

/* Appends n codes, or the padding code n times when codes is 0. Lanes read whole words, n rounded up to 4. Returns the next place. */
QC_INLINE uint8_t *qc_put_codes(qc_layout layout, uint8_t *to, const uint8_t *codes, int32_t n, uint8_t pad_value)
{
    int32_t i;

    if (layout.lanes) {
        const uint32_t padding = pad_value * 0x01010101u;

        if (codes) {
            for (i = n; i > 0; i -= 4) {
                to = qc_put_lanes(layout, to, qc_load_word(codes));
                codes += 4;
            }
        } else {
            for (i = n; i > 0; i -= 4) {
                to = qc_put_lanes(layout, to, padding);
            }
        }
        return to;
    }
    if (layout.step == 1) {
        if (codes) {
            memcpy(to, codes, (size_t)n);
        } else {
            memset(to, pad_value, (size_t)n);
        }
        return to + n;
    }
    if (codes) {
        const uint8_t *const end = codes + n / 8 * 8;

        while (codes != end) {
            to[0] = codes[0];
            to[layout.step] = codes[1];
            to[2 * layout.step] = codes[2];
            to[3 * layout.step] = codes[3];
            to[4 * layout.step] = codes[4];
            to[5 * layout.step] = codes[5];
            to[6 * layout.step] = codes[6];
            to[7 * layout.step] = codes[7];
            to += 8 * layout.step;
            codes += 8;
        }
        for (i = n % 8; i > 0; i--) {
            *to = *codes++;
            to += layout.step;
        }
    } else {
        for (i = n; i > 0; i--) {
            *to = pad_value;
            to += layout.step;
        }
    }
    return to;
}

/*
 * The codes under the window at output (row, column), in the order kernel row, kernel column, channel:
 * kernel_height * kernel_width * depth codes. x points to the first of `depth` channels of the first pixel.
 */
QC_INLINE void qc_patch(qc_layout layout, const qc_window *s, const uint8_t *x, int32_t row, int32_t column, int32_t depth, uint8_t *to)
{
    const int32_t left = column * s->stride_x - s->pad_left;
    const int whole = depth == s->channels && s->dilation_x == 1 && left >= 0 && left + s->kernel_width <= s->width;
    int32_t iy = row * s->stride_y - s->pad_top;
    int32_t ky;
    int32_t kx;

    for (ky = 0; ky < s->kernel_height; ky++, iy += s->dilation_y) {
        const uint8_t *const line = iy >= 0 && iy < s->height ? x + iy * s->width * s->channels : 0;

        if (whole || !line) {
            to = qc_put_codes(layout, to, line ? line + left * depth : 0, s->kernel_width * depth, s->pad_value);
            continue;
        }
        for (kx = 0; kx < s->kernel_width; kx++) {
            const int32_t ix = left + kx * s->dilation_x;

            to = qc_put_codes(layout, to, ix >= 0 && ix < s->width ? line + ix * s->channels : 0, depth, s->pad_value);
        }
    }
}

#endif
