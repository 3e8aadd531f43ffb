/* WebAssembly harness: the host writes an input, calls emulation_infer, and reads the output. */
#include <string.h>

#include "emulation.h"
#include "trace.h"

#define EXPORTED __attribute__((visibility("default"), used))

__attribute__((import_module("host"), import_name("trace"))) void host_trace(uint32_t, const void *, uint32_t);

EXPORTED void *emulation_begin(void);
EXPORTED int emulation_infer(void);
EXPORTED const void *emulation_output(void);

static uint8_t memory[2 * EMULATION_GUARD_BYTES + MODEL_ARENA_BYTES] __attribute__((aligned(MODEL_ARENA_ALIGNMENT)));
static model_context context;

void emulation_trace(uint32_t index, const void *pointer, uint32_t bytes)
{
    host_trace(index, pointer, bytes);
}

/* Prepares the model; returns the address of its input, or 0. */
void *emulation_begin(void)
{
    memset(memory, (int)EMULATION_FILL, sizeof memory);
    return model_init(&context, memory + EMULATION_GUARD_BYTES, MODEL_ARENA_BYTES) == 0 ? model_input(&context) : 0;
}

/* Runs one inference; returns an exit status of emulation.h. */
int emulation_infer(void)
{
    const uint8_t *after = memory + EMULATION_GUARD_BYTES + MODEL_ARENA_BYTES;
    uint32_t i;

    model_run(&context);
    for (i = 0; i < EMULATION_GUARD_BYTES; i++) {
        if (memory[i] != EMULATION_FILL || after[i] != EMULATION_FILL) {
            return EMULATION_ARENA;
        }
    }
    return EMULATION_OK;
}

const void *emulation_output(void)
{
    return model_output(&context);
}
