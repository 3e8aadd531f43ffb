/*
 * For projects that take their input row by row: the harness holds the whole input, as its source would, and model_run
 * hands over its rows. Included once, by the harness's main file.
 */
#ifndef EMULATION_ROWS_H
#define EMULATION_ROWS_H

#include "emulation.h"

#ifdef MODEL_INPUT_ROWS
union emulation_rows emulation_rows;

void model_run(model_context *context)
{
    uint32_t row;

    for (row = 0; row < MODEL_INPUT_ROWS; row++) {
        (void)model_push_row(context, (void *)(emulation_rows.bytes + row * MODEL_INPUT_ROW_BYTES));
    }
}
#endif

#endif
