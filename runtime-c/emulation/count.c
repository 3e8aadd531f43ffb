/*
 * QEMU plugin (API version 1): counts guest instructions from address `begin` up to, not including, address `end`,
 * once per passage, and writes one count a line to the file `out`. Debian ships no qemu-plugin.h, so the few
 * functions used are declared here; QEMU exports them to its plugins.
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
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id, const struct qemu_info_t *, int, char **);

static uint64_t begin_address;
static uint64_t end_address;
static uint64_t executed;
static uint64_t executed_at_begin;
static FILE *counts;

static void at_begin(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    executed_at_begin = executed;
}

static void at_end(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    fprintf(counts, "%llu\n", (unsigned long long)(executed - executed_at_begin));
}

/* Callbacks of an instruction run before its inline additions, so both marks see the instructions before them. */
static void on_translate(plugin_id id, struct qemu_plugin_tb *block)
{
    const size_t instructions = qemu_plugin_tb_n_insns(block);
    size_t i;

    (void)id;
    for (i = 0; i < instructions; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        const uint64_t address = qemu_plugin_insn_vaddr(instruction);

        if (address == begin_address) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, at_begin, NO_REGISTERS, NULL);
        }
        if (address == end_address) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, at_end, NO_REGISTERS, NULL);
        }
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD, &executed, 1);
    }
}

static void on_exit_of_qemu(plugin_id id, void *data)
{
    (void)id;
    (void)data;
    fclose(counts);
}

int qemu_plugin_install(plugin_id id, const struct qemu_info_t *info, int count, char **arguments)
{
    const char *out = NULL;
    int i;

    (void)info;
    for (i = 0; i < count; i++) {
        if (strncmp(arguments[i], "begin=", 6) == 0) {
            begin_address = strtoull(arguments[i] + 6, NULL, 16);
        } else if (strncmp(arguments[i], "end=", 4) == 0) {
            end_address = strtoull(arguments[i] + 4, NULL, 16);
        } else if (strncmp(arguments[i], "out=", 4) == 0) {
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
