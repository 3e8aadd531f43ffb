/*
 * Depthwise 3x3 convolution of any pads and row stride, column stride 1 or 2, by packed multiplies (qc_dsp.h): four channels at a time,
 * whose input rows are widened once into a ring of three. Also in place, when the output has the input's size.
 *
 * Ring: [channel][pair][row % 3], one word each: columns 2*pair and 2*pair + 1, counted from the left pad, as 256 times the
 * signed code. Three neighbouring words are three rows of two columns: no tap is shuffled.
 * Stream: per channel multiplier, start, then one word of four bytes for each kernel row: w0, w1, w2, 0.
 * Records, made of it for four channels: multiplier, start, then the lanes (w0, w1) and (w1, w2) of the kernel rows
 * 0, 1, 2, 0, 1, so that a start inside them turns the ring.
 * y = saturate((high word of (256*acc + start)*multiplier) >> shift): SMMUL and SSAT.
 */
#ifndef QC_DEPTHWISE_ROWS_H
#define QC_DEPTHWISE_ROWS_H

#include <stdint.h>

#include "qc_blocks.h"
#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_rows_fill.h"
#include "qc_rows_records.h"
#include "qc_window.h"

/* What all rows of a layer share; read by the assembly in this order. */
typedef struct {
    int32_t step;       /* from output to output of a row */
    int32_t last_pitch; /* from the last output of a row to the one behind it: 0 where there is none, so that it is overwritten */
    int32_t span;       /* bytes from the second pair of a channel's row to the end of the loop */
    int32_t turned;     /* steps of the loop's first pass, of which it takes four, 0 for all; or (stride 2) whether a single output is left */
    int32_t pairs;
    int32_t pitch;      /* bytes from row to row of the input */
    int32_t out_pitch;
} qc_rows_layer;

#if QC_DSP_ASSEMBLY
/*
 * One output row of `count` channels. r1..r6: the lanes of three kernel rows; r7..r9: two columns of three rows; r10..lr: sums.
 * The stack holds 0 multiplier, 4 y, 8 step, 12 start, 16 last pitch, 20 span, 24 turned, 28 end of the loop, 32 records,
 * 36 y of the channel, 40 channels left, 44 bytes of turned lanes. Loads behind stores and loads take one cycle less.
 */
#define QC_ROWS_CODES(SATURATE, A, B)                \
    "ldm sp, {r7, r8, r9}\n\t"                       \
    "smmul " A ", " A ", r7\n\t"                     \
    SATURATE " " A ", #8, " A ", asr %[shift]\n\t"   \
    "smmul " B ", " B ", r7\n\t"                     \
    SATURATE " " B ", #8, " B ", asr %[shift]\n\t"
#define QC_ROWS_STORE(A, B)                          \
    "strb " A ", [r8]\n\t"                           \
    "strb " B ", [r8, r9]\n\t"
#define QC_ROWS_OUT(SATURATE, A, B)                  \
    QC_ROWS_CODES(SATURATE, A, B)                    \
    "add r7, r8, r9, lsl #1\n\t"                     \
    QC_ROWS_STORE(A, B)                              \
    "str r7, [sp, #4]\n\t"
/* Two outputs, and the two behind them, after which y counts. */
#define QC_ROWS_OUT_0(SATURATE, A, B) QC_ROWS_CODES(SATURATE, A, B) QC_ROWS_STORE(A, B)
#define QC_ROWS_OUT_2(SATURATE, A, B)                \
    QC_ROWS_CODES(SATURATE, A, B)                    \
    "add r8, r8, r9, lsl #1\n\t"                     \
    QC_ROWS_STORE(A, B)                              \
    "add r8, r8, r9, lsl #1\n\t"                     \
    "str r8, [sp, #4]\n\t"
#define QC_ROWS_BEGIN(FIRST)              \
    "push {r4-r11, lr}\n\t"               \
    "sub sp, #48\n\t"                     \
    "strd r12, r4, [sp, #40]\n\t"         \
    "ldm r3, {r4-r7}\n\t"                 \
    "add r8, sp, #16\n\t"                 \
    "stm r8, {r5-r7}\n\t"                 \
    "str r4, [sp, #8]\n\t"                \
    "strd r1, r2, [sp, #32]\n"            \
    "0:\n\t"                              \
    "ldrd r7, r9, [sp, #32]\n\t"          \
    "ldm r7!, {r8, r11}\n\t"              \
    "strd r8, r9, [sp]\n\t"               \
    "str r11, [sp, #12]\n\t"              \
    "ldr r8, [sp, #44]\n\t"               \
    "add r8, r8, r7\n\t"                  \
    "ldm r8, {r1-r6}\n\t"                 \
    "add r7, #40\n\t"                     \
    "add r9, #1\n\t"                      \
    "strd r7, r9, [sp, #32]\n\t"          \
    FIRST
