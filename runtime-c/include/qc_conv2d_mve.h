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

/* Top left corner of a window: row, column, and index of its first code in the image. It may lie outside. */
typedef struct {
    int32_t iy;
    int32_t ix;
    int32_t at;
} qc_mve_corner;

/* As qc_patch, in its plain layout. x points to the first of `depth` channels of the first pixel. */
QC_INLINE void qc_mve_patch(const qc_window *s, const uint8_t *x, qc_mve_corner corner, int32_t depth, uint8_t *to)
{
    const int32_t pitch = s->dilation_y * s->width * s->channels;
    int32_t ky;

    if (s->dilation_x == 1 && depth == s->channels && corner.iy >= 0 && corner.ix >= 0 && corner.ix + s->kernel_width <= s->width &&
        corner.iy + (s->kernel_height - 1) * s->dilation_y < s->height) {
        qc_mve_copy_rows(to, x + corner.at, s->kernel_width * depth, pitch, s->kernel_height);
        return;
    }
    for (ky = s->kernel_height; ky > 0; ky--, corner.iy += s->dilation_y) {
        if (corner.iy < 0 || corner.iy >= s->height) {
            to = qc_mve_fill(to, s->pad_value, s->kernel_width * depth);
        } else {
            to = qc_mve_patch_row(s, x + corner.iy * s->width * s->channels, corner.ix, s->kernel_width, depth, to);
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
    const int32_t next = s->stride_x * s->channels;
    const int32_t next_row = (s->stride_y * s->width - s->out_width * s->stride_x) * s->channels;
    const int32_t end_column = s->out_width * s->stride_x - s->pad_left;
    /* One tap per pixel, and never in the border: nothing to gather. */
    const int in_place = s->kernel_height == 1 && s->kernel_width == 1 && s->pad_top == 0 && s->pad_left == 0 &&
                         (s->out_height - 1) * s->stride_y < s->height && (s->out_width - 1) * s->stride_x < s->width;
    /* Steps read 16 codes even where a product has fewer. */
    int32_t readable = s->height * s->width * s->channels - place;
    qc_mve_pixels p;
    int32_t group;

    p.scale = q.scale;
    p.lo = q.lo;
    p.hi = q.hi;
    p.steps = steps;
    for (group = 0; group < s->groups; group++) {
        qc_mve_corner corner;
        int32_t pixel;

        corner.iy = -s->pad_top;
        corner.ix = -s->pad_left;
        corner.at = (corner.iy * s->width + corner.ix) * s->channels;
        for (pixel = 0; pixel < total; pixel += 2) {
            const uint8_t *codes[2];
            int32_t i;

            for (i = 0; i < 2; i++) {
                codes[i] = scratch + i * place;
                if (!in_place) {
                    qc_mve_patch(s, x, corner, depth, scratch + i * place);
                } else if (corner.at <= readable) {
                    codes[i] = x + corner.at;
                } else {
                    qc_mve_copy(scratch + i * place, x + corner.at, depth);
                }
                if (pixel + i < total - 1) {
                    corner.at += next;
                    corner.ix += s->stride_x;
                    if (corner.ix == end_column) {
                        corner.ix = -s->pad_left;
                        corner.iy += s->stride_y;
                        corner.at += next_row;
                    }
                }
            }
            p.last0 = codes[0] + last;
            p.last1 = codes[1] + last;
            p.x0 = codes[0];
            p.x1 = codes[1];
            p.y0 = y + pixel * s->out_channels;
            p.y1 = pixel + 1 < total ? p.y0 + s->out_channels : p.y0;
            p.left = outputs;
            qc_mve_pair(&p, weights, q, x_signed);
        }
        weights += (outputs + 3) / 4 * (16 * (steps + 1) + QC_MVE_CONSTANTS);
        readable -= depth;
        x += depth;
        y += outputs;
    }
}

#endif
