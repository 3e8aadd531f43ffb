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

/* As qc_block_windows, for three pixels: pointwise layers, which seldom need it, share the code. */
QC_SHARED void qc_block16_windows(const qc_block_source *source, int32_t first, int32_t step, uint32_t *lanes, int x_signed)
{
    qc_block_windows(source, first, step, lanes, QC_BLOCK_PIXELS, QC_BLOCK_PIXELS, x_signed);
}

/* As qc_block_run_length, for three pixels. */
QC_SHARED int32_t qc_block16_run_length(const qc_block_source *source, int32_t row, int32_t column)
{
    return qc_block_run_length(source, row, column, QC_BLOCK_PIXELS);
}

/* What blocks of a layer share; returns the quads of taps. */
QC_SHARED int32_t qc_block16_begin(qc_block_source *source, qc_block16_run *run, const qc_window *s, uint32_t *scratch,
                                   int32_t kernel_height, int32_t kernel_width)
{
    const int32_t depth = s->channels / s->groups;
    const int32_t columns = kernel_width * depth;
    const int gathers = kernel_height == 3 && columns > 4 && columns % 4 == 1;
    const int32_t row_bytes = (columns + 3) / 4 * 4;
    const int32_t words = gathers ? columns / 4 : row_bytes / 4;
    const int32_t quads = kernel_height * words + gathers;
    const int whole = (depth == s->channels || kernel_width == 1) && s->dilation_x == 1;
    uint8_t *const padding = (uint8_t *)(scratch + 2 * QC_BLOCK_PIXELS * quads);

    source->window = s;
    source->end = source->x + s->height * s->width * s->channels;
    source->depth = depth;
    source->words = words;
    source->row_bytes = row_bytes;
    source->gathers = gathers;
    source->whole = whole;
    source->padding = padding;
    source->rows = padding + row_bytes;
    run->lanes = scratch;
    run->pair_y = 0;
    run->codes = source->x;
    run->lanes_end = scratch + 2 * QC_BLOCK_PIXELS * quads;
    run->skipped = qc_block16_skipped(quads);
    run->apart = s->stride_x * s->channels;
    run->skip = s->dilation_y * s->width * s->channels - 4 * words;
    run->words = words;
    run->gathers = gathers;
    if (s->pad_top > 0 || (s->out_height - 1) * s->stride_y - s->pad_top + (kernel_height - 1) * s->dilation_y >= s->height) {
        memset(padding, s->pad_value, (size_t)row_bytes);
    }
    return quads;
}

/* Arguments and scratch as for qc_conv2d_blocks. */
QC_INLINE void qc_conv2d_blocks16(const qc_window *s, const uint8_t *x, const uint32_t *stream, uint8_t *y, uint32_t *scratch, int shift,
                                  int adds, int few, int x_signed, int y_signed, int32_t kernel_height, int32_t kernel_width)
{
    const int32_t outputs = s->out_channels / s->groups;
    const int32_t total = s->out_height * s->out_width;
    /* Fewer pixels than a block has are computed so many times each, in one place. */
    const int32_t step = total < QC_BLOCK_PIXELS ? 0 : 1;
    qc_block_source source;
    qc_block16_run run;
    int32_t quads;
    int32_t group;

    source.x = x;
    run.stream = stream;
    run.pitch = step * s->out_channels;
    quads = qc_block16_begin(&source, &run, s, scratch, kernel_height, kernel_width);
    for (group = 0; group < s->groups; group++) {
        int32_t pixel = 0;

        run.stream_end = run.stream + qc_block16_words(outputs / 2, quads, adds);
        run.odd_end = run.stream_end + qc_block16_words(outputs % 2, quads, adds);
        while (pixel < total) {
            const int32_t first = step == 1 && total - pixel < QC_BLOCK_PIXELS ? total - QC_BLOCK_PIXELS : pixel;
            const int32_t row = first / s->out_width;
            const int32_t column = first - row * s->out_width;

            run.y = y + first * s->out_channels;
            run.blocks = step == 1 ? qc_block16_run_length(&source, row, column) : 0;
            run.rows = run.blocks > 0 ? kernel_height : 0;
            if (run.blocks > 0) {
                run.codes = source.x + ((row * s->stride_y - s->pad_top) * s->width + column * s->stride_x - s->pad_left) * s->channels;
            } else {
                run.blocks = 1;
                if (kernel_height == 1 && kernel_width == 1) {
                    qc_block16_windows(&source, first, step, scratch, x_signed);
                } else {
                    qc_block_windows(&source, first, step, scratch, QC_BLOCK_PIXELS, QC_BLOCK_PIXELS, x_signed);
                }
            }
            qc_block16_compute(&run, kernel_height, few, shift, adds, x_signed, y_signed);
            pixel += step == 1 ? QC_BLOCK_PIXELS * run.blocks : 1;
        }
        run.stream = run.odd_end;
        source.x += source.depth;
        y += outputs;
    }
}

#endif