/* The end of the loop, and in r8 `turned`. */
#define QC_ROWS_LOOP                      \
    "ldrd r7, r8, [sp, #20]\n\t"          \
    "add r7, r7, r0\n\t"                  \
    "str r7, [sp, #28]\n\t"
#define QC_ROWS_END              \
    "ldr r7, [sp, #40]\n\t"      \
    "subs r7, #1\n\t"            \
    "str r7, [sp, #40]\n\t"      \
    "bne.w 0b\n\t"               \
    "add sp, #48\n\t"            \
    "pop {r4-r11, lr}"
/* Two columns continue the outputs A and B and begin C and D, from the start in D, and leave the start in B. */
#define QC_ROWS_STEP(OUT, SATURATE, A, B, C, D)                                   \
    "ldm r0!, {r7, r8, r9}\n\t"                                              \
    "smlabt " A ", r7, r2, " A "\n\t"                                        \
    "smlad " B ", r7, r2, " B "\n\t"                                         \
    "smlad " C ", r7, r1, " D "\n\t"                                         \
    "smlatb " D ", r7, r1, " D "\n\t"                                        \
    "smlabt " A ", r8, r4, " A "\n\t"                                        \
    "smlad " B ", r8, r4, " B "\n\t"                                         \
    "smlad " C ", r8, r3, " C "\n\t"                                         \
    "smlatb " D ", r8, r3, " D "\n\t"                                        \
    "smlabt " A ", r9, r6, " A "\n\t"                                        \
    "smlad " B ", r9, r6, " B "\n\t"                                         \
    "smlad " C ", r9, r5, " C "\n\t"                                         \
    "smlatb " D ", r9, r5, " D "\n\t"                                        \
    OUT(SATURATE, A, B)                                                      \
    "ldr " B ", [sp, #12]\n\t"
#define QC_ROWS_FIRST(A, B)                  \
    "ldm r0!, {r7, r8, r9}\n\t"              \
    "smlad " A ", r7, r1, r11\n\t"           \
    "smlatb " B ", r7, r1, r11\n\t"          \
    "smlad " A ", r8, r3, " A "\n\t"         \
    "smlatb " B ", r8, r3, " B "\n\t"        \
    "smlad " A ", r9, r5, " A "\n\t"         \
    "smlatb " B ", r9, r5, " B "\n\t"
