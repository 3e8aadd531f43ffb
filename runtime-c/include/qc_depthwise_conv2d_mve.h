/*
 * Depthwise convolution without dilation on Helium, one output channel per input channel: eight channels at a time, two
 * pixels at a time. Eight channels of as many rows as the kernel has are kept as 16-bit lanes, codes times 256, with their
 * padding; a new row takes the place of the oldest.
 *
 * Where eight do not divide the channels, the last block repeats some of the block before; likewise the last pair of pixels
 * of the last row, while those of other rows run into the row behind. So nothing is masked. Needs 8 channels and 2 columns of output at least, and requantization with scale 256.
 *
 * Constants: per block those of qc_mve.h, then eight weights per tap.
 */
#ifndef QC_DEPTHWISE_CONV2D_MVE_H
#define QC_DEPTHWISE_CONV2D_MVE_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_mve.h"
#include "qc_window.h"

enum { QC_MVE_MOST_ROWS = 8 };

/* One row of output pixels of eight channels. Assembly reads it by offset: every member takes four bytes there. */
typedef struct {
    int16_t *rows[QC_MVE_MOST_ROWS]; /* of the kernel */
    int32_t kernel_height;
    int32_t kernel_width;
    int32_t stride; /* lanes from pixel to pixel */
    int32_t channels;
    int32_t lo;
    int32_t hi;
} qc_mve_rows;

/* Code times 256 as signed multiplies see it: unsigned codes less 128. */
QC_INLINE int16_t qc_mve_lane(uint8_t code, int x_signed)
{
    return (int16_t)(qc_mve_code(code, x_signed) * 256);
}

/* Widens eight channels of n (at least 1) pixels, `channels` bytes apart. */
QC_INLINE void qc_mve_widen(int16_t *to, const uint8_t *codes, int32_t n, int32_t channels, int x_signed)
{
#if QC_MVE_ASSEMBLY
#define QC_MVE_WIDEN(FLIP)                                                   \
    __asm__ volatile("vmov.i16 q1, #0x8000\n\t"                              \
                     "dls lr, %[n]\n"                                        \
                     "1:\n\t"                                                \
                     "vldrb.u16 q0, [%[codes]]\n\t"                          \
                     "add %[codes], %[codes], %[channels]\n\t"               \
                     "vshl.i16 q0, q0, #8\n\t" FLIP "vstrh.16 q0, [%[to]], #16\n\t" \
                     "le lr, 1b"                                             \
                     : [to] "+r"(to), [codes] "+l"(codes)                    \
                     : [n] "r"(n), [channels] "r"(channels)                  \
                     : "q0", "q1", "lr", "memory")
    if (x_signed) {
        QC_MVE_WIDEN("");
    } else {
        QC_MVE_WIDEN("veor q0, q0, q1\n\t");
    }
#undef QC_MVE_WIDEN
#else
    int32_t c;

    for (; n > 0; n--, codes += channels, to += 8) {
        for (c = 0; c < 8; c++) {
            to[c] = qc_mve_lane(codes[c], x_signed);
        }
    }
#endif
}

/* Writes n times eight lanes of the padding code. */
QC_INLINE void qc_mve_pad_lanes(int16_t *to, int32_t n, uint8_t pad_value, int x_signed)
{
    const int16_t lane = qc_mve_lane(pad_value, x_signed);
    int32_t i;

    for (i = 0; i < 8 * n; i++) {
        to[i] = lane;
    }
}

#if QC_MVE_ASSEMBLY

/* Adds the products of eight lanes to the sums of even and of odd channels. */
#define QC_MVE_LANES(X, W, EVEN, ODD)             \
    "vmullb.s16 q7, " X ", " W "\n\t"             \
    "vadd.i32 " EVEN ", " EVEN ", q7\n\t"         \
    "vmullt.s16 q7, " X ", " W "\n\t"             \
    "vadd.i32 " ODD ", " ODD ", q7\n\t"

#define QC_MVE_SUMS_BEGIN                \
    "vldrw.32 q0, [r3, #-64]\n\t"        \
    "vldrw.32 q1, [r3, #-48]\n\t"        \
    "vmov q2, q0\n\t"                    \
    "vmov q3, q1\n\t"

