/* Reset, faults and semihosting for Armv6-M to Armv8.1-M. */
#include "emulation.h"

extern uint32_t emulation_stack_top[], emulation_data_load[], emulation_data_start[], emulation_data_end[];
extern uint32_t emulation_bss_start[], emulation_bss_end[];

int main(void);
void emulation_start(void);
void emulation_report_fault(const uint32_t *frame);
static void fault(void);

typedef void (*vector)(void);

/* Initial stack pointer, reset, then the exceptions; unused ones are zero. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    vector handlers[15];
} vectors = {emulation_stack_top, {emulation_start, fault, fault, fault, fault, fault, fault, 0, 0, 0, fault, fault, 0, fault, fault}};

__attribute__((naked, noinline)) intptr_t emulation_request(intptr_t operation, const void *argument)
{
    (void)operation;
    (void)argument;
    __asm__ volatile("bkpt 0xab\n\tbx lr");
}

/* The instruction counter counts from counted_begin up to, not including, counted_end: the call and all it executes. */
__attribute__((naked, noinline)) uint32_t *emulation_run(model_context *context)
{
    (void)context;
    __asm__ volatile(
        "push {r4, lr}\n\t"
        "mov r4, sp\n\t"
        ".global counted_begin\n"
        "counted_begin:\n\t"
        "bl " EMULATION_TEXT(EMULATION_MODEL) "\n\t"
        ".global counted_end\n"
        "counted_end:\n\t"
        "mov r0, r4\n\t"
        "pop {r4, pc}");
}

void emulation_start(void)
{
    const uint32_t *from = emulation_data_load;
    uint32_t *to;

#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    /* CPACR: full access to the floating-point and vector registers. */
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;
    __asm__ volatile("dsb\n\tisb");
#endif
    for (to = emulation_data_start; to < emulation_data_end; to++) {
        *to = *from++;
    }
    for (to = emulation_bss_start; to < emulation_bss_end; to++) {
        *to = 0;
    }
    emulation_exit(main());
}

/* The exception pushed r0-r3, r12, lr, pc, xPSR; reports the pc. */
__attribute__((used)) void emulation_report_fault(const uint32_t *frame)
{
    emulation_message("fault at ");
    emulation_number(frame[6]);
#if __ARM_ARCH >= 7
    emulation_message(", CFSR ");
    emulation_number(*(volatile uint32_t *)0xE000ED28u);
#endif
    emulation_exit(EMULATION_FAULT);
}

__attribute__((naked)) static void fault(void)
{
    __asm__ volatile("mov r0, sp\n\tbl emulation_report_fault");
}
