/* Host harness: every input of inputs.bin through the model, outputs to outputs.bin, the arena between guards. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulation.h"
#include "fetch.h"
#include "input.h"
#include "trace.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(pointer, bytes) ((void)0)
#endif

static FILE *trace_file;

void emulation_trace(uint32_t index, const void *pointer, uint32_t bytes)
{
    const uint32_t header[2] = {index, bytes};

    if (!trace_file) {
        trace_file = fopen("trace.bin", "wb");
        if (!trace_file) {
            exit(EMULATION_FILE);
        }
    }
    fwrite(header, sizeof header, 1, trace_file);
    if (bytes > 0) {
        fwrite(pointer, bytes, 1, trace_file);
    }
}

/* Without AddressSanitizer only writes are seen, and only here. */
static void check_guard(const uint8_t *guard)
{
#ifndef __SANITIZE_ADDRESS__
    size_t i;

    for (i = 0; i < EMULATION_GUARD_BYTES; i++) {
        if (guard[i] != EMULATION_FILL) {
            fprintf(stderr, "a byte outside the arena was written\n");
            exit(EMULATION_ARENA);
        }
    }
#else
    (void)guard;
#endif
}

/* Whether all inputs of one more inference were there. */
static int read_inputs(model_context *context, FILE *file)
{
#define READ(function, bytes) &&fread(function(context), 1, bytes, file) == bytes
    return 1 EMULATION_INPUTS(READ);
#undef READ
}

static int write_outputs(const model_context *context, FILE *file)
{
#define WRITE(function, bytes) &&fwrite(function(context), 1, bytes, file) == bytes
    return 1 EMULATION_OUTPUTS(WRITE);
#undef WRITE
}

int main(void)
{
    FILE *inputs = fopen("inputs.bin", "rb");
    FILE *outputs = fopen("outputs.bin", "wb");
    const size_t alignment = MODEL_ARENA_ALIGNMENT;
    const size_t bytes = MODEL_ARENA_BYTES + 2 * EMULATION_GUARD_BYTES + alignment;
    uint8_t *memory = malloc(bytes);
    uint8_t *before;
    uint8_t *arena;
    uint8_t *after;
    model_context context;

    if (!inputs || !outputs || !memory) {
        return EMULATION_FILE;
    }
    memset(memory, (int)EMULATION_FILL, bytes);
    before = memory + (alignment - (uintptr_t)memory % alignment) % alignment;
    arena = before + EMULATION_GUARD_BYTES;
    after = arena + MODEL_ARENA_BYTES;
    ASAN_POISON_MEMORY_REGION(before, EMULATION_GUARD_BYTES);
    ASAN_POISON_MEMORY_REGION(after, EMULATION_GUARD_BYTES);
    if (model_init(&context, arena, MODEL_ARENA_BYTES) != 0) {
        return EMULATION_INIT;
    }
    while (read_inputs(&context, inputs)) {
        EMULATION_MODEL(&context);
        check_guard(before);
        check_guard(after);
        if (!write_outputs(&context, outputs)) {
            return EMULATION_FILE;
        }
        if (trace_file) {
            emulation_trace(EMULATION_TRACE_END, 0, 0);
        }
    }
    if (trace_file && fclose(trace_file) != 0) {
        return EMULATION_FILE;
    }
    free(memory);
    return fclose(inputs) == 0 && fclose(outputs) == 0 ? EMULATION_OK : EMULATION_FILE;
}