#define QC_MVE_SUMS_CLIP                 \
    "ldr r6, [r2, #48]\n\t"              \
    "vdup.16 q4, r6\n\t"                 \
    "ldr r6, [r2, #52]\n\t"              \
    "vdup.16 q5, r6\n\t"                 \
    "vmax.s16 q0, q0, q4\n\t"            \
    "vmax.s16 q2, q2, q4\n\t"            \
    "vmin.s16 q0, q0, q5\n\t"            \
    "vmin.s16 q2, q2, q5\n\t"

#define QC_MVE_SUMS_STORE(CLIP, NARROW)                                       \
    "vldrw.32 q4, [r3, #-32]\n\t"                                             \
    "vldrw.32 q5, [r3, #-16]\n\t"                                             \
    "vmulh.s32 q0, q0, q4\n\t"                                                \
    "vmulh.s32 q1, q1, q5\n\t"                                                \
    "vmulh.s32 q2, q2, q4\n\t"                                                \
    "vmulh.s32 q3, q3, q5\n\t"                                                \
    "vqrshrnb.s32 q0, q0, %[shift]\n\t"                                       \
    "vqrshrnt.s32 q0, q1, %[shift]\n\t"                                       \
    "vqrshrnb.s32 q2, q2, %[shift]\n\t"                                       \
    "vqrshrnt.s32 q2, q3, %[shift]\n\t" CLIP NARROW " q0, q0\n\t" NARROW " q2, q2\n\t" \
    "vstrb.16 q0, [r4]\n\t"                                                   \
    "add r4, r4, r5\n\t"                                                      \
    "vstrb.16 q2, [r4]\n\t"                                                   \
    "add r4, r4, r5\n\t"

#define QC_MVE_ROWS_CLOBBERED "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "cc", "memory"

#define QC_MVE_ANY_KERNEL(CLIP, NARROW)                                                                                 \
    __asm__ volatile("ldr r10, [r2, #40]\n\t"                                                                           \
                     "lsl r10, r10, #1\n"                                                                               \
                     "1:\n\t"                                                                                           \
                     "mov r12, r2\n\t"                                                                                  \
                     "ldr r8, [r2, #32]\n\t" QC_MVE_SUMS_BEGIN "mov r11, r3\n"                                          \
                     "2:\n\t"                                                                                           \
                     "ldr r9, [r12], #4\n\t"                                                                            \
                     "add r9, r9, r0\n\t"                                                                               \
                     "add r6, r9, r10\n\t"                                                                              \
                     "ldr lr, [r2, #36]\n\t"                                                                            \
                     "dls lr, lr\n"                                                                                     \
                     "3:\n\t"                                                                                           \
                     "vldrh.u16 q4, [r9], #16\n\t"                                                                      \
                     "vldrh.u16 q5, [r6], #16\n\t"                                                                      \
                     "vldrb.s16 q6, [r3], #8\n\t" QC_MVE_LANES("q4", "q6", "q0", "q1")                                  \
                         QC_MVE_LANES("q5", "q6", "q2", "q3") "le lr, 3b\n\t"                                           \
                     "subs r8, r8, #1\n\t"                                                                              \
                     "bne 2b\n\t"                                                                                       \
                     "mov r3, r11\n\t" QC_MVE_SUMS_STORE(CLIP, NARROW) "add r0, r0, r10, lsl #1\n\t"                    \
                     "subs r1, r1, #1\n\t"                                                                              \
                     "bne 1b"                                                                                           \
                     : "+r"(output), "+r"(offset), "+r"(pairs), "+r"(weights)                                           \
                     : "r"(structure), "r"(pitch), [shift] "i"(q.shift)                                                 \
                     : "r6", "r8", "r9", "r10", "r11", "r12", QC_MVE_ROWS_CLOBBERED)

#endif

