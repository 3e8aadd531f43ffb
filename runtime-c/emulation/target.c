/* Bare-metal harness: the same files as host.c, through semihosting; also measures the stack of model_run. */
#include "emulation.h"

/* Where the stack of model_push_row begins; none where the model runs by one call. */
static uint32_t *rows_begin;

static inline void note_rows(void)
{
    register uint32_t *const stack_pointer __asm__("sp");

    rows_begin = stack_pointer;
}
#define EMULATION_ROWS_BEGIN() note_rows()

#include "fetch.h"
#include "input.h"
#include "trace.h"

/* Operations and file modes of Arm's "Semihosting for AArch32 and AArch64", which RISC-V adopts. */
enum { SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_WRITE0 = 0x04, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_EXIT_EXTENDED = 0x20 };
enum { MODE_READ_BINARY = 1, MODE_WRITE_BINARY = 5 };
#define ADP_STOPPED_APPLICATION_EXIT 0x20026

#define STACK_PAINT 0x5AC3F00Du

/* Guard, arena, guard. */
static uint8_t memory[2 * EMULATION_GUARD_BYTES + MODEL_ARENA_BYTES]
    __attribute__((section(".arena"), aligned(MODEL_ARENA_ALIGNMENT)));

/* Lowest word of the stack (link.ld). */
extern uint32_t emulation_stack_limit[];

/* Zero is no file: semihosting answers with other handles. */
static intptr_t trace_file;

void emulation_message(const char *text)
{
    emulation_request(SYS_WRITE0, text);
}

/* Prints a value in hexadecimal. */
void emulation_number(uint32_t value)
{
    char text[9];
    int digit;

    for (digit = 7; digit >= 0; digit--) {
        text[digit] = (char)(value % 16u < 10u ? '0' + (char)(value % 16u) : 'a' + (char)(value % 16u - 10u));
        value /= 16u;
    }
    text[8] = '\0';
    emulation_message(text);
}

void emulation_exit(int status)
{
    const intptr_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, status};

    for (;;) {
        emulation_request(SYS_EXIT_EXTENDED, block);
    }
}

static intptr_t open_file(const char *name, intptr_t mode)
{
    intptr_t length = 0;
    intptr_t file;

    while (name[length] != '\0') {
        length++;
    }
    {
        const intptr_t block[3] = {(intptr_t)name, mode, length};
        file = emulation_request(SYS_OPEN, block);
    }
    if (file < 0) {
        emulation_message("cannot open ");
        emulation_message(name);
        emulation_exit(EMULATION_FILE);
    }
    return file;
}

static void close_file(intptr_t file)
{
    emulation_request(SYS_CLOSE, &file);
}

/* Returns the number of bytes that were not written or read. */
static intptr_t transfer(intptr_t operation, intptr_t file, const void *pointer, uint32_t bytes)
{
    const intptr_t block[3] = {file, (intptr_t)pointer, (intptr_t)bytes};

    return emulation_request(operation, block);
}

static void write_file(intptr_t file, const void *pointer, uint32_t bytes)
{
    if (bytes > 0 && transfer(SYS_WRITE, file, pointer, bytes) != 0) {
        emulation_message("cannot write a file");
        emulation_exit(EMULATION_FILE);
    }
}

void emulation_trace(uint32_t index, const void *pointer, uint32_t bytes)
{
    const uint32_t header[2] = {index, bytes};

    if (trace_file == 0) {
        trace_file = open_file("trace.bin", MODE_WRITE_BINARY);
    }
    write_file(trace_file, header, sizeof header);
    write_file(trace_file, pointer, bytes);
}

static void check_guard(const uint8_t *guard)
{
    uint32_t i;

    for (i = 0; i < EMULATION_GUARD_BYTES; i++) {
        if (guard[i] != EMULATION_FILL) {
            emulation_message("a byte outside the arena was written");
            emulation_exit(EMULATION_ARENA);
        }
    }
}

/* Paints the stack below the stack pointer, runs the model, and returns the bytes of stack that it touched. */
static uint32_t run_measured(model_context *context)
{
    register uint32_t *const stack_pointer __asm__("sp");
    uint32_t *word = emulation_stack_limit;
    uint32_t *top;

    while (word < stack_pointer) {
        *word++ = STACK_PAINT;
    }
    top = emulation_run(context);
    if (rows_begin != 0) {
        top = rows_begin;
    }
    word = emulation_stack_limit;
    if (*word != STACK_PAINT) {
        emulation_message("the stack overflowed");
        emulation_exit(EMULATION_STACK);
    }
    while (word < top && *word == STACK_PAINT) {
        word++;
    }
    return (uint32_t)((uintptr_t)top - (uintptr_t)word);
}

/* Whether all inputs of one more inference were there. */
static int read_inputs(model_context *context, intptr_t file)
{
#define READ(function, bytes) &&transfer(SYS_READ, file, function(context), bytes) == 0
    return 1 EMULATION_INPUTS(READ);
#undef READ
}

static void write_outputs(const model_context *context, intptr_t file)
{
#define WRITE(function, bytes) write_file(file, function(context), bytes);
    EMULATION_OUTPUTS(WRITE)
#undef WRITE
}

int main(void)
{
    const intptr_t inputs = open_file("inputs.bin", MODE_READ_BINARY);
    const intptr_t outputs = open_file("outputs.bin", MODE_WRITE_BINARY);
    const intptr_t measures = open_file("stack.bin", MODE_WRITE_BINARY);
    uint8_t *arena = memory + EMULATION_GUARD_BYTES;
    uint32_t stack = 0;
    uint32_t i;
    model_context context;

    for (i = 0; i < sizeof memory; i++) {
        memory[i] = EMULATION_FILL;
    }
    if (model_init(&context, arena, MODEL_ARENA_BYTES) != 0) {
        emulation_exit(EMULATION_INIT);
    }
    while (read_inputs(&context, inputs)) {
        const uint32_t used = run_measured(&context);

        if (used > stack) {
            stack = used;
        }
        check_guard(memory);
        check_guard(arena + MODEL_ARENA_BYTES);
        write_outputs(&context, outputs);
        if (trace_file != 0) {
            emulation_trace(EMULATION_TRACE_END, 0, 0);
        }
    }
    write_file(measures, &stack, sizeof stack);
    if (trace_file != 0) {
        close_file(trace_file);
    }
    close_file(inputs);
    close_file(outputs);
    close_file(measures);
    return EMULATION_OK;
}
