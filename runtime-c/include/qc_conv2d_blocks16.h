/*
 * Convolution as in qc_conv2d_blocks.h by the blocks of qc_blocks16.h, whose weights take two bytes each: always three pixels, of which the
 * last reach back over pixels that are done already.
 */
#ifndef QC_CONV2D_BLOCKS16_H
#define QC_CONV2D_BLOCKS16_H

#include <stdint.h>
#include <string.h>

#include "qc_block_windows.h"
#include "qc_blocks16.h"
#include "qc_config.h"
#include "qc_window.h"

/* Arguments and scratch as for qc_conv2d_blocks. */
QC_INLINE void qc_conv2d_blocks16(const qc_window *s, const uint8_t *x, const uint32_t *stream, uint8_t *y, uint32_t *scratch, int shift,
                                  int adds, int few, int x_signed, int y_signed, int32_t kernel_height, int32_t kernel_width)
{
    const int32_t depth = s->channels / s->groups;
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t columns = kernel_width * depth;
    const int gathers = kernel_height == 3 && columns > 4 && columns % 4 == 1;
    const int32_t row_bytes = (columns + 3) / 4 * 4;
    const int32_t words = gathers ? columns / 4 : row_bytes / 4;
    const int32_t quads = kernel_height * words + gathers;
    const int32_t total = s->out_height * s->out_width;
    /* Fewer pixels than a block has are computed so many times each, in one place. */
    const int32_t step = total < QC_BLOCK_PIXELS ? 0 : 1;
    const int whole = (depth == s->channels || kernel_width == 1) && s->dilation_x == 1;
    uint8_t *const padding = (uint8_t *)(scratch + 2 * QC_BLOCK_PIXELS * quads);
    qc_block_source source = {s, x, x + s->height * s->width * s->channels, depth, words, row_bytes, gathers, whole, padding,
                              padding + row_bytes};
    const int32_t pitch = step * s->out_channels;
    qc_block16_run run = {scratch, 0, pitch, scratch + 2 * QC_BLOCK_PIXELS * quads, qc_block16_skipped(quads), stream, y,
                          QC_BLOCK_PIXELS * pitch, x, s->stride_x * s->channels, s->dilation_y * s->width * s->channels - 4 * words, words,
                          0, 1, 0, gathers};
    int32_t group;

    if (s->pad_top > 0 || (s->out_height - 1) * s->stride_y - s->pad_top + (kernel_height - 1) * s->dilation_y >= s->height) {
        memset(padding, s->pad_value, (size_t)row_bytes);
    }
    for (group = 0; group < s->groups; group++) {
        int32_t pixel = 0;

        run.stream_end = run.stream + qc_block16_words(outputs / 2, quads, adds);
        run.odd_end = run.stream_end + qc_block16_words(outputs % 2, quads, adds);
        while (pixel < total) {
            const int32_t first = step == 1 && total - pixel < QC_BLOCK_PIXELS ? total - QC_BLOCK_PIXELS : pixel;
            const int32_t row = first / s->out_width;
            const int32_t column = first - row * s->out_width;

            run.y = y + first * s->out_channels;
            run.blocks = step == 1 ? qc_block_run_length(&source, row, column, QC_BLOCK_PIXELS) : 0;
            run.rows = run.blocks > 0 ? kernel_height : 0;
            if (run.blocks > 0) {
                run.codes = source.x + ((row * s->stride_y - s->pad_top) * s->width + column * s->stride_x - s->pad_left) * s->channels;
            } else {
                run.blocks = 1;
                qc_block_windows(&source, first, step, scratch, QC_BLOCK_PIXELS, QC_BLOCK_PIXELS, x_signed);
            }
            qc_block16_compute(&run, kernel_height, few, shift, adds, x_signed, y_signed);
            pixel += step == 1 ? QC_BLOCK_PIXELS * run.blocks : 1;
        }
        run.stream = run.odd_end;
        source.x += depth;
        y += outputs;
    }
}

#endif
