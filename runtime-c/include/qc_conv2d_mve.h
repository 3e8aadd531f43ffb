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

/* Top left corner of a window: row, column, and index of its first code in the image. It may lie outside. */
typedef struct {
    int32_t iy;
    int32_t ix;
    int32_t at;
} qc_mve_corner;

/* A window's part inside the image, of taps that lie `dilation` apart from `first` on: [begin, end). */
typedef struct {
    int32_t begin;
    int32_t end;
} qc_mve_part;

QC_INLINE qc_mve_part qc_mve_inside(int32_t first, int32_t taps, int32_t dilation, int32_t size)
{
    qc_mve_part part = {0, taps};

    while (part.begin < taps && first + part.begin * dilation < 0) {
        part.begin++;
    }
    while (part.end > part.begin && first + (part.end - 1) * dilation >= size) {
        part.end--;
    }
    return part;
}

/* As qc_patch, in its plain layout. x points to the first of `depth` channels of the first pixel. */
QC_INLINE void qc_mve_patch(const qc_window *s, const uint8_t *x, qc_mve_corner corner, int32_t depth, uint8_t *to)
{
    const int32_t pitch = s->dilation_y * s->width * s->channels;
    const int32_t row = s->kernel_width * depth;
    const qc_mve_part rows = qc_mve_inside(corner.iy, s->kernel_height, s->dilation_y, s->height);
    const qc_mve_part columns = qc_mve_inside(corner.ix, s->kernel_width, s->dilation_x, s->width);
    int32_t kx;

    if (rows.end - rows.begin < s->kernel_height || columns.end - columns.begin < s->kernel_width) {
        qc_mve_fill(to, s->pad_value, s->kernel_height * row);
        if (rows.end == rows.begin || columns.end == columns.begin) {
            return;
        }
    }
    x += corner.at + rows.begin * pitch;
    to += rows.begin * row;
    if (s->dilation_x == 1 && depth == s->channels) {
        qc_mve_copy_rows(to + columns.begin * depth, row, x + columns.begin * depth, pitch, (columns.end - columns.begin) * depth,
                         rows.end - rows.begin);
        return;
    }
    for (kx = columns.begin; kx < columns.end; kx++) {
        qc_mve_copy_rows(to + kx * depth, row, x + kx * s->dilation_x * s->channels, pitch, depth, rows.end - rows.begin);
    }
}

/* How many windows from the corner on, in its row, lie wholly inside; 0 where rows of a patch are no run of bytes. */
QC_INLINE int32_t qc_mve_windows_inside(const qc_window *s, qc_mve_corner corner, int32_t depth)
{
    const int32_t room = s->width - s->kernel_width - corner.ix;
    const int32_t left = s->out_width * s->stride_x - s->pad_left - corner.ix;

    if (s->dilation_x != 1 || depth != s->channels || corner.iy < 0 || corner.ix < 0 || room < 0 ||
        corner.iy + (s->kernel_height - 1) * s->dilation_y >= s->height) {
        return 0;
    }
    return (room + s->stride_x < left ? room + s->stride_x : left) / s->stride_x;
}

/* Whether patches are single pixels, none in the border: nothing to gather. */
QC_INLINE int qc_mve_in_place(const qc_window *s)
{
    return s->kernel_height == 1 && s->kernel_width == 1 && s->pad_top == 0 && s->pad_left == 0 &&
           (s->out_height - 1) * s->stride_y < s->height && (s->out_width - 1) * s->stride_x < s->width;
}

/* The corner `count` windows on, not beyond the next row's first. */
QC_INLINE qc_mve_corner qc_mve_advance(const qc_window *s, qc_mve_corner corner, int32_t count)
{
    corner.ix += count * s->stride_x;
    corner.at += count * s->stride_x * s->channels;
    if (corner.ix == s->out_width * s->stride_x - s->pad_left) {
        corner.ix = -s->pad_left;
        corner.iy += s->stride_y;
        corner.at += (s->stride_y * s->width - s->out_width * s->stride_x) * s->channels;
    }
    return corner;
}

