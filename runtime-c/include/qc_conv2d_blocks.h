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

#include "qc_block_windows.h"
#include "qc_blocks.h"
#include "qc_blocks_rest.h"
#include "qc_config.h"
#include "qc_window.h"

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
