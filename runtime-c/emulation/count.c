/*
 * QEMU plugin (API version 1): counts guest instructions from address `begin` up to, not including, address `end`,
 * once per passage, and writes one line a passage to the file `out`: instructions and estimated cycles so far at each passed
 * address of `marks` (separated by colons), then in all. Debian ships no qemu-plugin.h, so the few
 * functions used are declared here; QEMU exports them to its plugins.
 *
 * Cycles, with `cycles=arm`: a Cortex-M4 with memory that never waits. Loads take 2, or 1 right behind another load or
 * store; LDRD and STRD 3, LDM, STM, PUSH and POP 1 and 1 per register, divisions 7, all others 1; taken branches 2 more.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;

typedef void (*translate_callback)(plugin_id, struct qemu_plugin_tb *);
typedef void (*execute_callback)(unsigned, void *);
typedef void (*exit_callback)(plugin_id, void *);

enum { NO_REGISTERS = 0, INLINE_ADD = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, translate_callback);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, execute_callback, int, void *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int, void *, uint64_t);
void qemu_plugin_register_atexit_cb(plugin_id, exit_callback, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
char *qemu_plugin_insn_disas(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, execute_callback, int, void *);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id, const struct qemu_info_t *, int, char **);

enum { MOST_MARKS = 1024, TAKEN_BRANCH = 2 };

static uint64_t begin_address;
static uint64_t end_address;
static uint64_t mark_addresses[MOST_MARKS];
static size_t marks;
static int arm_cycles;
static FILE *counts;

static uint64_t executed;
static uint64_t cycles;
static uint64_t executed_at_begin;
static uint64_t cycles_at_begin;
/* Address behind the last block, and whether it ended with a load or store. */
static uint64_t next_address;
static int ended_with_memory;

typedef struct {
    uint64_t start;
    uint64_t end;
    int begins_with_load; /* one that takes a cycle less behind another load or store */
    int ends_with_memory;
} block_range;

static void at_begin(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    executed_at_begin = executed;
    cycles_at_begin = cycles;
}

static void print_counts(void)
{
    fprintf(counts, " %llu %llu", (unsigned long long)(executed - executed_at_begin), (unsigned long long)(cycles - cycles_at_begin));
}

static void at_end(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    print_counts();
    fputc('\n', counts);
}

static void at_mark(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    print_counts();
}

/* A block that does not follow the last one was branched to. Blocks that do end at pages, wherever these lie. */
static void at_block(unsigned cpu, void *data)
{
    const block_range *range = data;

    (void)cpu;
    if (range->start != next_address) {
        cycles += TAKEN_BRANCH;
    } else if (ended_with_memory && range->begins_with_load) {
        cycles--;
    }
    next_address = range->end;
    ended_with_memory = range->ends_with_memory;
}

static int starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Registers of a list such as {r4, r5, lr}; capstone writes no ranges. */
static unsigned registers_of(const char *text)
{
    const char *list = strchr(text, '{');
    unsigned registers = 1;

    for (; list && *list != '\0' && *list != '}'; list++) {
        registers += *list == ',';
    }
    return registers;
}

/* Cycles of one instruction; *memory tells whether the one before was a single load or store, and is updated. */
static unsigned cost_of(const char *text, int *memory)
{
    const int behind_memory = *memory;

    *memory = 0;
    if (starts_with(text, "ldrd") || starts_with(text, "strd")) {
        return 3;
    }
    if (starts_with(text, "ldm") || starts_with(text, "stm") || starts_with(text, "push") || starts_with(text, "pop") ||
        starts_with(text, "vldm") || starts_with(text, "vstm") || starts_with(text, "vpush") || starts_with(text, "vpop")) {
        return 1 + registers_of(text);
    }
    if (starts_with(text, "ldr")) {
        *memory = 1;
        return behind_memory ? 1 : 2;
    }
    if (starts_with(text, "str")) {
        *memory = 1;
        return 1;
    }
    if (starts_with(text, "vldr")) {
        return 2;
    }
    return starts_with(text, "sdiv") || starts_with(text, "udiv") ? 7 : 1;
}

/* Bytes of a Thumb instruction by its first halfword: QEMU knows the first half alone of one that lies on two pages. */
static uint64_t thumb_size(const struct qemu_plugin_insn *instruction)
{
    const uint8_t *code = qemu_plugin_insn_data(instruction);

    return code[1] >> 3 >= 0x1D ? 4 : 2;
}

static int is_mark(uint64_t address)
{
    size_t i;

    for (i = 0; i < marks; i++) {
        if (mark_addresses[i] == address) {
            return 1;
        }
    }
    return 0;
}

/* Callbacks of an instruction run before its inline additions, so all marks see the instructions before them. */
static void on_translate(plugin_id id, struct qemu_plugin_tb *block)
{
    const size_t instructions = qemu_plugin_tb_n_insns(block);
    block_range *range = malloc(sizeof *range);
    int memory = 0;
    size_t i;

    (void)id;
    if (!range) {
        abort();
    }
    range->begins_with_load = 0;
    range->ends_with_memory = 0;
    for (i = 0; i < instructions; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        const uint64_t address = qemu_plugin_insn_vaddr(instruction);

        if (i == 0) {
            range->start = address;
        }
        range->end = address + (arm_cycles ? thumb_size(instruction) : qemu_plugin_insn_size(instruction));
        if (address == begin_address) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, at_begin, NO_REGISTERS, NULL);
        }
        if (is_mark(address)) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, at_mark, NO_REGISTERS, NULL);
        }
        if (address == end_address) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, at_end, NO_REGISTERS, NULL);
        }
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD, &executed, 1);
        if (arm_cycles) {
            char *text = qemu_plugin_insn_disas(instruction);
            const unsigned cost = cost_of(text, &memory);

            if (i == 0) {
                range->begins_with_load = memory && cost == 2;
            }
            range->ends_with_memory = memory;
            qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD, &cycles, cost);
            free(text);
        }
    }
    if (arm_cycles) {
        qemu_plugin_register_vcpu_tb_exec_cb(block, at_block, NO_REGISTERS, range);
    }
}

static void on_exit_of_qemu(plugin_id id, void *data)
{
    (void)id;
    (void)data;
    fclose(counts);
}

static void read_marks(const char *list)
{
    while (*list != '\0' && marks < MOST_MARKS) {
        char *rest;

        mark_addresses[marks++] = strtoull(list, &rest, 16);
        list = *rest == ':' ? rest + 1 : rest;
    }
}

int qemu_plugin_install(plugin_id id, const struct qemu_info_t *info, int count, char **arguments)
{
    const char *out = NULL;
    int i;

    (void)info;
    for (i = 0; i < count; i++) {
        if (starts_with(arguments[i], "begin=")) {
            begin_address = strtoull(arguments[i] + 6, NULL, 16);
        } else if (starts_with(arguments[i], "end=")) {
            end_address = strtoull(arguments[i] + 4, NULL, 16);
        } else if (starts_with(arguments[i], "marks=")) {
            read_marks(arguments[i] + 6);
        } else if (starts_with(arguments[i], "cycles=")) {
            arm_cycles = strcmp(arguments[i] + 7, "arm") == 0;
        } else if (starts_with(arguments[i], "out=")) {
            out = arguments[i] + 4;
        }
    }
    counts = out ? fopen(out, "w") : NULL;
    if (!counts) {
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
    return 0;
}
