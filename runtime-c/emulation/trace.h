/* Included before everything else in a trace build: gives generated code its QC_TRACE hook. */
#ifndef EMULATION_TRACE_H
#define EMULATION_TRACE_H

#include <stdint.h>

/* Records the `bytes` bytes of tensor `index`, just computed. */
void emulation_trace(uint32_t index, const void *pointer, uint32_t bytes);

#define QC_TRACE(index, pointer, bytes) emulation_trace((uint32_t)(index), (pointer), (uint32_t)(bytes))

/* Index that ends the records of one inference. */
#define EMULATION_TRACE_END 0xFFFFFFFFu

#endif
