/*
 * Convolution with general groups, strides, dilation and pads on Helium. Pixels whose codes lie together in the image are
 * read in place; otherwise the patches of two pixels are gathered first.
 * Weights: per group, per four output channels, what qc_mve_product.h says.
 */
#ifndef QC_CONV2D_MVE_H
#define QC_CONV2D_MVE_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_mve.h"
#include "qc_mve_product.h"
#include "qc_window.h"

/* Appends the codes of columns ix, ix + dilation and so on, `n` of them, of an image row. */
QC_INLINE uint8_t *qc_mve_patch_row(const qc_window *s, const uint8_t *line, int32_t ix, int32_t n, int32_t depth, uint8_t *to)
{
    if (s->dilation_x == 1 && depth == s->channels) {
        const int32_t before = ix < 0 ? -ix : 0;
        const int32_t after = ix + n > s->width ? ix + n - s->width : 0;

        if (before + after >= n) {
            return qc_mve_fill(to, s->pad_value, n * depth);
        }
        if (before > 0) {
            to = qc_mve_fill(to, s->pad_value, before * depth);
        }
        to = qc_mve_copy(to, line + (ix + before) * depth, (n - before - after) * depth);
        return after > 0 ? qc_mve_fill(to, s->pad_value, after * depth) : to;
    }
    for (; n > 0; n--, ix += s->dilation_x) {
        to = ix >= 0 && ix < s->width ? qc_mve_copy(to, line + ix * s->channels, depth) : qc_mve_fill(to, s->pad_value, depth);
    }
    return to;
}

/* As qc_patch, in its plain layout. */
QC_INLINE void qc_mve_patch(const qc_window *s, const uint8_t *x, int32_t row, int32_t column, int32_t depth, uint8_t *to)
{
    int32_t iy = row * s->stride_y - s->pad_top;
    int32_t ky;

    for (ky = 0; ky < s->kernel_height; ky++, iy += s->dilation_y) {
        if (iy < 0 || iy >= s->height) {
            to = qc_mve_fill(to, s->pad_value, s->kernel_width * depth);
        } else {
            to = qc_mve_patch_row(s, x + iy * s->width * s->channels, column * s->stride_x - s->pad_left, s->kernel_width, depth,
                                  to);
        }
    }
}

/* scratch: two patches, at least 32 bytes. */
QC_INLINE void qc_conv2d_mve(const qc_window *s, const uint8_t *x, const uint32_t *weights, uint8_t *y, uint8_t *scratch,
                             qc_mve_requant q, int x_signed)
{
    const int32_t depth = s->channels / s->groups;
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t taps = s->kernel_height * s->kernel_width * depth;
    const int32_t steps = (taps + 15) / 16 - 1;
    const int32_t last = taps < 16 ? 0 : taps - 16;
    const int32_t place = taps < 16 ? 16 : taps;
    const int32_t total = s->out_height * s->out_width;
    /* One tap per pixel, and never in the border: nothing to gather. */
    const int in_place = s->kernel_height == 1 && s->kernel_width == 1 && s->pad_top == 0 && s->pad_left == 0 &&
                         (s->out_height - 1) * s->stride_y < s->height && (s->out_width - 1) * s->stride_x < s->width;
    /* Steps read 16 codes even where a product has fewer. */
    const int32_t readable = s->height * s->width * s->channels - place;
    int32_t group;

    for (group = 0; group < s->groups; group++) {
        int32_t row = 0;
        int32_t column = 0;
        int32_t pixel;

        for (pixel = 0; pixel < total; pixel += 2) {
            const uint8_t *codes[2];
            qc_mve_pixels p;
            int32_t i;

            for (i = 0; i < 2; i++) {
                const int32_t at = (row * s->stride_y * s->width + column * s->stride_x) * s->channels;

                if (in_place && at + group * depth <= readable) {
                    codes[i] = x + at;
                } else {
                    codes[i] = scratch + i * place;
                    if (in_place) {
                        qc_mve_copy(scratch + i * place, x + at, depth);
                    } else {
                        qc_mve_patch(s, x, row, column, depth, scratch + i * place);
                    }
                }
                if (pixel + i < total - 1 && ++column == s->out_width) {
                    column = 0;
                    row++;
                }
            }
            p.last0 = codes[0] + last;
            p.last1 = codes[1] + last;
            p.x0 = codes[0];
            p.x1 = codes[1];
            p.y0 = y + pixel * s->out_channels;
            p.y1 = pixel + 1 < total ? p.y0 + s->out_channels : p.y0;
            p.left = outputs;
            p.scale = q.scale;
            p.lo = q.lo;
            p.hi = q.hi;
            p.steps = steps;
            qc_mve_pair(&p, weights, q, x_signed);
        }
        weights += (outputs + 3) / 4 * (16 * (steps + 1) + QC_MVE_CONSTANTS);
        x += depth;
        y += outputs;
    }
}

#endif
