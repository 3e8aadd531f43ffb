/*
 * Convolution of one group by two-lane products (qc_lanes_multiply.h): six output pixels at a time, at least six in all.
 * Windows inside the image are read where they lie, others from a copy. Codes count from the layer's centre.
 */
#ifndef QC_CONV2D_LANES_H
#define QC_CONV2D_LANES_H

#include <stdint.h>

#include "qc_code.h"
#include "qc_config.h"
#include "qc_lanes_multiply.h"
#include "qc_window.h"

/* Where the windows of six pixels are: their first codes, and the bytes between their rows. */
typedef struct {
    const uint8_t *first[QC_LANES_PIXELS];
    int32_t pitch[QC_LANES_PIXELS];
} qc_lanes_windows;

/* Two codes as lanes, `centres` being the centre in both. */
QC_INLINE uint32_t qc_lanes_word(uint8_t lower, uint8_t upper, uint32_t centres, int x_signed)
{
    return (uint32_t)qc_code(lower, x_signed) + ((uint32_t)qc_code(upper, x_signed) << 16) - centres;
}

/* The lanes of `rows` rows of `taps` codes. */
QC_INLINE void qc_lanes_pack(qc_lanes_windows *w, int32_t rows, int32_t taps, uint32_t centres, int x_signed, uint32_t *to)
{
    for (; rows > 0; rows--) {
        const uint8_t *p0 = w->first[0];
        const uint8_t *p1 = w->first[1];
        const uint8_t *p2 = w->first[2];
        const uint8_t *p3 = w->first[3];
        const uint8_t *p4 = w->first[4];
        const uint8_t *p5 = w->first[5];
        const uint8_t *end = p0 + (taps & ~3);
        int i;

#define QC_LANES_PUT(I)                                            \
    to[3 * (I)] = qc_lanes_word(p0[I], p1[I], centres, x_signed);     \
    to[3 * (I) + 1] = qc_lanes_word(p2[I], p3[I], centres, x_signed); \
    to[3 * (I) + 2] = qc_lanes_word(p4[I], p5[I], centres, x_signed)
#define QC_LANES_FORWARD(N) \
    p0 += N;                \
    p1 += N;                \
    p2 += N;                \
    p3 += N;                \
    p4 += N;                \
    p5 += N;                \
    to += 3 * N
        while (p0 != end) {
            QC_LANES_PUT(0);
            QC_LANES_PUT(1);
            QC_LANES_PUT(2);
            QC_LANES_PUT(3);
            QC_LANES_FORWARD(4);
        }
        for (end += taps & 3; p0 != end;) {
            QC_LANES_PUT(0);
            QC_LANES_FORWARD(1);
        }
#undef QC_LANES_PUT
#undef QC_LANES_FORWARD
        for (i = 0; i < QC_LANES_PIXELS; i++) {
            w->first[i] += w->pitch[i];
        }
    }
}

/* Places the window of one pixel, if need be in `copy`. */
QC_INLINE void qc_lanes_place(qc_lanes_windows *w, int i, const qc_window *s, const uint8_t *x, int32_t row, int32_t column, uint8_t *copy)
{
    const qc_layout bytes = {0, 1, 0};
    const int32_t line = s->width * s->channels;

    if (s->dilation_x == 1 && qc_window_inside(s, row, column)) {
        w->first[i] = x + (row * s->stride_y - s->pad_top) * line + (column * s->stride_x - s->pad_left) * s->channels;
        w->pitch[i] = s->dilation_y * line;
    } else {
        w->first[i] = copy;
        w->pitch[i] = s->kernel_width * s->channels;
        qc_patch(bytes, s, x, row, column, s->channels, copy);
    }
}

/* scratch: 12 bytes for each tap, and six where windows may need copies. */
QC_INLINE void qc_conv2d_lanes(const qc_window *s, const uint8_t *x, const uint32_t *stream, uint8_t *y, uint32_t *scratch, int x_signed)
{
    const uint32_t centres = stream[4] * 0x10001u;
    const int32_t columns = s->kernel_width * s->channels;
    const int32_t taps = s->kernel_height * columns;
    const int32_t total = s->out_height * s->out_width;
    const int32_t line = s->width * s->channels;
    uint8_t *const copies = (uint8_t *)(scratch + QC_LANES_PAIRS * taps);
    qc_lanes_target target = {scratch, y, s->out_channels, (int32_t)stream[1], (int32_t)stream[2], (int32_t)stream[3], stream + stream[0],
                              qc_high_words_within((int32_t)stream[2], (int32_t)stream[3], (int32_t)stream[1])};
    int32_t row = 0;
    int32_t column = 0;
    int32_t done = 0;

    for (;;) {
        qc_lanes_windows windows;
        int i;

        if (s->dilation_x == 1 && column + QC_LANES_PIXELS <= s->out_width && qc_window_inside(s, row, column) &&
            qc_window_inside(s, row, column + QC_LANES_PIXELS - 1)) {
            const uint8_t *first = x + (row * s->stride_y - s->pad_top) * line + (column * s->stride_x - s->pad_left) * s->channels;
            const int32_t step = s->stride_x * s->channels;

            for (i = 0; i < QC_LANES_PIXELS; i++) {
                windows.first[i] = first;
                windows.pitch[i] = s->dilation_y * line;
                first += step;
            }
            column += QC_LANES_PIXELS;
            if (column == s->out_width) {
                column = 0;
                row++;
            }
        } else {
            for (i = 0; i < QC_LANES_PIXELS; i++) {
                qc_lanes_place(&windows, i, s, x, row, column, copies + i * taps);
                if (++column == s->out_width) {
                    column = 0;
                    row++;
                }
            }
        }
        if (centres == 0) {
            qc_lanes_pack(&windows, s->kernel_height, columns, 0, x_signed, scratch);
        } else {
            qc_lanes_pack(&windows, s->kernel_height, columns, centres, x_signed, scratch);
        }
        qc_lanes_multiply(&target, stream + QC_LANES_HEAD);
        done += QC_LANES_PIXELS;
        if (done == total) {
            return;
        }
        target.y += QC_LANES_PIXELS * s->out_channels;
        if (total - done < QC_LANES_PIXELS) {
            /* The last pixels reach back over some that are done. */
            const int32_t back = QC_LANES_PIXELS - (total - done);

            target.y -= back * s->out_channels;
            done -= back;
            for (column -= back; column < 0; column += s->out_width) {
                row--;
            }
        }
    }
}

#endif
