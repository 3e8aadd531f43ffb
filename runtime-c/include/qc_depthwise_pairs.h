/*
 * Depthwise convolution of kernels 5 or 7 wide and of any height, any pads and row stride, column stride 1 or 2, by packed multiplies
 * (qc_dsp.h): one channel at a time, whose input rows are paired in a ring, so that each multiply takes two kernel rows.
 *
 * Ring: kernel_height/2 + 1 slots for rows 2i and 2i + 1, counted from the top pad; in each one word (row 2i, row 2i + 1) for each
 * column, counted from the left pad; with a stride of 2 the even columns before the odd ones. Codes less the padding code, so that
 * rows outside the image add nothing; slots of these alone are left out where the others are neighbours.
 * Stream: per channel multiplier, start, then bytes w(2i, k), w(2i, k'), w(2i + 1, k), w(2i + 1, k') for each two of its lanes k, k':
 * the lanes of a row follow the order of columns in the ring, rows of lanes are one behind the other.
 * Records, made of it for a channel: the lanes (w(2i, k), w(2i + 1, k)), scaled by 256, for windows that begin at an even row, and
 * (w(2i - 1, k), w(2i, k)) for those at an odd one; all rows but the last twice where the image has more rows than the ring.
 * y = saturate((high word of (256*acc + start)*multiplier) >> shift): SMMUL and SSAT.
 */
#ifndef QC_DEPTHWISE_PAIRS_H
#define QC_DEPTHWISE_PAIRS_H

#include <stdint.h>
#include <string.h>

#include "qc_blocks.h"
#include "qc_code.h"
#include "qc_config.h"
#include "qc_dsp.h"
#include "qc_window.h"

/* An output row of a channel, by blocks of outputs; read by the assembly in this order. */
typedef struct {
    uint32_t multiplier;
    uint8_t *y;
    int32_t step;            /* from output to output */
    int32_t next;            /* bytes of the ring from behind what a slot's last multiply reads to the following slot */
    const uint32_t *end;     /* of the lanes */
    const uint32_t *weights; /* the lanes of slot 0 */
    uint32_t start;
    int32_t back;            /* bytes from behind the ring to the next block's columns */
    int32_t blocks;
    int32_t odd;             /* bytes from behind a slot's even columns to its odd ones */
} qc_pairs_row;

#if QC_DSP_ASSEMBLY
/*
 * r0: the ring, r1: lanes, r2..r6: sums of up to five outputs, r7..r11: a window of five columns, which moves over them, r12 and lr:
 * the lanes of two columns. The stack holds the row. IV and V take what the fourth and the fifth output need, or leave it out.
 */
#define QC_PAIRS_KEEP(TEXT) TEXT
#define QC_PAIRS_SKIP(TEXT)
#define QC_PAIRS_FOUR(IV, LANES, A, B, C, D)    \
    "smlad r2, " A ", " LANES ", r2\n\t"        \
    "smlad r3, " B ", " LANES ", r3\n\t"        \
    "smlad r4, " C ", " LANES ", r4\n\t"        \
    IV("smlad r5, " D ", " LANES ", r5\n\t")
#define QC_PAIRS_FIFTH(V, LANES, E) V("smlad r6, " E ", " LANES ", r6\n\t")
/* The taps of one column, and of two; behind the latter the window starts at C and ends with the new P and Q. */
#define QC_PAIRS_TAP(IV, V, A, B, C, D, E)      \
    "ldr r12, [r1], #4\n\t"                     \
    QC_PAIRS_FOUR(IV, "r12", A, B, C, D)        \
    QC_PAIRS_FIFTH(V, "r12", E)
#define QC_PAIRS_TAPS(IV, V, A, B, C, D, E, P, NEW) \
    "ldm r1!, {r12, lr}\n\t"                    \
    QC_PAIRS_FOUR(IV, "r12", A, B, C, D)        \
    QC_PAIRS_FIFTH(V, "r12", E)                 \
    QC_PAIRS_FOUR(IV, "lr", B, C, D, E)         \
    "ldm r0!, " NEW "\n\t"                      \
    QC_PAIRS_FIFTH(V, "lr", P)
/* Runs of neighbouring columns. */
#define QC_PAIRS_2(IV, V) \
    "ldm r0!, {r7-r11}\n\t" QC_PAIRS_TAPS(IV, V, "r7", "r8", "r9", "r10", "r11", "r7", "{r7, r8}")
