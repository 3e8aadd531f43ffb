/** A hand-written project in the shape of generated C: 16 bytes in, 4 bytes out, two layers. */

const header = `#ifndef MODEL_H
#define MODEL_H
#include <stddef.h>
#include <stdint.h>
#define MODEL_INPUT_BYTES 16
#define MODEL_OUTPUT_BYTES 4
#define MODEL_ARENA_BYTES 24
#define MODEL_ARENA_ALIGNMENT 8
typedef struct { uint8_t *arena; } model_context;
int model_init(model_context *context, void *arena, size_t bytes);
int8_t *model_input(model_context *context);
void model_run(model_context *context);
const int8_t *model_output(const model_context *context);
#endif
`;

const weights = Array.from({ length: 64 }, (_, k) => ((k * 37 + 11) % 255) - 127);

const weightsSource = `#include "model_weights.h"
const int8_t model_weights[64] = {${weights.join(", ")}};
`;

const source = `#include "model.h"
#include "model_weights.h"
#include <string.h>
#ifndef QC_TRACE
#define QC_TRACE(index, pointer, bytes) ((void)0)
#endif
int model_init(model_context *context, void *arena, size_t bytes)
{
    if (!context || !arena || bytes < MODEL_ARENA_BYTES) {
        return 1;
    }
    context->arena = arena;
    return 0;
}
int8_t *model_input(model_context *context) { return (int8_t *)context->arena; }
const int8_t *model_output(const model_context *context) { return (const int8_t *)context->arena + 20; }
static void dense(const int8_t *input, int8_t *output)
{
    int o;
    int i;
    for (o = 0; o < 4; o++) {
        int64_t acc = 0;
        for (i = 0; i < 16; i++) {
            acc += (int64_t)(input[i] * model_weights[o * 16 + i]) * 1234567;
        }
        acc = (acc + ((int64_t)1 << 29)) >> 30;
        output[o] = (int8_t)(acc < -128 ? -128 : acc > 127 ? 127 : acc);
    }
}
static void negate(const int8_t *input, int8_t *output)
{
    int8_t copy[4];
    int o;
    memcpy(copy, input, sizeof copy);
    for (o = 0; o < 4; o++) {
        output[o] = (int8_t)(-1 - copy[3 - o]);
    }
}
void model_run(model_context *context)
{
    int8_t *memory = (int8_t *)context->arena;
    dense(memory, memory + 16);
    QC_TRACE(1, memory + 16, 4);
    negate(memory + 16, memory + 20);
    QC_TRACE(2, memory + 20, 4);
}
`;

export function tinyModel(): Map<string, string> {
  return new Map([
    ["model.h", header],
    ["model.c", source],
    ["model_weights.h", "#include <stdint.h>\nextern const int8_t model_weights[64];\n"],
    ["model_weights.c", weightsSource],
  ]);
}

/** What the tiny model computes, written a second time. */
export function tinyOutput(input: Uint8Array): { hidden: Uint8Array; output: Uint8Array } {
  const codes = new Int8Array(input);
  const hidden = Int8Array.from({ length: 4 }, (_, o) => {
    const sum = codes.reduce((acc, code, i) => acc + BigInt(code * weights[o * 16 + i]! * 1234567), 0n);
    const value = Number((sum + (1n << 29n)) >> 30n);
    return Math.max(-128, Math.min(127, value));
  });
  return {
    hidden: new Uint8Array(hidden),
    output: new Uint8Array(
      hidden
        .slice()
        .reverse()
        .map((code) => -1 - code),
    ),
  };
}

/** `count` inputs from a fixed generator. */
export function tinyInputs(count: number): Uint8Array[] {
  let state = 1;
  return Array.from({ length: count }, () =>
    Uint8Array.from({ length: 16 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}
