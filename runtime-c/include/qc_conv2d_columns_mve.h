/*
 * 3x3 convolution without dilation on Helium of inputs whose channels are a multiple of 16: two channels by four neighbouring
 * pixels of output at a time. Three rows lie padded in scratch; a column of 16 channels is loaded once for all windows that have
 * it, so that 24 multiplies with sum, of 16 products each, need six loads of codes (stride 2: nine) and six of weights.
 *
 * Where four do not divide the columns, the last four are computed once more. Needs an even number of output channels, four columns
 * of output, and requantization with scale 256 and even multipliers.
 *
 * Weights per pair of channels: per kernel row, per 16 input channels, per kernel column 16 of each channel; then addend and half
 * the multiplier of each.
 */
#ifndef QC_CONV2D_COLUMNS_MVE_H
#define QC_CONV2D_COLUMNS_MVE_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_mve.h"
#include "qc_window.h"

enum { QC_MVE_MOST_SEGMENTS = 48 };

/* Blocks of a row. Assembly reads it by offset: every member but `offsets` takes four bytes there. */
typedef struct {
    uint8_t *y;                                    /* moves on with each block */
    const uint8_t *segments[QC_MVE_MOST_SEGMENTS]; /* 16 channels of a row, from its first block's first column on; the first one last */
    int32_t last;                                  /* 4 times their number */
    int32_t end;                                   /* bytes from the row's first block to behind the last */
    const uint32_t *weights;
    int32_t y_step;
    uint16_t offsets[8]; /* of a block's results: of each pixel both channels */
    int32_t lo;
    int32_t hi;
} qc_mve_columns;

#if QC_MVE_ASSEMBLY

/* A column in the register X times the weights of one kernel column, for pixel sums S0 and S1 of both channels. */
#define QC_MVE_TIMES(A, X, W0, W1, S0, S1)           \
    "vmladav" A ".s8 " S0 ", " X ", " W0 "\n\t"      \
    "vmladav" A ".s8 " S1 ", " X ", " W1 "\n\t"

#define QC_MVE_COLUMN(X) "vldrw.32 " X ", [r3], %[depth]\n\t"

#define QC_MVE_PIXEL0(A, X, W0, W1) QC_MVE_TIMES(A, X, W0, W1, "r0", "r8")
#define QC_MVE_PIXEL1(A, X, W0, W1) QC_MVE_TIMES(A, X, W0, W1, "r2", "r10")
#define QC_MVE_PIXEL2(A, X, W0, W1) QC_MVE_TIMES(A, X, W0, W1, "r4", "r12")
#define QC_MVE_PIXEL3(A, X, W0, W1) QC_MVE_TIMES(A, X, W0, W1, "r6", "lr")

#define QC_MVE_SEGMENT_WEIGHTS           \
    "vldrw.32 q2, [r1], #16\n\t"         \
    "vldrw.32 q3, [r1], #16\n\t"         \
    "vldrw.32 q4, [r1], #16\n\t"         \
    "vldrw.32 q5, [r1], #16\n\t"         \
    "vldrw.32 q6, [r1], #16\n\t"         \
    "vldrw.32 q7, [r1], #16\n\t"

/* 16 channels of a kernel row; FIRST: "" where sums begin, else "a". */
#define QC_MVE_SEGMENT_1(FIRST)                                                                 \
    QC_MVE_SEGMENT_WEIGHTS                                                                      \
    QC_MVE_COLUMN("q0") QC_MVE_PIXEL0(FIRST, "q0", "q2", "q3")                                  \
    QC_MVE_COLUMN("q1") QC_MVE_PIXEL0("a", "q1", "q4", "q5") QC_MVE_PIXEL1(FIRST, "q1", "q2", "q3") \
    QC_MVE_COLUMN("q0") QC_MVE_PIXEL0("a", "q0", "q6", "q7") QC_MVE_PIXEL1("a", "q0", "q4", "q5")   \
    QC_MVE_PIXEL2(FIRST, "q0", "q2", "q3")                                                      \
    QC_MVE_COLUMN("q1") QC_MVE_PIXEL1("a", "q1", "q6", "q7") QC_MVE_PIXEL2("a", "q1", "q4", "q5")   \
    QC_MVE_PIXEL3(FIRST, "q1", "q2", "q3")                                                      \
    QC_MVE_COLUMN("q0") QC_MVE_PIXEL2("a", "q0", "q6", "q7") QC_MVE_PIXEL3("a", "q0", "q4", "q5")   \
    QC_MVE_COLUMN("q1") QC_MVE_PIXEL3("a", "q1", "q6", "q7")

