/*
 * For projects whose input does not lie in the arena: the harness holds it, as its source would, and hands over its rows or
 * its address. Included once, by the harness's main file.
 */
#ifndef EMULATION_INPUT_H
#define EMULATION_INPUT_H

#include "emulation.h"

#ifdef EMULATION_HOLDS_INPUT
union emulation_input emulation_input;
#endif

#ifdef MODEL_INPUT_ROWS
/* A harness that measures the stack notes here where the frame of model_run, which is its own, ends. */
#ifndef EMULATION_ROWS_BEGIN
#define EMULATION_ROWS_BEGIN()
#endif

void model_run(model_context *context)
{
    uint32_t row;

    EMULATION_ROWS_BEGIN();
    for (row = 0; row < MODEL_INPUT_ROWS; row++) {
        (void)model_push_row(context, (void *)(emulation_input.bytes + row * MODEL_INPUT_ROW_BYTES));
    }
}
#endif

#ifdef EMULATION_EXTERNAL_INPUT
void emulation_model(model_context *context)
{
    model_run(context, (const void *)emulation_input.bytes);
}
#endif

#endif