#define QC_ROWS_STRIDE_1(SATURATE)                          \
    QC_ROWS_BEGIN("")                                       \
    ".if %c[few] == 0\n\t"                                 \
    QC_ROWS_FIRST("r10", "r11")                             \
    QC_ROWS_LOOP                                            \
    "cmp r7, r0\n\t"                                        \
    "beq.w 3f\n\t"                                          \
    "tst r8, #1\n\t"                                        \
    "beq 4f\n\t"                                            \
    "mov r12, r10\n\t"                                      \
    "mov lr, r11\n\t"                                       \
    "ldrd r7, r9, [sp, #4]\n\t"                             \
    "sub r7, r7, r9, lsl #1\n\t"                            \
    "str r7, [sp, #4]\n\t"                                  \
    "ldr r11, [sp, #12]\n\t"                                \
    "cmp r8, #1\n\t"                                        \
    "beq.w 6f\n\t"                                          \
    "b 2f\n"                                                \
    "4:\n\t"                                                \
    "ldr lr, [sp, #12]\n\t"                                 \
    "cmp r8, #2\n\t"                                        \
    "beq.w 5f\n"                                            \
    "1:\n\t"                                                \
    QC_ROWS_STEP(QC_ROWS_OUT_0, SATURATE, "r10", "r11", "r12", "lr") "\n"\
    "2:\n\t"                                                \
    QC_ROWS_STEP(QC_ROWS_OUT_2, SATURATE, "r12", "lr", "r10", "r11") "\n"\
    "5:\n\t"                                                \
    QC_ROWS_STEP(QC_ROWS_OUT_0, SATURATE, "r10", "r11", "r12", "lr") "\n"\
    "6:\n\t"                                                \
    QC_ROWS_STEP(QC_ROWS_OUT_2, SATURATE, "r12", "lr", "r10", "r11")\
    "ldr r7, [sp, #28]\n\t"                                 \
    "cmp r0, r7\n\t"                                        \
    "bne.w 1b\n\t"                                          \
    ".else\n\t"                                            \
    ".if (%c[few] - 1) / 2 %% 2\n\t"                        \
    QC_ROWS_FIRST("r12", "lr")                              \
    QC_ROWS_STEP(QC_ROWS_OUT, SATURATE, "r12", "lr", "r10", "r11")       \
    ".else\n\t"                                            \
    "mov lr, r11\n\t"                                       \
    QC_ROWS_FIRST("r10", "r11")                             \
    ".endif\n\t"                                           \
    ".rept (%c[few] - 1) / 4\n\t"                          \
    QC_ROWS_STEP(QC_ROWS_OUT_0, SATURATE, "r10", "r11", "r12", "lr")       \
    QC_ROWS_STEP(QC_ROWS_OUT_2, SATURATE, "r12", "lr", "r10", "r11")       \
    ".endr\n\t"                                            \
    ".endif\n"                                             \
    "3:\n\t"                                                \
    "ldm r0!, {r7, r8, r9}\n\t"                             \
    "smlabt r10, r7, r2, r10\n\t"                           \
    "smlad r11, r7, r2, r11\n\t"                            \
    "smlabt r10, r8, r4, r10\n\t"                           \
    "smlad r11, r8, r4, r11\n\t"                            \
    "smlabt r10, r9, r6, r10\n\t"                           \
    "smlad r11, r9, r6, r11\n\t"                            \
    "ldrd r7, r8, [sp]\n\t"                                 \
    "smmul r10, r10, r7\n\t"                                \
    SATURATE " r10, #8, r10, asr %[shift]\n\t"              \
    "smmul r11, r11, r7\n\t"                                \
    SATURATE " r11, #8, r11, asr %[shift]\n\t"              \
    "ldr r7, [sp, #16]\n\t"                                 \
    "strb r11, [r8, r7]\n\t"                                \
    "strb r10, [r8]\n\t"                                    \
    QC_ROWS_END
/* Two columns end the output A and begin C. lr: start. */
#define QC_ROWS_STEP_2(A, C)                \
    "ldm r0!, {r7, r8, r9}\n\t"             \
    "smlabt " A ", r7, r2, " A "\n\t"       \
    "smlad " C ", r7, r1, lr\n\t"           \
    "smlabt " A ", r8, r4, " A "\n\t"       \
    "smlad " C ", r8, r3, " C "\n\t"        \
    "smlabt " A ", r9, r6, " A "\n\t"       \
    "smlad " C ", r9, r5, " C "\n\t"
#define QC_ROWS_TWO(OUT, SATURATE, A, B, C) QC_ROWS_STEP_2(A, B) QC_ROWS_STEP_2(B, C) OUT(SATURATE, A, B)
#define QC_ROWS_FIRST_2(A)                  \
    "ldm r0!, {r7, r8, r9}\n\t"             \
    "smlad " A ", r7, r1, lr\n\t"           \
    "smlad " A ", r8, r3, " A "\n\t"        \
    "smlad " A ", r9, r5, " A "\n\t"
