/* Any function of one code, another one of `codes` results in every channel: qc_table.h. */
#ifndef QC_CHANNEL_TABLE_H
#define QC_CHANNEL_TABLE_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_element.h"

QC_INLINE void qc_channel_table(const uint8_t *x, uint8_t *y, int32_t pixels, int32_t channels, int x_kind, int y_kind,
                                int32_t low, int32_t codes, const uint8_t *values)
{
    int32_t pixel;
    int32_t channel;

    for (pixel = 0; pixel < pixels; pixel++) {
        for (channel = 0; channel < channels; channel++) {
            const int32_t at = channel * codes + qc_table_index(x, channel, x_kind, low);

            qc_store(y, channel, y_kind, qc_load(values, at, y_kind));
        }
        x += channels * qc_element_bytes(x_kind);
        y += channels * qc_element_bytes(y_kind);
    }
}

#endif