#define QC_MVE_SEGMENT_2(FIRST)                                                                 \
    QC_MVE_SEGMENT_WEIGHTS                                                                      \
    QC_MVE_COLUMN("q0") QC_MVE_PIXEL0(FIRST, "q0", "q2", "q3")                                  \
    QC_MVE_COLUMN("q1") QC_MVE_PIXEL0("a", "q1", "q4", "q5")                                    \
    QC_MVE_COLUMN("q0") QC_MVE_PIXEL0("a", "q0", "q6", "q7") QC_MVE_PIXEL1(FIRST, "q0", "q2", "q3") \
    QC_MVE_COLUMN("q1") QC_MVE_PIXEL1("a", "q1", "q4", "q5")                                    \
    QC_MVE_COLUMN("q0") QC_MVE_PIXEL1("a", "q0", "q6", "q7") QC_MVE_PIXEL2(FIRST, "q0", "q2", "q3") \
    QC_MVE_COLUMN("q1") QC_MVE_PIXEL2("a", "q1", "q4", "q5")                                    \
    QC_MVE_COLUMN("q0") QC_MVE_PIXEL2("a", "q0", "q6", "q7") QC_MVE_PIXEL3(FIRST, "q0", "q2", "q3") \
    QC_MVE_COLUMN("q1") QC_MVE_PIXEL3("a", "q1", "q4", "q5")                                    \
    QC_MVE_COLUMN("q0") QC_MVE_PIXEL3("a", "q0", "q6", "q7")

#define QC_MVE_COLUMNS_CLIP            \
    "ldrd r0, r2, [r9, #228]\n\t"      \
    "vdup.16 q1, r0\n\t"               \
    "vmax.s16 q0, q0, q1\n\t"          \
    "vdup.16 q1, r2\n\t"               \
    "vmin.s16 q0, q0, q1\n\t"

