/*
 * Average pooling as a staircase of the sum of the codes under the window. Where padded taps are not counted, `counts` lists
 * the numbers of counted taps, ascending, and the records are in that order, `record_words` apart; otherwise there is one.
 * Bytes are summed four channels at a time in 16-bit lanes (qc_dsp.h), which hold 256 of them.
 */
#ifndef QC_AVERAGE_POOL2D_H
#define QC_AVERAGE_POOL2D_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_element.h"
#include "qc_requantize.h"
#include "qc_window.h"

enum { QC_LANES_HOLD = 256 };

/* Stores the results of the first four channels. width and height count the taps inside; pitch and step are bytes between them. */
QC_INLINE void qc_average_four(const uint8_t *x, int32_t height, int32_t width, int32_t pitch, int32_t step, int32_t padded,
                               const int32_t *record, uint8_t *y, qc_requant q, int x_kind, int y_kind)
{
    const uint32_t sign = x_kind == QC_S8 ? 0 : 0x80808080u;
    const int32_t sum = padded + (x_kind == QC_S8 ? 0 : 128 * height * width);
    uint32_t even = 0; /* sums of channels 0 and 2 */
    uint32_t odd = 0;
    int32_t left;

    for (; height > 0; height--) {
        const uint8_t *codes = x;

        for (left = width; left > 0; left--) {
            const uint32_t four = qc_load_word(codes) ^ sign;

            even = qc_sxtab16(even, four);
            odd = qc_sxtab16_odd(odd, four);
            codes += step;
        }
        x += pitch;
    }
    qc_store(y, 0, y_kind, qc_requantize_code(q, sum + (int16_t)(even & 0xFFFFu), record));
    qc_store(y, 1, y_kind, qc_requantize_code(q, sum + (int16_t)(odd & 0xFFFFu), record));
    qc_store(y, 2, y_kind, qc_requantize_code(q, sum + (int16_t)(even >> 16), record));
    qc_store(y, 3, y_kind, qc_requantize_code(q, sum + (int16_t)(odd >> 16), record));
}

/* pad_sum: what one padded tap adds; 0 when padded taps are not counted. packed, literal: windows of bytes that lanes hold, on a core with packed
   multiplies. */
QC_INLINE void qc_average_pool2d(const qc_window *s, const uint8_t *x, const int32_t *counts, const int32_t *records, uint8_t *y,
                                 qc_requant q, int x_kind, int y_kind, int32_t pad_sum, int packed)
{
    const int32_t taps = s->kernel_height * s->kernel_width;
    const int32_t pixel_bytes = s->channels * qc_element_bytes(x_kind);
    int32_t row;
    int32_t column;
    int32_t channel;

    for (row = 0; row < s->out_height; row++) {
        for (column = 0; column < s->out_width; column++) {
            const int32_t top = row * s->stride_y - s->pad_top;
            const int32_t left = column * s->stride_x - s->pad_left;
            const int32_t *record = records;
            int32_t y_first = top;
            int32_t y_end = top + s->kernel_height * s->dilation_y;
            int32_t x_first = left;
            int32_t x_end = left + s->kernel_width * s->dilation_x;
            int32_t inside;
            int32_t iy;
            int32_t ix;

            while (y_first < 0) {
                y_first += s->dilation_y;
            }
            while (y_end - s->dilation_y >= s->height) {
                y_end -= s->dilation_y;
            }
            while (x_first < 0) {
                x_first += s->dilation_x;
            }
            while (x_end - s->dilation_x >= s->width) {
                x_end -= s->dilation_x;
            }
            inside = y_end <= y_first || x_end <= x_first
                         ? 0
                         : (y_end - y_first) / s->dilation_y * ((x_end - x_first) / s->dilation_x);
            if (counts) {
                const int32_t *count = counts;

                while (*count != inside) {
                    count++;
                    record += qc_record_words(q);
                }
            }
            channel = 0;
            if (packed && inside > 0) {
                const int32_t pixel = s->channels;
                const uint8_t *codes = x + (y_first * s->width + x_first) * pixel;
                const int32_t height = (y_end - y_first) / s->dilation_y;

                for (; channel + 4 <= pixel; channel += 4) {
                    qc_average_four(codes, height, inside / height, s->dilation_y * s->width * pixel, s->dilation_x * pixel,
                                    (taps - inside) * pad_sum, record, y, q, x_kind, y_kind);
                    codes += 4;
                    y += 4 * qc_element_bytes(y_kind);
                }
            }
            for (; channel < s->channels; channel++) {
                int32_t sum = (taps - inside) * pad_sum;

                for (iy = y_first; iy < y_end; iy += s->dilation_y) {
                    const uint8_t *code = x + (iy * s->width + x_first) * pixel_bytes + channel * qc_element_bytes(x_kind);

                    for (ix = x_first; ix < x_end; ix += s->dilation_x) {
                        sum += qc_load(code, 0, x_kind);
                        code += s->dilation_x * pixel_bytes;
                    }
                }
                qc_store(y, 0, y_kind, qc_requantize_code(q, sum, record));
                y += qc_element_bytes(y_kind);
            }
        }
    }
}

#endif
