/* Included before everything else in a profile build: marks the end of each layer with a symbol, without an instruction. */
#ifndef EMULATION_PROFILE_H
#define EMULATION_PROFILE_H

#define QC_TRACE(index, pointer, bytes) \
    __asm__ volatile(".global emulation_layer_" #index "\n" \
                     "emulation_layer_" #index ":" ::: "memory")

#endif