#define QC_PAIRS_3(IV, V) QC_PAIRS_2(IV, V) QC_PAIRS_TAP(IV, V, "r9", "r10", "r11", "r7", "r8")
#define QC_PAIRS_4(IV, V) QC_PAIRS_2(IV, V) QC_PAIRS_TAPS(IV, V, "r9", "r10", "r11", "r7", "r8", "r9", "{r9, r10}")
#define QC_PAIRS_5(IV, V) QC_PAIRS_4(IV, V) QC_PAIRS_TAP(IV, V, "r11", "r7", "r8", "r9", "r10")
#define QC_PAIRS_7(IV, V)                                                              \
    QC_PAIRS_4(IV, V) QC_PAIRS_TAPS(IV, V, "r11", "r7", "r8", "r9", "r10", "r7", "{r7, r11}") \
    QC_PAIRS_TAP(IV, V, "r8", "r9", "r10", "r7", "r11")
/* Those of a kernel row with a column stride of 2. */
#define QC_PAIRS_ODD "ldr r7, [sp, #36]\n\tadd r0, r0, r7\n\t"
#define QC_PAIRS_5_2(IV, V) QC_PAIRS_3(IV, V) QC_PAIRS_ODD QC_PAIRS_2(IV, V)
#define QC_PAIRS_7_2(IV, V) QC_PAIRS_4(IV, V) QC_PAIRS_ODD QC_PAIRS_3(IV, V)
#define QC_PAIRS_CODE(SATURATE, A)                      \
    "smmul " A ", " A ", r7\n\t"                        \
    SATURATE " " A ", #8, " A ", asr %[shift]\n\t"      \
    "strb " A ", [r8]\n\t"                              \
    "add r8, r8, r9\n\t"
#define QC_PAIRS_ROW(TAPS, SATURATE, IV, V)             \
    "push {r4-r11, lr}\n\t"                             \
    "ldm r2, {r3-r12}\n\t"                              \
    "push {r3-r12}\n"                                   \
    "0:\n\t"                                            \
    "ldrd r1, r2, [sp, #20]\n\t"                        \
    "mov r3, r2\n\t"                                    \
    "mov r4, r2\n\t"                                    \
    IV("mov r5, r2\n\t")                                \
    V("mov r6, r2\n")                                   \
    "1:\n\t"                                            \
    TAPS(IV, V)                                         \
    "ldrd r7, r8, [sp, #12]\n\t"                        \
    "add r0, r0, r7\n\t"                                \
    "cmp r1, r8\n\t"                                    \
    "bne 1b\n\t"                                        \
    "ldm sp, {r7, r8, r9}\n\t"                          \
    QC_PAIRS_CODE(SATURATE, "r2")                       \
    QC_PAIRS_CODE(SATURATE, "r3")                       \
    QC_PAIRS_CODE(SATURATE, "r4")                       \
    IV(QC_PAIRS_CODE(SATURATE, "r5"))                   \
    V(QC_PAIRS_CODE(SATURATE, "r6"))                    \
    "str r8, [sp, #4]\n\t"                              \
    "ldrd r10, r11, [sp, #28]\n\t"                      \
    "add r0, r0, r10\n\t"                               \
    "subs r11, r11, #1\n\t"                             \
    "str r11, [sp, #32]\n\t"                            \
    "bne 0b\n\t"                                        \
    "add sp, #40\n\t"                                   \
    "pop {r4-r11, lr}"
#endif

/* Columns that the multiplies of a run read at once, in advance included. */
QC_INLINE int32_t qc_pairs_read(int32_t taps)
{
    return 5 + taps / 2 * 2;
}

