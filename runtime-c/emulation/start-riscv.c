/* Reset, traps and semihosting for RV32. */
#include "emulation.h"

extern uint32_t emulation_data_load[], emulation_data_start[], emulation_data_end[];
extern uint32_t emulation_bss_start[], emulation_bss_end[];

int main(void);
void emulation_prepare(void);
void emulation_trap(void);

/* Execution begins here, at the first address of memory. mtvec wants four-byte alignment. */
__attribute__((naked, section(".vectors"), used)) void emulation_start(void)
{
    __asm__ volatile(
        ".option push\n\t"
        ".option norelax\n\t"
        "la gp, __global_pointer$\n\t"
        ".option pop\n\t"
        "la sp, emulation_stack_top\n\t"
        "la t0, emulation_trap\n\t"
        "csrw mtvec, t0\n\t"
        "j emulation_prepare");
}

/* The three uncompressed instructions are the request; they must not straddle a page, hence the alignment. */
__attribute__((naked, noinline, aligned(16))) intptr_t emulation_request(intptr_t operation, const void *argument)
{
    (void)operation;
    (void)argument;
    __asm__ volatile(
        ".option push\n\t"
        ".option norvc\n\t"
        "slli x0, x0, 0x1f\n\t"
        "ebreak\n\t"
        "srai x0, x0, 7\n\t"
        ".option pop\n\t"
        "ret");
}

/* The instruction counter counts from counted_begin up to, not including, counted_end: the call and all it executes. */
__attribute__((naked, noinline)) uint32_t *emulation_run(model_context *context)
{
    (void)context;
    __asm__ volatile(
        "addi sp, sp, -16\n\t"
        "sw ra, 12(sp)\n\t"
        "sw s0, 8(sp)\n\t"
        "mv s0, sp\n\t"
        ".global counted_begin\n"
        "counted_begin:\n\t"
        "call " EMULATION_TEXT(EMULATION_MODEL) "\n\t"
        ".global counted_end\n"
        "counted_end:\n\t"
        "mv a0, s0\n\t"
        "lw s0, 8(sp)\n\t"
        "lw ra, 12(sp)\n\t"
        "addi sp, sp, 16\n\t"
        "ret");
}

__attribute__((used)) void emulation_prepare(void)
{
    const uint32_t *from = emulation_data_load;
    uint32_t *to;

    for (to = emulation_data_start; to < emulation_data_end; to++) {
        *to = *from++;
    }
    for (to = emulation_bss_start; to < emulation_bss_end; to++) {
        *to = 0;
    }
    emulation_exit(main());
}

__attribute__((used, aligned(4))) void emulation_trap(void)
{
    uint32_t cause;
    uint32_t address;

    __asm__ volatile("csrr %0, mcause\n\tcsrr %1, mepc" : "=r"(cause), "=r"(address));
    emulation_message("trap, mcause ");
    emulation_number(cause);
    emulation_message(", mepc ");
    emulation_number(address);
    emulation_exit(EMULATION_FAULT);
}
