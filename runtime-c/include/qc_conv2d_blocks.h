/*
 * Convolution with general strides, dilation, pads and groups by the blocks of qc_blocks.h: three (or fewer: qc_blocks_rest.h)
 * neighbouring output pixels, whose windows are widened to lanes once, times all output channels of their group.
 * Taps lie row by row, each kernel row rounded up to four codes, padded with zero weights; but of three rows with one code more
 * than whole words (3x3 on three channels) these last codes make one word of their own behind the others. An odd last channel makes a pair with
 * the one before it, which is computed twice.
 */
#ifndef QC_CONV2D_BLOCKS_H
#define QC_CONV2D_BLOCKS_H

#include <stdint.h>
#include <string.h>

#include "qc_blocks.h"
#include "qc_blocks_rest.h"
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

/* Blocks of `pixels` pixels, of `most` (literal), times all channels. */
QC_INLINE void qc_block_channels(const qc_block_run *run, int32_t quads, int pixels, int most, int few, int shift, int adds, int x_signed,
                                 int y_signed)
{
    if (most == QC_BLOCK_PIXELS && pixels == most) {
        qc_block_compute(run, few, shift, adds, x_signed, y_signed);
    } else if (most > 1 && pixels == 2) {
        qc_block_compute_rest(run, quads, 2, most == 2, few, shift, adds, x_signed, y_signed);
    } else {
        qc_block_compute_rest(run, quads, 1, most == 1, few, shift, adds, x_signed, y_signed);
    }
}

/*
 * scratch: per four codes of a kernel row, rounded up, 8 bytes for each pixel of a block and kernel row, and where blocks have
 * several pixels, 4 for each pixel and 4 more; the latter are used only by windows that reach over the border or are dilated, by groups,
 * and by kernel rows that are no whole words.
 * kernel_height and kernel_width are literal: layers of one kernel size share the code. So are whether the stream has addends; `few`: the
 * number of quads, or 0 where layers with any number share it; `pixels`: of a block; `rest`: whether the last block may have fewer,
 * otherwise it reaches back over pixels that are done already.
 */
QC_INLINE void qc_conv2d_blocks(const qc_window *s, const uint8_t *x, const uint32_t *stream, uint8_t *y, uint32_t *scratch, int shift,
                                int adds, int few, int x_signed, int y_signed, int32_t kernel_height, int32_t kernel_width, int pixels,
                                int rest)
{
    const int32_t depth = s->channels / s->groups;
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t columns = kernel_width * depth;
    const int gathers = kernel_height == 3 && columns > 4 && columns % 4 == 1;
    const int32_t row_bytes = (columns + 3) / 4 * 4;
    const int32_t words = gathers ? columns / 4 : row_bytes / 4;
    const int32_t quads = kernel_height * words + gathers;
    const int32_t total = s->out_height * s->out_width;
    /* Fewer pixels than a block has are computed `pixels` times each, in one place. */
    const int32_t step = !rest && total < pixels ? 0 : 1;
    const int whole = (depth == s->channels || kernel_width == 1) && s->dilation_x == 1;
    uint8_t *const padding = pixels == 1 ? 0 : (uint8_t *)(scratch + 2 * pixels * quads);
    qc_block_source source = {s, x, x + s->height * s->width * s->channels, depth, words, row_bytes, gathers, whole, padding,
                              pixels == 1 ? 0 : padding + row_bytes};
    qc_block_run run = {y, step * s->out_channels, 0, scratch, scratch + 2 * QC_BLOCK_PIXELS * quads,
                        qc_block_skipped(quads, QC_BLOCK_PIXELS), stream, x, s->stride_x * s->channels,
                        s->dilation_y * s->width * s->channels - 4 * words, words, 0, 1, 0, gathers};
    int32_t group;

    if (pixels > 1 && (s->pad_top > 0 || (s->out_height - 1) * s->stride_y - s->pad_top + (kernel_height - 1) * s->dilation_y >= s->height)) {
        memset(padding, s->pad_value, (size_t)row_bytes);
    }
    for (group = 0; group < s->groups; group++) {
        int32_t pixel = 0;

        run.stream_end = run.stream + qc_block_words(outputs / 2, quads, adds);
        run.odd_end = run.stream_end + qc_block_words(outputs % 2, quads, adds);
        while (pixel < total) {
            const int count = rest && total - pixel < pixels ? total - pixel : pixels;
            const int32_t first = step == 1 && total - pixel < count ? total - count : pixel;
            const int32_t row = first / s->out_width;
            const int32_t column = first - row * s->out_width;

            run.y = y + first * s->out_channels;
            run.blocks = step == 1 && count == pixels ? qc_block_run_length(&source, row, column, pixels) : 0;
            run.rows = run.blocks > 0 ? kernel_height : 0;
            if (run.blocks > 0) {
                run.codes = source.x + ((row * s->stride_y - s->pad_top) * s->width + column * s->stride_x - s->pad_left) * s->channels;
            } else {
                run.blocks = 1;
                qc_block_windows(&source, first, step, scratch, count, pixels, x_signed);
            }
            qc_block_channels(&run, quads, count, pixels, few, shift, adds, x_signed, y_signed);
            pixel += step == 1 ? count * run.blocks : 1;
        }
        run.stream = run.odd_end;
        source.x += depth;
        y += outputs;
    }
}

#endif