/* `blocks` times `block` neighbouring outputs. kernel_width, stride, block and shift are literal. */
QC_INLINE void qc_pairs_blocks(const uint32_t *ring, const qc_pairs_row *row, int32_t columns, int32_t kernel_width, int32_t stride,
                               int32_t block, int shift, int y_signed)
{
#if QC_DSP_ASSEMBLY
    register const uint32_t *r0 __asm__("r0") = ring;
    register uint32_t r1 __asm__("r1") = 0;
    register const qc_pairs_row *r2 __asm__("r2") = row;

    (void)columns;
#define QC_PAIRS(TAPS, SATURATE, IV, V)                                                                            \
    __asm__ volatile(QC_PAIRS_ROW(TAPS, SATURATE, IV, V) : "+r"(r0), "+r"(r1), "+r"(r2) : [shift] "i"(shift) \
                     : "r3", "r12", "cc", "memory")
#define QC_PAIRS_BLOCK(TAPS, SATURATE)                             \
    if (block == 5) {                                              \
        QC_PAIRS(TAPS, SATURATE, QC_PAIRS_KEEP, QC_PAIRS_KEEP);    \
    } else if (block == 4) {                                       \
        QC_PAIRS(TAPS, SATURATE, QC_PAIRS_KEEP, QC_PAIRS_SKIP);    \
    } else {                                                       \
        QC_PAIRS(TAPS, SATURATE, QC_PAIRS_SKIP, QC_PAIRS_SKIP);    \
    }
#define QC_PAIRS_FORMS(TAPS)              \
    if (y_signed) {                       \
        QC_PAIRS_BLOCK(TAPS, "ssat")      \
    } else {                              \
        QC_PAIRS_BLOCK(TAPS, "usat")      \
    }
    if (kernel_width == 5 && stride == 1) {
        QC_PAIRS_FORMS(QC_PAIRS_5)
    } else if (kernel_width == 5) {
        QC_PAIRS_FORMS(QC_PAIRS_5_2)
    } else if (stride == 1) {
        QC_PAIRS_FORMS(QC_PAIRS_7)
    } else {
        QC_PAIRS_FORMS(QC_PAIRS_7_2)
    }
#undef QC_PAIRS_FORMS
#undef QC_PAIRS_BLOCK
#undef QC_PAIRS
#else
    const int32_t even = stride == 1 ? kernel_width : (kernel_width + 1) / 2;
    uint8_t *y = row->y;
    int32_t output;

    for (output = 0; output < row->blocks * block; output++) {
        const uint32_t *lanes = row->weights;
        const uint32_t *codes = ring + output;
        int32_t sum = (int32_t)row->start;
        int32_t k;

        for (; lanes < row->end; lanes += kernel_width) {
            for (k = 0; k < kernel_width; k++) {
                sum = qc_smlad(codes[k < even ? k : (columns + 1) / 2 + k - even], lanes[k], sum);
            }
            codes += columns;
        }
        *y = qc_requantize_high(sum, row->multiplier, 0, shift, y_signed);
        y += row->step;
    }
#endif
}

/* Lanes of the even and the odd windows of a channel, `rows` of them, of which those from `pairs` on repeat the first. */
QC_INLINE void qc_pairs_records(uint32_t *even, uint32_t *odd, const uint32_t *stream, int32_t pairs, int32_t rows, int32_t kernel_width)
{
    const int32_t lanes = pairs * kernel_width;
    const int32_t all = rows * kernel_width;
    int32_t i;

    for (i = 0; i < lanes; i += 2) {
        even[i] = (*stream << 8) & 0xFF00FF00u;
        even[i + 1] = *stream & 0xFF00FF00u;
        stream++;
    }
    for (i = lanes; i < all; i++) {
        even[i] = even[i - lanes];
    }
    if (odd) {
        for (i = 0; i < kernel_width; i++) {
            odd[i] = even[i] << 16;
        }
        for (; i < lanes; i++) {
            odd[i] = (even[i] << 16) | (even[i - kernel_width] >> 16);
        }
        for (; i < all; i++) {
            odd[i] = odd[i - lanes];
        }
    }
}

/* The image's columns in a slot. */
typedef struct {
    int32_t count;
    int32_t first;  /* where the first of them lies, and the second; those behind follow at `pitch` */
    int32_t second;
    int32_t pitch;
    uint32_t padding; /* the padding code in both lanes */
} qc_pairs_columns;

QC_INLINE qc_pairs_columns qc_pairs_columns_of(const qc_window *s, int32_t columns, int32_t stride, int x_signed)
{
    const int32_t covered = columns - s->pad_left;
    const int32_t half = (columns + 1) / 2;
    const int32_t second = s->pad_left + 1;
    const qc_pairs_columns result = {s->width < covered ? s->width : covered,
                                     stride == 1 ? s->pad_left : s->pad_left % 2 * half + s->pad_left / 2,
                                     stride == 1 ? second : second % 2 * half + second / 2, stride == 1 ? 2 : 1,
                                     ((uint32_t)qc_code(s->pad_value, x_signed) & 0xFFFFu) * 0x10001u};

    return result;
}

QC_INLINE uint32_t qc_pairs_word(const uint8_t *a, const uint8_t *b, uint32_t padding, int x_signed)
{
    return qc_ssub16(qc_pack_low((uint32_t)qc_code(*a, x_signed), (uint32_t)qc_code(*b, x_signed)), padding);
}

