/* WebAssembly harness: the host writes the inputs one after the other, calls emulation_infer, and reads the outputs. */
#include <string.h>

#include "emulation.h"
#include "fetch.h"
#include "input.h"
#include "trace.h"

#define EXPORTED __attribute__((visibility("default"), used))

__attribute__((import_module("host"), import_name("trace"))) void host_trace(uint32_t, const void *, uint32_t);

EXPORTED void *emulation_begin(void);
EXPORTED int emulation_infer(void);
EXPORTED const void *emulation_output(void);

static uint8_t memory[2 * EMULATION_GUARD_BYTES + MODEL_ARENA_BYTES] __attribute__((aligned(MODEL_ARENA_ALIGNMENT)));
static uint8_t inputs[MODEL_INPUT_BYTES];
static uint8_t outputs[MODEL_OUTPUT_BYTES];
static model_context context;

void emulation_trace(uint32_t index, const void *pointer, uint32_t bytes)
{
    host_trace(index, pointer, bytes);
}

/* Prepares the model; returns where its inputs are to be written, or 0. */
void *emulation_begin(void)
{
    memset(memory, (int)EMULATION_FILL, sizeof memory);
    return model_init(&context, memory + EMULATION_GUARD_BYTES, MODEL_ARENA_BYTES) == 0 ? inputs : 0;
}

/* Runs one inference; returns an exit status of emulation.h. */
int emulation_infer(void)
{
    const uint8_t *after = memory + EMULATION_GUARD_BYTES + MODEL_ARENA_BYTES;
    const uint8_t *from = inputs;
    uint8_t *to = outputs;
    uint32_t i;

#define READ(function, bytes) memcpy(function(&context), from, bytes), from += bytes;
    EMULATION_INPUTS(READ)
#undef READ
    EMULATION_MODEL(&context);
#define WRITE(function, bytes) memcpy(to, function(&context), bytes), to += bytes;
    EMULATION_OUTPUTS(WRITE)
#undef WRITE
    for (i = 0; i < EMULATION_GUARD_BYTES; i++) {
        if (memory[i] != EMULATION_FILL || after[i] != EMULATION_FILL) {
            return EMULATION_ARENA;
        }
    }
    return EMULATION_OK;
}

const void *emulation_output(void)
{
    return outputs;
}
