/* Any function of one code, another one in every channel: 256 results per channel, indexed by the stored byte. y may be x. */
#ifndef QC_CHANNEL_TABLE_H
#define QC_CHANNEL_TABLE_H

#include <stdint.h>

#include "qc_config.h"

QC_INLINE void qc_channel_table(const uint8_t *x, uint8_t *y, int32_t pixels, int32_t channels, const uint8_t *values)
{
    int32_t pixel;
    int32_t channel;

    for (pixel = 0; pixel < pixels; pixel++) {
        for (channel = 0; channel < channels; channel++) {
            y[channel] = values[channel * 256 + x[channel]];
        }
        x += channels;
        y += channels;
    }
}

#endif