/* `count` (at least 1) pairs of pixels from the lane `first` of each row on. y: the first pixel's first of eight channels. */
QC_INLINE void qc_mve_row_pairs(const qc_mve_rows *rows, int32_t first, int32_t count, const uint32_t *constants, qc_mve_requant q,
                                uint8_t *y)
{
#if QC_MVE_ASSEMBLY
    register int32_t offset __asm__("r0") = 2 * first;
    register int32_t pairs __asm__("r1") = count;
    register const qc_mve_rows *structure __asm__("r2") = rows;
    register const uint32_t *weights __asm__("r3") = constants + QC_MVE_CONSTANTS;
    register uint8_t *output __asm__("r4") = y;
    register int32_t pitch __asm__("r5") = rows->channels;

    if (q.y_signed) {
        if (q.clipped) {
            QC_MVE_ANY_KERNEL(QC_MVE_SUMS_CLIP, "vqmovnb.s16");
        } else {
            QC_MVE_ANY_KERNEL("", "vqmovnb.s16");
        }
    } else {
        if (q.clipped) {
            QC_MVE_ANY_KERNEL(QC_MVE_SUMS_CLIP, "vqmovunb.s16");
        } else {
            QC_MVE_ANY_KERNEL("", "vqmovunb.s16");
        }
    }
#else
    int32_t pixel;

    for (pixel = 0; pixel < 2 * count; pixel++) {
        int32_t c;

        for (c = 0; c < 8; c++) {
            uint32_t scaled = constants[qc_mve_place(c)];
            int32_t tap = 0;
            int32_t ky;
            int32_t kx;

            for (ky = 0; ky < rows->kernel_height; ky++) {
                const int16_t *const lanes = rows->rows[ky] + first + pixel * rows->stride + c;

                for (kx = 0; kx < rows->kernel_width; kx++, tap++) {
                    scaled += (uint32_t)(lanes[8 * kx] * qc_mve_weight(constants + QC_MVE_CONSTANTS, 8 * tap + c));
                }
            }
            y[pixel * rows->channels + c] = qc_mve_requantize(q, scaled, constants, c);
        }
    }
#endif
}

/*
 * scratch: kernel_height rows of 8 * ((2 * ((out_width + 1) / 2) - 1) * stride_x + kernel_width) lanes.
 */
QC_INLINE void qc_depthwise_conv2d_mve(const qc_window *s, const uint8_t *x, const uint32_t *constants, uint8_t *y, int16_t *scratch,
                                       qc_mve_requant q, int x_signed)
{
    const int32_t kernel_height = s->kernel_height;
    const int32_t kernel_width = s->kernel_width;
    const int32_t stride_x = s->stride_x;
    const int32_t pairs = (s->out_width + 1) / 2;
    const int32_t columns = (2 * pairs - 1) * stride_x + kernel_width;
    const int32_t inside = columns - s->pad_left < s->width ? columns - s->pad_left : s->width;
    qc_mve_rows rows;
    int32_t block;

    rows.kernel_height = kernel_height;
    rows.kernel_width = kernel_width;
    rows.stride = 8 * stride_x;
    rows.channels = s->channels;
    rows.lo = q.lo;
    rows.hi = q.hi;
    qc_mve_pad_lanes(scratch, kernel_height * columns, s->pad_value, x_signed);
    for (block = 0; block < s->channels; block += 8) {
        const int32_t channel = block <= s->channels - 8 ? block : s->channels - 8;
        uint8_t *out = y + channel;
        int32_t next = 0; /* the padded image's next row to widen */
        int32_t row;
        int32_t ky;

        for (ky = 0; ky < kernel_height; ky++) {
            rows.rows[ky] = scratch + 8 * ky * columns;
        }
        for (row = 0; row < s->out_height; row++) {
            const int32_t end = row * s->stride_y + kernel_height;

            for (; next < end; next++) {
                const int32_t iy = next - s->pad_top;
                int16_t *const oldest = rows.rows[0];

                for (ky = 0; ky < kernel_height - 1; ky++) {
                    rows.rows[ky] = rows.rows[ky + 1];
                }
                rows.rows[kernel_height - 1] = oldest;
                if (iy >= 0 && iy < s->height) {
                    qc_mve_widen(oldest + 8 * s->pad_left, x + iy * s->width * s->channels + channel, inside, s->channels, x_signed);
                } else {
                    qc_mve_pad_lanes(oldest + 8 * s->pad_left, inside, s->pad_value, x_signed);
                }
            }
            if (s->out_width % 2 == 0 || row + 1 < s->out_height) {
                /* An odd last pair ends where the next row's results will overwrite it. */
                qc_mve_row_pairs(&rows, 0, pairs, constants, q, out);
            } else {
                qc_mve_row_pairs(&rows, 0, pairs - 1, constants, q, out);
                qc_mve_row_pairs(&rows, (s->out_width - 2) * rows.stride, 1, constants, q,
                                 out + (s->out_width - 2) * s->channels);
            }
            out += s->out_width * s->channels;
        }
        constants += QC_MVE_CONSTANTS + 2 * kernel_height * kernel_width;
    }
}

#endif