#define QC_MVE_COLUMNS(SEGMENT, CLIP, NARROW)                                                    \
    __asm__ volatile("1:\n\t"                                                                    \
                     "ldr r5, [r9, #196]\n\t"                                                    \
                     "ldr r1, [r9, #204]\n\t"                                                    \
                     "ldr r3, [r9, r5]\n\t"                                                      \
                     "add r3, r3, r11\n\t" SEGMENT("")                                           \
                     "subs r5, r5, #4\n"                                                         \
                     "2:\n\t"                                                                    \
                     "ldr r3, [r9, r5]\n\t"                                                      \
                     "add r3, r3, r11\n\t" SEGMENT("a")                                          \
                     "subs r5, r5, #4\n\t"                                                       \
                     "bne 2b\n\t"                                                                \
                     "vmov q0[2], q0[0], r0, r4\n\t"                                             \
                     "vmov q0[3], q0[1], r2, r6\n\t"                                             \
                     "vmov q1[2], q1[0], r8, r12\n\t"                                            \
                     "vmov q1[3], q1[1], r10, lr\n\t"                                            \
                     "ldrd r0, r2, [r1]\n\t"                                                     \
                     "ldrd r4, r6, [r1, #8]\n\t"                                                 \
                     "vmov.i32 q2, #0x100\n\t"                                                   \
                     "vmlas.s32 q0, q2, r0\n\t"                                                  \
                     "vmlas.s32 q1, q2, r4\n\t"                                                  \
                     "vldrh.u16 q2, [r9, #212]\n\t"                                              \
                     "vqdmulh.s32 q0, q0, r2\n\t"                                                \
                     "vqdmulh.s32 q1, q1, r6\n\t"                                                \
                     "ldr r8, [r9]\n\t"                                                          \
                     "ldr r10, [r9, #208]\n\t"                                                   \
                     "vqrshrnb.s32 q0, q0, %[shift]\n\t"                                         \
                     "vqrshrnt.s32 q0, q1, %[shift]\n\t" CLIP NARROW " q0, q0\n\t"               \
                     "ldr r12, [r9, #200]\n\t"                                                   \
                     "add r11, r11, %[step]\n\t"                                                 \
                     "vstrb.16 q0, [r8, q2]\n\t"                                                 \
                     "add r8, r8, r10\n\t"                                                       \
                     "str r8, [r9]\n\t"                                                          \
                     "cmp r11, r12\n\t"                                                          \
                     "bne 1b"                                                                    \
                     : "+r"(at)                                                                  \
                     : "r"(row), [shift] "i"(q.shift), [depth] "i"(depth), [step] "i"(4 * stride * depth) \
                     : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r10", "r12", "lr", "q0", "q1", "q2", "q3", "q4", "q5", \
                       "q6", "q7", "cc", "memory")

#define QC_MVE_COLUMNS_OF_STRIDE(CLIP, NARROW)                           \
    do {                                                                 \
        if (stride == 1) {                                               \
            QC_MVE_COLUMNS(QC_MVE_SEGMENT_1, CLIP, NARROW);              \
        } else {                                                         \
            QC_MVE_COLUMNS(QC_MVE_SEGMENT_2, CLIP, NARROW);              \
        }                                                                \
    } while (0)

#endif

/* The blocks of a row from the one that begins `first` bytes on; y moves on, all other members stay. */
QC_INLINE void qc_mve_column_blocks(qc_mve_columns *p, int32_t first, qc_mve_requant q, int32_t depth, int stride)
{
#if QC_MVE_ASSEMBLY
    register qc_mve_columns *row __asm__("r9") = p;
    register int32_t at __asm__("r11") = first;

    if (q.y_signed) {
        if (q.clipped) {
            QC_MVE_COLUMNS_OF_STRIDE(QC_MVE_COLUMNS_CLIP, "vqmovnb.s16");
        } else {
            QC_MVE_COLUMNS_OF_STRIDE("", "vqmovnb.s16");
        }
    } else {
        if (q.clipped) {
            QC_MVE_COLUMNS_OF_STRIDE(QC_MVE_COLUMNS_CLIP, "vqmovunb.s16");
        } else {
            QC_MVE_COLUMNS_OF_STRIDE("", "vqmovunb.s16");
        }
    }
#else
    for (; first < p->end; first += 4 * stride * depth, p->y += p->y_step) {
        int32_t i;

        for (i = 0; i < 8; i++) {
            const uint32_t *weights = p->weights;
            int32_t sum = 0;
            int32_t segment;
            int32_t k;

            for (segment = p->last / 4 - 1; segment >= 0; segment--, weights += 24) {
                const uint8_t *const codes = p->segments[segment] + first + i / 2 * stride * depth;

                for (k = 0; k < 48; k++) {
                    sum += (int32_t)(int8_t)codes[k / 16 * depth + k % 16] * qc_mve_weight(weights, k / 16 * 32 + i % 2 * 16 + k % 16);
                }
            }
            weights += i % 2 * 2;
            p->y[p->offsets[i]] = (uint8_t)qc_clamp(
                qc_requant_high_word((int32_t)((uint32_t)sum * 256u + weights[0]), (int32_t)(2 * weights[1]), q.shift), q.lo, q.hi);
        }
    }
#endif
}

/* scratch: three rows of (out_width - 1)*stride + 3 pixels, aligned to 4. `depth` (channels of input, at most 256) and `stride` (across, 1 or 2) are literal in every call. */
QC_INLINE void qc_conv2d_columns_mve(const qc_window *s, const uint8_t *x, const uint32_t *weights, uint8_t *y, uint8_t *scratch,
                                     qc_mve_requant q, int x_signed, int32_t depth, int stride)
{
    const int32_t columns = (s->out_width - 1) * stride + 3;
    const int32_t inside = (columns - s->pad_left < s->width ? columns - s->pad_left : s->width) * depth;
    const int32_t segments = 3 * depth / 16;
    const int32_t step = 4 * stride * depth;
    const uint8_t pad = (uint8_t)qc_mve_code(s->pad_value, x_signed);
    uint8_t *rows[3];
    qc_mve_columns p;
    int32_t next = 0; /* the padded image's next row to copy */
    int32_t row;
    int32_t i;

    rows[0] = scratch;
    rows[1] = rows[0] + columns * depth;
    rows[2] = rows[1] + columns * depth;
    qc_mve_fill(scratch, pad, 3 * columns * depth);
    for (i = 0; i < 8; i++) {
        p.offsets[i] = (uint16_t)(i / 2 * s->out_channels + i % 2);
    }
    p.last = 4 * segments;
    p.y_step = 4 * s->out_channels;
    p.lo = q.lo;
    p.hi = q.hi;
    for (row = 0; row < s->out_height; row++, y += s->out_width * s->out_channels) {
        int32_t channel;

        for (; next < row * s->stride_y + 3; next++) {
            const int32_t iy = next - s->pad_top;
            uint8_t *const oldest = rows[0];

            rows[0] = rows[1];
            rows[1] = rows[2];
            rows[2] = oldest;
            if (iy >= 0 && iy < s->height) {
                qc_mve_copy_signed(oldest + s->pad_left * depth, x + iy * s->width * depth, inside, x_signed);
            } else {
                qc_mve_fill(oldest + s->pad_left * depth, pad, inside);
            }
        }
        for (i = 0; i < segments; i++) {
            p.segments[segments - 1 - i] = rows[16 * i / depth] + 16 * i % depth;
        }
        p.weights = weights;
        for (channel = 0; channel < s->out_channels; channel += 2) {
            p.y = y + channel;
            p.end = s->out_width / 4 * step;
            qc_mve_column_blocks(&p, 0, q, depth, stride);
            if (s->out_width % 4) {
                const int32_t first = (s->out_width - 4) * stride * depth;

                p.y = y + channel + (s->out_width - 4) * s->out_channels;
                p.end = first + step;
                qc_mve_column_blocks(&p, first, q, depth, stride);
            }
            p.weights += 24 * segments + 4;
        }
    }
}

#endif
