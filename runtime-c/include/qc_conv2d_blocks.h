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

/* Appends `words` words of codes of `pixels` rows, of `most` (literal), as lanes; returns the place behind them. */
QC_INLINE uint32_t *qc_block_widen(uint32_t *to, const uint8_t *const *rows, int pixels, int most, int32_t words, int x_signed)
{
    if (most == QC_BLOCK_PIXELS && pixels == most) {
        return qc_widen_three(to, rows[0], rows[1], rows[2], words, x_signed);
    }
    return most > 1 && pixels == 2 ? qc_widen_rest(to, rows, 2, words, x_signed) : qc_widen_rest(to, rows, 1, words, x_signed);
}

/* How many blocks of `size` pixels from pixel (row, column) on, to the right, read the image in place. */
QC_INLINE int32_t qc_block_run(const qc_block_source *source, int32_t row, int32_t column, int size)
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

/* A block of `pixels` pixels, of `most` (literal), times the channels of a stream; returns as qc_block_three. */
QC_INLINE uint8_t *qc_block_channels(const uint32_t *lanes, const uint32_t *stream, uint8_t *out, const qc_block_layer *layer,
                                     int pixels, int most, int few, int shift, int y_signed)
{
    if (most == QC_BLOCK_PIXELS && pixels == most) {
        return qc_block_three(lanes, stream, out, layer, few, shift, y_signed);
    }
    return most > 1 && pixels == 2 ? qc_block_rest(lanes, stream, out, layer, 2, few, shift, y_signed)
                                   : qc_block_rest(lanes, stream, out, layer, 1, few, shift, y_signed);
}

/*
 * scratch: per four codes of a kernel row, rounded up, 8 bytes for each pixel of a block and kernel row, and where blocks have
 * several pixels, 4 for each pixel and 4 more; the latter are used only by windows that reach over the border or are dilated, by groups,
 * and by kernel rows that are no whole words.
 * kernel_height and kernel_width are literal: layers of one kernel size share the code. So is `few`: the number of quads, or 0
 * where layers with any number share it. `pixels`, literal: of a block. `rest`, literal: whether the last block may have fewer;
 * otherwise it reaches back over pixels that are done already.
 */
QC_INLINE void qc_conv2d_blocks(const qc_window *s, const uint8_t *x, const uint32_t *stream, uint8_t *y, uint32_t *scratch, int shift,
                                int few, int x_signed, int y_signed, int32_t kernel_height, int32_t kernel_width, int pixels, int rest)
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
    const int32_t apart = s->stride_x * s->channels;
    const int32_t pitch = s->dilation_y * s->width * s->channels;
    uint8_t *const padding = pixels == 1 ? 0 : (uint8_t *)(scratch + 2 * pixels * quads);
    qc_block_source source = {s, x, x + s->height * s->width * s->channels, depth, words, row_bytes, gathers, whole, padding,
                              pixels == 1 ? 0 : padding + row_bytes};
    int32_t group;

    if (pixels > 1 && (s->pad_top > 0 || (s->out_height - 1) * s->stride_y - s->pad_top + (kernel_height - 1) * s->dilation_y >= s->height)) {
        memset(padding, s->pad_value, (size_t)row_bytes);
    }
    for (group = 0; group < s->groups; group++) {
        qc_block_layer most = qc_block_layer_of(scratch, quads, stream, outputs / 2, step * s->out_channels, pixels);
        qc_block_layer odd = qc_block_layer_of(scratch, quads, most.stream_end, outputs % 2, step * s->out_channels, pixels);
        const uint8_t *codes = source.x;
        int32_t run = -1; /* blocks that read in place at `codes` */
        int32_t pixel = 0;

        while (pixel < total) {
            const int count = rest && total - pixel < pixels ? total - pixel : pixels;
            const int32_t first = step == 1 && total - pixel < count ? total - count : pixel;
            uint8_t *out = y + first * s->out_channels;
            const qc_block_layer *layer = &most;
            const uint32_t *block = stream;

            if (count < pixels) {
                most = qc_block_layer_of(scratch, quads, stream, outputs / 2, s->out_channels, count);
                odd = qc_block_layer_of(scratch, quads, most.stream_end, outputs % 2, s->out_channels, count);
            }
            if (run <= 0 && step == 1) {
                const int32_t row = first / s->out_width;
                const int32_t column = first - row * s->out_width;

                run = qc_block_run(&source, row, column, pixels);
                codes = source.x + ((row * s->stride_y - s->pad_top) * s->width + column * s->stride_x - s->pad_left) * s->channels;
            }
            if (run > 0) {
                const uint8_t *line = codes;
                uint32_t *lanes = scratch;
                int32_t ky;

                for (ky = kernel_height; ky > 0; ky--) {
                    const uint8_t *const rows[QC_BLOCK_PIXELS] = {line, line + apart, line + 2 * apart};

                    lanes = qc_block_widen(lanes, rows, pixels, pixels, words, x_signed);
                    line += pitch;
                }
                if (gathers) {
                    qc_block_gather(lanes, codes + 4 * words, codes + pitch + 4 * words, codes + 2 * pitch + 4 * words, apart, pixels,
                                    x_signed);
                }
                codes += pixels * apart;
                run--;
            } else {
                qc_block_windows(&source, first, step, scratch, count, pixels, x_signed);
            }
            for (;;) {
                out = qc_block_channels(scratch, block, out, layer, count, pixels, few, shift, y_signed) - 1;
                if (outputs % 2 == 0 || layer == &odd) {
                    break;
                }
                block = layer->stream_end;
                layer = &odd;
            }
            pixel += step == 1 ? pixels : 1;
        }
        stream = odd.stream_end;
        source.x += depth;
        y += outputs;
    }
}

#endif