/* Gathers `count` patches, `place` bytes apart; returns the next window's corner. */
QC_INLINE qc_mve_corner qc_mve_patches(const qc_window *s, const uint8_t *x, qc_mve_corner corner, int32_t depth, int32_t count,
                                       int32_t place, uint8_t *to)
{
    const int32_t pitch = s->dilation_y * s->width * s->channels;
    const int32_t row = s->kernel_width * depth;

    while (count > 0) {
        int32_t run = qc_mve_windows_inside(s, corner, depth);

        if (run > 0) {
            run = run < count ? run : count;
            qc_mve_copy_windows(to, place, x + corner.at, s->stride_x * s->channels, pitch, row, s->kernel_height, run);
            to += run * place;
        } else {
            qc_mve_patch(s, x, corner, depth, to);
            run = 1;
            to += place;
        }
        corner = qc_mve_advance(s, corner, run);
        count -= run;
    }
    return corner;
}

/* Codes of `count` pixels from x on, `pitch` bytes apart, of `place` bytes each, with all channels. */
QC_INLINE void qc_mve_span(qc_mve_pixels *p, const uint8_t *x, int32_t count, int32_t pitch, int32_t place, uint8_t *y,
                           int32_t y_pitch, qc_mve_requant q, int x_signed)
{
    int32_t pairs;

    /* An odd last pixel makes a pair with itself. */
    for (pairs = count / 2; count > 0; pairs = 1) {
        const int32_t second = count > 1;

        p->x0 = x;
        p->x1 = x + second * pitch;
        p->last0 = x + place - 16;
        p->last1 = p->x1 + place - 16;
        p->y0 = y;
        p->y1 = y + second * y_pitch;
        p->left = p->outputs;
        p->pairs = second ? pairs : 1;
        qc_mve_pairs(p, q, x_signed);
        count -= second ? 2 * pairs : 1;
        x += 2 * pairs * pitch;
        y += 2 * pairs * y_pitch;
    }
}

/* scratch: `gathered` (even, at least 2) patches of at least 16 bytes. */
QC_INLINE void qc_conv2d_mve(const qc_window *s, const uint8_t *x, const uint32_t *weights, uint8_t *y, uint8_t *scratch,
                             int32_t gathered, qc_mve_requant q, int x_signed)
{
    const int32_t depth = s->channels / s->groups;
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t taps = s->kernel_height * s->kernel_width * depth;
    const int32_t place = taps < 16 ? 16 : taps;
    const int32_t total = s->out_height * s->out_width;
    const int in_place = qc_mve_in_place(s);
    /* Pixels that lie one behind the other, and how many of them have 16 codes to read. */
    const int32_t run = s->stride_y == 1 && s->stride_x == 1 && s->out_width == s->width ? total : s->out_width;
    const int32_t beyond = (place - taps + s->channels - 1) / s->channels;
    qc_mve_pixels p;
    int32_t group;

    p.scale = q.scale;
    p.lo = q.lo;
    p.hi = q.hi;
    p.steps = (taps + 15) / 16 - 1;
    p.outputs = outputs;
    p.y_step = 2 * s->out_channels - (outputs + 7) / 8 * 8;
    for (group = 0; group < s->groups; group++) {
        qc_mve_corner corner;
        int32_t pixel = 0;

        p.weights = weights;
        corner.iy = -s->pad_top;
        corner.ix = -s->pad_left;
        corner.at = (corner.iy * s->width + corner.ix) * s->channels;
        while (pixel < total) {
            const uint8_t *codes = scratch;
            int32_t pitch = place;
            int32_t count = total - pixel < gathered ? total - pixel : gathered;

            if (in_place && pixel + beyond < total) {
                codes = x + pixel / s->out_width * s->stride_y * s->width * s->channels;
                pitch = s->stride_x * s->channels;
                count = run;
                if (pixel + count + beyond > total) {
                    count = total - beyond - pixel;
                }
            } else {
                if (in_place) {
                    corner.iy = pixel / s->out_width * s->stride_y;
                    corner.ix = pixel % s->out_width * s->stride_x;
                    corner.at = (corner.iy * s->width + corner.ix) * s->channels;
                }
                corner = qc_mve_patches(s, x, corner, depth, count, place, scratch);
            }
            p.x_step = 2 * pitch;
            qc_mve_span(&p, codes, count, pitch, place, y + pixel * s->out_channels, s->out_channels, q, x_signed);
            pixel += count;
        }
        weights += (outputs + 7) / 8 * (32 * (p.steps + 1) + QC_MVE_CONSTANTS);
        x += depth;
        y += outputs;
    }
}

#endif
