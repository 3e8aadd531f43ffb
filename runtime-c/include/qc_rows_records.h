/* Records of channels for qc_depthwise_rows.h, which says what they and their stream hold. */
#ifndef QC_ROWS_RECORDS_H
#define QC_ROWS_RECORDS_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_dsp.h"

enum { QC_ROWS_RECORD = 12, QC_ROWS_STREAM = 5, QC_ROWS_CONSTANTS = 2 };

/* The lanes (w0, w1) and (w1, w2) of a kernel row. */
QC_INLINE void qc_rows_lanes(uint32_t *lanes, uint32_t row)
{
    const uint32_t even = qc_sxtb16(row);
    const uint32_t odd = qc_sxtb16_odd(row);

    lanes[0] = qc_pack_low(even, odd);
    lanes[1] = qc_pack_mixed(odd, even);
}

/* Records of `count` channels. */
QC_SHARED void qc_rows_records(uint32_t *records, const uint32_t *stream, int32_t count)
{
    for (; count > 0; count--) {
        records[0] = stream[0];
        records[1] = stream[1];
        qc_rows_lanes(records + QC_ROWS_CONSTANTS, stream[QC_ROWS_CONSTANTS]);
        qc_rows_lanes(records + QC_ROWS_CONSTANTS + 2, stream[QC_ROWS_CONSTANTS + 1]);
        qc_rows_lanes(records + QC_ROWS_CONSTANTS + 4, stream[QC_ROWS_CONSTANTS + 2]);
        qc_rows_lanes(records + QC_ROWS_CONSTANTS + 6, stream[QC_ROWS_CONSTANTS]);
        qc_rows_lanes(records + QC_ROWS_CONSTANTS + 8, stream[QC_ROWS_CONSTANTS + 1]);
        records += QC_ROWS_RECORD;
        stream += QC_ROWS_STREAM;
    }
}

#endif
