/* What the harness mains, the start files and the trace hook share. None of this is shipped with generated code. */
#ifndef EMULATION_H
#define EMULATION_H

#include <stdint.h>

#include "model.h"

/*
 * The engine defines EMULATION_INPUTS(port) and EMULATION_OUTPUTS(port): port(function, bytes) for every graph input and
 * output, in graph order.
 */

#if defined(MODEL_INPUT_ROWS) || defined(EMULATION_EXTERNAL_INPUT)
/* See input.h. The union aligns the bytes for every element. */
#define EMULATION_HOLDS_INPUT
extern union emulation_input {
    uint8_t bytes[MODEL_INPUT_BYTES];
    uint64_t alignment;
} emulation_input;
#define model_input(context) ((void)(context), emulation_input.bytes)
#endif
#ifdef MODEL_INPUT_ROWS
void model_run(model_context *context);
#endif

/* The function that runs the model with its context alone. The engine defines EMULATION_EXTERNAL_INPUT where model_run takes the input too. */
#ifdef EMULATION_EXTERNAL_INPUT
#define EMULATION_MODEL emulation_model
void emulation_model(model_context *context);
#else
#define EMULATION_MODEL model_run
#endif
#define EMULATION_TEXT_OF(name) #name
#define EMULATION_TEXT(name) EMULATION_TEXT_OF(name)

/* Exit statuses of a harness; the engines turn them into messages. */
enum { EMULATION_OK = 0, EMULATION_FILE = 3, EMULATION_INIT = 4, EMULATION_ARENA = 5, EMULATION_STACK = 6, EMULATION_FAULT = 7 };

/* Arena and guards start out with this, so that nothing depends on memory that happens to be zero. */
#define EMULATION_FILL 0xA5u

/* Bytes before and after the arena that must keep EMULATION_FILL. A multiple of every arena alignment. */
#define EMULATION_GUARD_BYTES 4096u

/* Runs the model once and returns the stack pointer with which it was called (start-*.c). */
uint32_t *emulation_run(model_context *context);

/* One semihosting request; the result is the debugger's answer. */
intptr_t emulation_request(intptr_t operation, const void *argument);

/* Reports on QEMU's standard error and ends the emulation with a status. */
void emulation_message(const char *text);
void emulation_number(uint32_t value);
void emulation_exit(int status) __attribute__((noreturn));

#endif