/* Pairs rows y and y + 1 of a channel; those outside the image are padding. */
QC_INLINE void qc_pairs_fill(const qc_window *s, uint32_t *slot, const qc_pairs_columns *columns, const uint8_t *x, int32_t y, int x_signed)
{
    const int a_inside = y >= 0 && y < s->height;
    const int b_inside = y >= -1 && y + 1 < s->height;
    const int32_t line = s->width * s->channels;
    const uint8_t *a = a_inside ? x + y * line : &s->pad_value;
    const uint8_t *b = b_inside ? x + (y + 1) * line : &s->pad_value;
    const int32_t a_step = a_inside ? s->channels : 0;
    const int32_t b_step = b_inside ? s->channels : 0;
    uint32_t *first = slot + columns->first;
    uint32_t *second = slot + columns->second;
    int32_t left;

    for (left = columns->count; left >= 2; left -= 2) {
        *first = qc_pairs_word(a, b, columns->padding, x_signed);
        *second = qc_pairs_word(a + a_step, b + b_step, columns->padding, x_signed);
        a += 2 * a_step;
        b += 2 * b_step;
        first += columns->pitch;
        second += columns->pitch;
    }
    if (left > 0) {
        *first = qc_pairs_word(a, b, columns->padding, x_signed);
    }
}

/*
 * Every window must touch the image. scratch: a word for each column that the windows of a row cover and each slot, then the records.
 * stride is stride_x, literal, so are kernel_width and `block`: 3, 4 or 5 outputs, not more than a row has.
 */
QC_INLINE void qc_depthwise_pairs(const qc_window *s, const uint8_t *x, const uint32_t *stream, uint8_t *y, uint32_t *scratch,
                                  int32_t kernel_width, int32_t stride, int32_t block, int shift, int x_signed, int y_signed)
{
    const int32_t pairs = s->kernel_height / 2 + 1;
    const int32_t outputs = s->out_width;
    const int32_t columns = (outputs - 1) * stride + kernel_width;
    const int32_t half = (columns + 1) / 2;
    const int32_t even_read = qc_pairs_read(stride == 1 ? kernel_width : (kernel_width + 1) / 2);
    const int32_t next = columns - (stride == 1 ? even_read : half + qc_pairs_read(kernel_width / 2));
    const qc_pairs_columns image = qc_pairs_columns_of(s, columns, stride, x_signed);
    const int32_t begin = s->pad_top / 2; /* pairs of the image */
    const int32_t end = (s->pad_top + s->height + 1) / 2;
    const int32_t rows = s->out_height > 1 && end - begin > pairs ? 2 * pairs - 1 : pairs;
    uint32_t *const even = scratch + pairs * columns;
    uint32_t *const odd = s->out_height > 1 && s->stride_y % 2 == 1 ? even + rows * kernel_width : 0;
    int32_t channel;

    /* Columns of padding keep it. */
    memset(scratch, 0, (size_t)(4 * pairs * columns));
    for (channel = 0; channel < s->channels; channel++) {
        int32_t made = 0;
        int32_t row;

        qc_pairs_records(even, odd, stream + 2, pairs, rows, kernel_width);
        for (row = 0; row < s->out_height; row++) {
            const int32_t top = row * s->stride_y;
            const int32_t first = top / 2;
            const int32_t from = first < begin ? begin : first;
            int32_t to = first + pairs < end ? first + pairs : end;
            int32_t slot = (from - begin) % pairs;
            const uint32_t *weights = (top % 2 == 1 && odd ? odd : even) + (from - first) * kernel_width;
            qc_pairs_row run;

            if (slot + to - from > pairs) {
                /* The ring has turned: all slots, beginning inside the window. */
                weights += (pairs - slot) * kernel_width;
                to = from + pairs;
                slot = 0;
            }
            for (made = made < from ? from : made; made < to; made++) {
                qc_pairs_fill(s, scratch + (made - begin) % pairs * columns, &image, x + channel, 2 * made - s->pad_top, x_signed);
            }
            run.multiplier = stream[0];
            run.y = y + row * outputs * s->channels + channel;
            run.step = s->channels;
            run.next = 4 * next;
            run.end = weights + (to - from) * kernel_width;
            run.weights = weights;
            run.start = stream[1];
            run.back = 4 * (block - (to - from) * columns);
            run.blocks = outputs / block;
            run.odd = 4 * (half - even_read);
            qc_pairs_blocks(scratch + slot * columns, &run, columns, kernel_width, stride, block, shift, y_signed);
            if (outputs % block > 0) {
                /* The last block overlaps the one before it. */
                run.y += (outputs - block) * s->channels;
                run.blocks = 1;
                qc_pairs_blocks(scratch + slot * columns + outputs - block, &run, columns, kernel_width, stride, block, shift, y_signed);
            }
        }
        stream += 2 + (pairs * kernel_width + 1) / 2;
    }
}

#endif
