/*
 * Windows of neighbouring pixels for convolutions by blocks (qc_conv2d_blocks.h, qc_conv2d_blocks16.h): kernel rows that the image holds
 * whole are read in place, others are copied.
 */
#ifndef QC_BLOCK_WINDOWS_H
#define QC_BLOCK_WINDOWS_H

#include <stdint.h>

#include "qc_block_lanes.h"
#include "qc_code.h"
#include "qc_config.h"
#include "qc_window.h"

/* Where one group's codes are read and padded rows are made. */
typedef struct {
    const qc_window *window;
    const uint8_t *x;         /* the group's first channel of the first pixel */
    const uint8_t *end;       /* no word is read beyond */
    int32_t depth;            /* input channels of the group */
    int32_t words;            /* of a kernel row that are widened whole */
    int32_t row_bytes;        /* of a kernel row, rounded up to words */
    int gathers;              /* whether the last codes of three kernel rows make a word */
    int whole;                /* whether a kernel row's codes are neighbours in the image */
    const uint8_t *padding;   /* a kernel row of the padding code; 0 where blocks are single pixels */
    uint8_t *rows;            /* a kernel row for each pixel of a block */
} qc_block_source;

/* Copies n bytes; calls cost more than the few that are usual. */
QC_INLINE void qc_block_copy(uint8_t *to, const uint8_t *from, int32_t n)
{
    for (; n >= 4; n -= 4) {
        qc_store_word(to, qc_load_word(from));
        to += 4;
        from += 4;
    }
    for (; n > 0; n--) {
        *to++ = *from++;
    }
}

/* Writes the padding code n times. */
QC_INLINE void qc_block_fill(uint8_t *to, uint8_t code, int32_t n)
{
    for (; n >= 4; n -= 4) {
        qc_store_word(to, code * 0x01010101u);
        to += 4;
    }
    for (; n > 0; n--) {
        *to++ = code;
    }
}

/* One kernel row at image row `iy` and column `left`: in place where the image holds it whole, else a copy. */
QC_INLINE const uint8_t *qc_block_row(const qc_block_source *source, int32_t iy, int32_t left, uint8_t *copy)
{
    const qc_window *const s = source->window;
    const int32_t depth = source->depth;
    const uint8_t *const line = source->x + iy * s->width * s->channels;
    int32_t from = 0;
    int32_t to = s->kernel_width;
    int32_t kx;

    if (iy < 0 || iy >= s->height) {
        if (source->padding) {
            return source->padding;
        }
        qc_block_fill(copy, s->pad_value, source->row_bytes);
        return copy;
    }
    if (source->whole) {
        const uint8_t *const codes = line + left * s->channels;

        from = left < 0 ? -left : 0;
        to = left + to > s->width ? s->width - left : to;
        if (from == 0 && to == s->kernel_width && source->end - codes >= 4 * source->words) {
            return codes;
        }
        qc_block_fill(copy, s->pad_value, from * depth);
        qc_block_copy(copy + from * depth, codes + from * depth, (to - from) * depth);
        qc_block_fill(copy + to * depth, s->pad_value, (s->kernel_width - to) * depth);
        return copy;
    }
    for (kx = 0; kx < s->kernel_width; kx++) {
        const int32_t ix = left + kx * s->dilation_x;

        if (ix >= 0 && ix < s->width) {
            qc_block_copy(copy + kx * depth, line + ix * s->channels, depth);
        } else {
            qc_block_fill(copy + kx * depth, s->pad_value, depth);
        }
    }
    return copy;
}

/* How many blocks of `size` pixels from pixel (row, column) on, to the right, read the image in place. */
QC_INLINE int32_t qc_block_run_length(const qc_block_source *source, int32_t row, int32_t column, int size)
{
    const qc_window *const s = source->window;
    const int32_t top = row * s->stride_y - s->pad_top;
    const int32_t bottom = top + (s->kernel_height - 1) * s->dilation_y;
    const int32_t left = column * s->stride_x - s->pad_left;
    int32_t pixels = (s->width - s->kernel_width - left) / s->stride_x + 1;

    if (!source->whole || top < 0 || bottom >= s->height || left < 0 || left + s->kernel_width > s->width) {
        return 0;
    }
    if (pixels > s->out_width - column) {
        pixels = s->out_width - column;
    }
    /* The last row's words may end behind the image; its last block takes the other way. */
    if (bottom == s->height - 1 && s->kernel_width * source->depth < 4 * source->words) {
        pixels -= (3 + s->stride_x * s->channels) / (s->stride_x * s->channels);
    }
    return pixels < 0 ? 0 : pixels / size;
}

/* Widens the windows of `pixels` pixels, of `most` (literal), the first one and others `step` apart, counted row by row. */
QC_INLINE void qc_block_windows(const qc_block_source *source, int32_t first, int32_t step, uint32_t *lanes, int pixels, int most,
                                int x_signed)
{
    const qc_window *const s = source->window;
    int32_t tops[QC_BLOCK_PIXELS];
    int32_t lefts[QC_BLOCK_PIXELS];
    uint8_t last[3 * QC_BLOCK_PIXELS];
    int32_t ky;
    int32_t i;

    for (i = 0; i < pixels; i++) {
        const int32_t row = (first + i * step) / s->out_width;

        tops[i] = row * s->stride_y - s->pad_top;
        lefts[i] = (first + i * step - row * s->out_width) * s->stride_x - s->pad_left;
    }
    for (ky = 0; ky < s->kernel_height; ky++) {
        const uint8_t *rows[QC_BLOCK_PIXELS];

        for (i = 0; i < pixels; i++) {
            /* Of a single pixel the row's own lanes hold the copy: word i leaves before lanes come as far as its place. */
            uint8_t *const copy = most == 1 ? (uint8_t *)(lanes + source->words) : source->rows + source->row_bytes * i;

            rows[i] = qc_block_row(source, tops[i] + ky * s->dilation_y, lefts[i], copy);
            if (source->gathers) {
                last[pixels * ky + i] = rows[i][4 * source->words];
            }
        }
        lanes = qc_block_widen(lanes, rows, pixels, most, source->words, x_signed);
    }
    if (source->gathers) {
        qc_block_gather(lanes, last, last + pixels, last + 2 * pixels, 1, pixels, x_signed);
    }
}

#endif
