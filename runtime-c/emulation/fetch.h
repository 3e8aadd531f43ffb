/*
 * For projects that fetch constants: copies happen as late as they may, so that a model that reads one before
 * model_fetch_wait computes with EMULATION_FILL. Included once, by the harness's main file.
 */
#ifndef EMULATION_FETCH_H
#define EMULATION_FETCH_H

#include "emulation.h"

#ifdef MODEL_FETCHES
static struct {
    uint8_t *to;
    const uint8_t *from;
    size_t bytes;
} emulation_fetches[64];
static uint32_t emulation_fetching;

static void emulation_fetch_one(uint8_t *to, const uint8_t *from, size_t bytes)
{
    size_t i;

    for (i = 0; i < bytes; i++) {
        to[i] = from ? from[i] : EMULATION_FILL;
    }
}

void model_fetch_wait(void)
{
    uint32_t i;

    for (i = 0; i < emulation_fetching; i++) {
        emulation_fetch_one(emulation_fetches[i].to, emulation_fetches[i].from, emulation_fetches[i].bytes);
    }
    emulation_fetching = 0;
}

void model_fetch(void *to, const void *from, size_t bytes)
{
    emulation_fetch_one((uint8_t *)to, 0, bytes);
    if (emulation_fetching == sizeof emulation_fetches / sizeof emulation_fetches[0]) {
        model_fetch_wait();
    }
    emulation_fetches[emulation_fetching].to = (uint8_t *)to;
    emulation_fetches[emulation_fetching].from = (const uint8_t *)from;
    emulation_fetches[emulation_fetching].bytes = bytes;
    emulation_fetching++;
}
#endif

#endif