#define QC_ROWS_STRIDE_2(SATURATE)                          \
    QC_ROWS_BEGIN("mov lr, r11\n\t")                         \
    ".if %c[few] == 0\n\t"                                 \
    QC_ROWS_FIRST_2("r10")                                  \
    QC_ROWS_LOOP                                            \
    "cmp r7, r0\n\t"                                        \
    "beq 2f\n"                                              \
    "1:\n\t"                                                \
    QC_ROWS_TWO(QC_ROWS_OUT, SATURATE, "r10", "r11", "r12")              \
    "ldr r7, [sp, #28]\n\t"                                 \
    "mov r10, r12\n\t"                                      \
    "cmp r0, r7\n\t"                                        \
    "bne 1b\n"                                              \
    "2:\n\t"                                                \
    "ldr r8, [sp, #24]\n\t"                                 \
    "cmp r8, #0\n\t"                                        \
    "beq 3f\n\t"                                            \
    ".else\n\t"                                            \
    ".if %c[few] / 2 %% 3 == 0\n\t"                         \
    QC_ROWS_FIRST_2("r10")                                  \
    ".endif\n\t"                                           \
    ".if %c[few] / 2 %% 3 == 2\n\t"                         \
    QC_ROWS_FIRST_2("r12")                                  \
    QC_ROWS_TWO(QC_ROWS_OUT, SATURATE, "r12", "r10", "r11")              \
    ".endif\n\t"                                           \
    ".if %c[few] / 2 %% 3 == 1\n\t"                         \
    QC_ROWS_FIRST_2("r11")                                  \
    ".endif\n\t"                                           \
    ".if %c[few] / 2 %% 3\n\t"                              \
    QC_ROWS_TWO(QC_ROWS_OUT, SATURATE, "r11", "r12", "r10")              \
    ".endif\n\t"                                           \
    ".rept %c[few] / 6\n\t"                                \
    QC_ROWS_TWO(QC_ROWS_OUT_0, SATURATE, "r10", "r11", "r12")              \
    QC_ROWS_TWO(QC_ROWS_OUT_2, SATURATE, "r12", "r10", "r11")              \
    QC_ROWS_TWO(QC_ROWS_OUT, SATURATE, "r11", "r12", "r10")              \
    ".endr\n\t"                                            \
    ".endif\n\t"                                           \
    ".if %c[few] == 0 || %c[few] %% 2\n\t"                  \
    "ldm r0!, {r7, r8, r9}\n\t"                             \
    "smlabt r10, r7, r2, r10\n\t"                           \
    "smlabt r10, r8, r4, r10\n\t"                           \
    "smlabt r10, r9, r6, r10\n\t"                           \
    "ldrd r7, r8, [sp]\n\t"                                 \
    "smmul r10, r10, r7\n\t"                                \
    SATURATE " r10, #8, r10, asr %[shift]\n\t"              \
    "strb r10, [r8]\n\t"                                    \
    ".endif\n"                                             \
    "3:\n\t"                                                \
    QC_ROWS_END
#endif

/*
 * One output row of `count` channels; `phase` kernel rows are turned. shift and stride are literal, and so is `few`: the outputs of a row
 * where its code has no loop over them, else 0.
 */
QC_INLINE void qc_rows_row(const uint32_t *ring, const uint32_t *records, uint8_t *y, const qc_rows_layer *layer, int32_t count,
                           int32_t phase, int32_t outputs, int32_t stride, int few, int shift, int y_signed)
{
#if QC_DSP_ASSEMBLY
    register const uint32_t *r0 __asm__("r0") = ring;
    register const uint32_t *r1 __asm__("r1") = records;
    register uint8_t *r2 __asm__("r2") = y;
    register const qc_rows_layer *r3 __asm__("r3") = layer;
    register int32_t r4 __asm__("r4") = 8 * phase;
    register int32_t r12 __asm__("r12") = count;

    (void)outputs;
#define QC_ROWS(BODY)                                                                                      \
    __asm__ volatile(BODY : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r12) : "r"(r4), [shift] "i"(shift), [few] "i"(few) \
                     : "cc", "memory")
    if (stride == 1) {
        if (y_signed) {
            QC_ROWS(QC_ROWS_STRIDE_1("ssat"));
        } else {
            QC_ROWS(QC_ROWS_STRIDE_1("usat"));
        }
    } else {
        if (y_signed) {
            QC_ROWS(QC_ROWS_STRIDE_2("ssat"));
        } else {
            QC_ROWS(QC_ROWS_STRIDE_2("usat"));
        }
    }
#undef QC_ROWS
#else
    int32_t channel;
    int32_t q;
    int32_t slot;

    (void)few;
    for (channel = 0; channel < count; channel++) {
        const uint32_t *const lanes = records + QC_ROWS_CONSTANTS + 2 * phase;

        for (q = 0; q < outputs; q++) {
            const uint32_t *const pair = ring + q * stride / 2 * 3;
            int32_t sum = (int32_t)records[1];

            for (slot = 0; slot < 3; slot++) {
                const uint32_t two = pair[slot];
                const uint32_t next = pair[3 + slot];

                if (q * stride % 2 == 0) {
                    sum = qc_smlad(two, lanes[2 * slot], sum);
                    sum = qc_smlabt(next, lanes[2 * slot + 1], sum);
                } else {
                    sum = qc_smlatb(two, lanes[2 * slot], sum);
                    sum = qc_smlad(next, lanes[2 * slot + 1], sum);
                }
            }
            y[q * layer->step + channel] = qc_requantize_high(sum, records[0], 0, shift, y_signed);
        }
        ring += 3 * layer->pairs;
        records += QC_ROWS_RECORD;
    }
#endif
}

/* What rows of a layer share, and the ring's pairs of padding alone. `turned`: images lie column by column. */
QC_SHARED qc_rows_layer qc_rows_begin(const qc_window *s, uint32_t *scratch, qc_rows_columns *columns, int32_t stride, int turned, int x_signed)
{
    const int32_t outputs = s->out_width;
    const int32_t pairs = stride == 1 ? (outputs + 1) / 2 + 1 : outputs + 1;
    const int32_t steps = stride == 1 ? pairs - 2 : outputs / 2 * 2;
    const int32_t step = turned ? s->height * s->channels : s->channels; /* from column to column */
    const int32_t out_step = turned ? s->out_height * s->channels : s->channels;
    const qc_rows_layer layer = {out_step, outputs % 2 == 0 ? out_step : 0, 12 * steps, stride == 1 ? steps % 4 : outputs % 2, pairs,
                                 turned ? s->channels : s->width * s->channels, turned ? s->channels : outputs * s->channels};
    int32_t slot;

    *columns = qc_rows_columns_of(s, pairs, step, x_signed);
    for (slot = 0; slot < 3; slot++) {
        qc_rows_pad(scratch + slot, pairs, columns);
    }
    return layer;
}

/*
 * At least four channels. scratch: 48 bytes for each pair of columns that the windows of a row cover, and 192 more. stride is
 * stride_x, literal: 1 or 2; `few`: as for qc_rows_row. `turned`, literal: images lie column by column, as those higher than wide are best seen.
 */
QC_INLINE void qc_depthwise_rows(const qc_window *s, const uint8_t *x, const uint32_t *stream, uint8_t *y, uint32_t *scratch,
                                 int32_t stride, int turned, int few, int shift, int x_signed, int y_signed)
{
    qc_rows_columns columns;
    const qc_rows_layer layer = qc_rows_begin(s, scratch, &columns, stride, turned, x_signed);
    const int32_t pairs = layer.pairs;
    uint32_t *const records = scratch + 12 * pairs;
    int32_t channel;

    for (channel = 0; channel < s->channels; channel += QC_ROWS_GROUP) {
        /* The last group reads from the last four channels on, and computes those that are left. */
        const int32_t first = channel + QC_ROWS_GROUP <= s->channels ? channel : s->channels - QC_ROWS_GROUP;
        const int32_t count = s->channels - channel < QC_ROWS_GROUP ? s->channels - channel : QC_ROWS_GROUP;
        const uint32_t *const planes = scratch + (channel - first) * 3 * pairs;
        const uint8_t *line = x + first - s->pad_top * layer.pitch;
        uint8_t *out = y + channel;
        int32_t iy = -s->pad_top;
        int32_t top = -s->pad_top;
        int32_t slot = 0; /* of row iy */
        int32_t row;

        qc_rows_records(records, stream + channel * QC_ROWS_STREAM, count);
        for (row = 0; row < s->out_height; row++) {
            for (; iy < top + 3; iy++) {
                if ((uint32_t)iy < (uint32_t)s->height) {
                    if (iy >= top) {
                        qc_rows_fill(scratch + slot, &columns, line, x_signed);
                    }
                } else {
                    qc_rows_pad(scratch + slot, pairs, &columns);
                }
                line += layer.pitch;
                slot = slot == 2 ? 0 : slot + 1;
            }
            /* The slot behind the third row is the first one's. */
            qc_rows_row(planes, records, out, &layer, count, slot == 0 ? 0 : 3 - slot, s->out_width, stride, few, shift, y_signed);
            out += layer.out_pitch;
            top += s->stride_y;
        }
    }
}

#endif
