/*
 * Depthwise 3x3 convolution without dilation on Helium, stride 1 or 2 both ways: a channel at a time, two rows by four columns
 * of output at a time.
 *
 * A channel's rows are spread over groups in scratch such that 16 bytes hold whole windows, column by column. Stride 1: four rows
 * a column, so that two by two windows share a load; a group serves two rows of output. Stride 2: three rows a column, two windows
 * a load; a group serves one. One multiply with sum per output then takes all nine taps, and requantization has an output in every
 * lane, with constants in scalar registers. Where the codes lie, and where they go, is the same for all channels: tables of
 * offsets, made once for a band of rows.
 *
 * A last odd row is computed with the row before it once more, and so are the last columns where four do not divide them. Needs two
 * rows and four columns of output, requantization with scale 256 and even multipliers, and offsets below 2^16.
 *
 * Constants: per channel addend and half the multiplier; 16 zero bytes; per channel 16 bytes, the nine weights as a group has them
 * and zeros. Windows further on in 16 bytes read the same weights some bytes before, where zeros end the channel before.
 */
#ifndef QC_DEPTHWISE_PLANES_MVE_H
#define QC_DEPTHWISE_PLANES_MVE_H

#include <stdint.h>

#include "qc_config.h"
#include "qc_mve.h"
#include "qc_window.h"

/* What blocks of a layer share. Assembly reads it by offset. */
typedef struct {
    int32_t x_next; /* from the last block of two rows to the next rows' first */
    int32_t y_next;
    uint16_t offsets[8]; /* of a block's results: columns 0, 2, 1, 3, in each the two rows */
    int32_t lo;
    int32_t hi;
    int32_t group; /* bytes of a group */
} qc_mve_planes;

/* Tables of offsets of a band's codes: in the image, in the groups, and in the groups before, two bytes on. */
typedef struct {
    uint16_t *from;
    uint16_t *to;
    uint16_t *again; /* where the other place differs: with stride 2 */
} qc_mve_spread;

/* Writes n (at least 1) values start, start + step, ... */
QC_INLINE void qc_mve_ramp(uint16_t *to, int32_t start, int32_t step, int32_t n)
{
#if QC_MVE_ASSEMBLY
    __asm__ volatile("movs r0, #0\n\t"
                     "vidup.u16 q0, r0, #1\n\t"
                     "vmul.i16 q0, q0, %[step]\n\t"
                     "vadd.i16 q0, q0, %[start]\n\t"
                     "dlstp.16 lr, %[n]\n"
                     "1:\n\t"
                     "vstrh.16 q0, [%[to]], #16\n\t"
                     "vadd.i16 q0, q0, %[on]\n\t"
                     "letp lr, 1b"
                     : [to] "+r"(to)
                     : [start] "r"(start), [step] "r"(step), [on] "r"(8 * step), [n] "r"(n)
                     : "r0", "lr", "q0", "cc", "memory");
#else
    for (; n > 0; n--, start += step) {
        *to++ = (uint16_t)start;
    }
#endif
}

/* Spreads n codes (at least 1) of a channel over the groups. */
QC_INLINE void qc_mve_spread_codes(const uint8_t *codes, uint8_t *groups, qc_mve_spread tables, int32_t n, int32_t group,
                                   int x_signed, int stride)
{
    uint8_t *const once = groups + group;
    uint8_t *const again = groups + 2;
#if QC_MVE_ASSEMBLY
#define QC_MVE_SPREAD(FLIP, AGAIN, PLACE)                                                        \
    __asm__ volatile("vmov.i16 q3, #0x80\n\t"                                                    \
                     "dlstp.16 lr, %[n]\n"                                                       \
                     "1:\n\t"                                                                    \
                     "vldrh.u16 q1, [%[from]], #16\n\t"                                          \
                     "vldrb.u16 q0, [%[codes], q1]\n\t"                                          \
                     "vldrh.u16 q2, [%[to]], #16\n\t" FLIP                                       \
                     "vstrb.16 q0, [%[groups], q2]\n\t" AGAIN                                    \
                     "vstrb.16 q0, [%[second], " PLACE "]\n\t"                                   \
                     "letp lr, 1b"                                                               \
                     : [from] "+r"(tables.from), [to] "+r"(tables.to), [again] "+r"(tables.again) \
                     : [codes] "r"(codes), [groups] "r"(once), [second] "r"(again), [n] "r"(n)   \
                     : "lr", "q0", "q1", "q2", "q3", "memory")
    if (stride == 1) {
        if (x_signed) {
            QC_MVE_SPREAD("", "", "q2");
        } else {
            QC_MVE_SPREAD("veor q0, q0, q3\n\t", "", "q2");
        }
    } else {
        if (x_signed) {
            QC_MVE_SPREAD("", "vldrh.u16 q1, [%[again]], #16\n\t", "q1");
        } else {
            QC_MVE_SPREAD("veor q0, q0, q3\n\t", "vldrh.u16 q1, [%[again]], #16\n\t", "q1");
        }
    }
#undef QC_MVE_SPREAD
#else
    int32_t i;

    for (i = 0; i < n; i++) {
        const uint8_t code = (uint8_t)qc_mve_code(codes[tables.from[i]], x_signed);

        once[tables.to[i]] = code;
        again[stride == 1 ? tables.to[i] : tables.again[i]] = code;
    }
#endif
}

#if QC_MVE_ASSEMBLY

/* Sums of two windows of one row; TO: lanes of the vector that takes them. */
#define QC_MVE_WINDOW_PAIR(X, STEP, W0, W1, SUM0, SUM1) \
    "vldrb.8 q0, [" X "], #" STEP "\n\t"                \
    "vmladav.s8 " SUM0 ", q0, " W0 "\n\t"               \
    "vmladav.s8 " SUM1 ", q0, " W1 "\n\t"

/* Four columns of two rows in q1 and q2: the first two columns in lanes 0 and 2. */
#define QC_MVE_PLANE_SUMS_1                                                                     \
    QC_MVE_WINDOW_PAIR("r1", "8", "q4", "q5", "r0", "r2")                                       \
    "vmladav.s8 r4, q0, q6\n\t"                                                                 \
    "vmladav.s8 r6, q0, q7\n\t"                                                                 \
    "vmov q1[2], q1[0], r0, r2\n\t"                                                             \
    "vmov q2[2], q2[0], r4, r6\n\t"                                                             \
    QC_MVE_WINDOW_PAIR("r1", "8", "q4", "q5", "r0", "r2")                                       \
    "vmladav.s8 r4, q0, q6\n\t"                                                                 \
    "vmladav.s8 r6, q0, q7\n\t"                                                                 \
    "vmov q1[3], q1[1], r0, r2\n\t"                                                             \
    "vmov q2[3], q2[1], r4, r6\n\t"

#define QC_MVE_PLANE_SUMS_2                                                                     \
    QC_MVE_WINDOW_PAIR("r1", "12", "q4", "q5", "r0", "r2")                                      \
    "vmov q1[2], q1[0], r0, r2\n\t"                                                             \
    QC_MVE_WINDOW_PAIR("r1", "12", "q4", "q5", "r0", "r2")                                      \
    "vmov q1[3], q1[1], r0, r2\n\t"                                                             \
    QC_MVE_WINDOW_PAIR("r4", "12", "q4", "q5", "r0", "r2")                                      \
    "vmov q2[2], q2[0], r0, r2\n\t"                                                             \
    QC_MVE_WINDOW_PAIR("r4", "12", "q4", "q5", "r0", "r2")                                      \
    "vmov q2[3], q2[1], r0, r2\n\t"

#define QC_MVE_PLANE_CLIP              \
    "ldrd r0, r2, [r12, #24]\n\t"      \
    "vdup.16 q0, r0\n\t"               \
    "vmax.s16 q1, q1, q0\n\t"          \
    "vdup.16 q0, r2\n\t"               \
    "vmin.s16 q1, q1, q0\n\t"

#define QC_MVE_PLANE_WEIGHTS_1         \
    "vldrb.8 q4, [r0]\n\t"             \
    "vldrb.8 q5, [r0, #-4]\n\t"        \
    "vldrb.8 q6, [r0, #-1]\n\t"        \
    "vldrb.8 q7, [r0, #-5]\n\t"

#define QC_MVE_PLANE_WEIGHTS_2         \
    "vldrb.8 q4, [r0]\n\t"             \
    "vldrb.8 q5, [r0, #-6]\n\t"        \
    "ldr r4, [r12, #32]\n\t"           \
    "add r4, r4, r1\n\t"

#define QC_MVE_PLANE(WEIGHTS, SUMS, SECOND_NEXT, CLIP, NARROW)                                          \
    __asm__ volatile(WEIGHTS                                                                            \
                     "vldrh.u16 q3, [r12, #8]\n"                                                        \
                     "1:\n\t"                                                                           \
                     "dls lr, r10\n"                                                                    \
                     "2:\n\t" SUMS                                                                      \
                     "vmov.i32 q0, #0x100\n\t"                                                          \
                     "vmlas.s32 q1, q0, r5\n\t"                                                         \
                     "vmlas.s32 q2, q0, r5\n\t"                                                         \
                     "vqdmulh.s32 q1, q1, r8\n\t"                                                       \
                     "vqdmulh.s32 q2, q2, r8\n\t"                                                       \
                     "vqrshrnb.s32 q1, q1, %[shift]\n\t"                                                \
                     "vqrshrnt.s32 q1, q2, %[shift]\n\t" CLIP NARROW " q1, q1\n\t"                      \
                     "vstrb.16 q1, [r3, q3]\n\t"                                                        \
                     "add r3, r3, r9\n\t"                                                               \
                     "le lr, 2b\n\t"                                                                    \
                     "ldrd r0, r2, [r12]\n\t"                                                           \
                     "add r1, r1, r0\n\t" SECOND_NEXT                                                   \
                     "add r3, r3, r2\n\t"                                                               \
                     "subs r11, r11, #1\n\t"                                                            \
                     "bne 1b"                                                                           \
                     : "+r"(taps), "+r"(codes), "+r"(output), "+r"(pairs)                               \
                     : "r"(addend), "r"(multiplier), "r"(step), "r"(blocks), "r"(shared), [shift] "i"(q.shift) \
                     : "r2", "r4", "r6", "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "cc", "memory")

#define QC_MVE_PLANE_OF_STRIDE(CLIP, NARROW)                                                                     \
    do {                                                                                                         \
        if (stride == 1) {                                                                                       \
            QC_MVE_PLANE(QC_MVE_PLANE_WEIGHTS_1, QC_MVE_PLANE_SUMS_1, "", CLIP, NARROW);                         \
        } else {                                                                                                 \
            QC_MVE_PLANE(QC_MVE_PLANE_WEIGHTS_2, QC_MVE_PLANE_SUMS_2, "add r4, r4, r0\n\t", CLIP, NARROW);       \
        }                                                                                                        \
    } while (0)

#endif

/* `count` (at least 1) pairs of rows of `across` (at least 1) blocks; `columns`: bytes from block to block in y. */
QC_INLINE void qc_mve_plane_blocks(const qc_mve_planes *p, const uint32_t *constants, const uint8_t *weights, const uint8_t *x,
                                   uint8_t *y, int32_t columns, int32_t across, int32_t count, qc_mve_requant q, int stride)
{
#if QC_MVE_ASSEMBLY
    register const uint8_t *taps __asm__("r0") = weights;
    register const uint8_t *codes __asm__("r1") = x;
    register uint8_t *output __asm__("r3") = y;
    register uint32_t addend __asm__("r5") = constants[0];
    register uint32_t multiplier __asm__("r8") = constants[1];
    register int32_t step __asm__("r9") = columns;
    register int32_t blocks __asm__("r10") = across;
    register int32_t pairs __asm__("r11") = count;
    register const qc_mve_planes *shared __asm__("r12") = p;

    if (q.y_signed) {
        if (q.clipped) {
            QC_MVE_PLANE_OF_STRIDE(QC_MVE_PLANE_CLIP, "vqmovnb.s16");
        } else {
            QC_MVE_PLANE_OF_STRIDE("", "vqmovnb.s16");
        }
    } else {
        if (q.clipped) {
            QC_MVE_PLANE_OF_STRIDE(QC_MVE_PLANE_CLIP, "vqmovunb.s16");
        } else {
            QC_MVE_PLANE_OF_STRIDE("", "vqmovunb.s16");
        }
    }
#else
    const int32_t column = stride == 1 ? 4 : 6; /* bytes from window to window */
    int32_t i;
    int32_t block;

    for (; count > 0; count--, x += p->x_next, y += p->y_next) {
        for (block = 0; block < across; block++, x += 4 * column, y += columns) {
            for (i = 0; i < 8; i++) {
                const int32_t at = ((i >> 1) & 1) * 2 + (i >> 2);
                const uint8_t *const window = x + (stride == 1 ? 0 : (i & 1) * p->group) + at * column;
                const int32_t lane = i & 1;
                const int32_t shift = stride == 1 ? lane : 0;
                int32_t sum = 0;
                int32_t k;

                for (k = 0; k < (stride == 1 ? 12 - shift : 9); k++) {
                    sum += (int32_t)(int8_t)window[k + shift] * (int32_t)(int8_t)weights[k];
                }
                y[p->offsets[i]] = (uint8_t)qc_clamp(qc_requant_high_word((int32_t)((uint32_t)sum * 256u + constants[0]),
                                                                          (int32_t)(2 * constants[1]), q.shift),
                                                     q.lo, q.hi);
            }
        }
    }
#endif
}

/* The tables of rows `first` to `last` - 1 of the image, where groups begin with row `top`. Returns how many codes of a channel these are. */
QC_INLINE int32_t qc_mve_spread_tables(const qc_window *s, qc_mve_spread tables, int32_t first, int32_t last, int32_t top,
                                       int32_t x_row, int32_t x_column, int32_t inside, int32_t group, int stride)
{
    const int32_t column = stride == 1 ? 4 : 3;
    int32_t row;
    int32_t n = 0;

    for (row = first; row < last; row++, n += inside) {
        const int32_t r = row - top;
        const int32_t to = r / 2 * group + r % 2 + s->pad_left * column;

        qc_mve_ramp(tables.from + n, (row - first) * x_row, x_column, inside);
        qc_mve_ramp(tables.to + n, to, column, inside);
        if (stride == 2) {
            /* Odd rows have one place, and so are written there twice. */
            qc_mve_ramp(tables.again + n, r % 2 ? to + group - 2 : to, column, inside);
        }
    }
    return n;
}

/*
 * scratch: `codes` (a multiple of 8, those of a band) halfwords for each table (stride 1: two, stride 2: three), then the groups of a
 * band and two more, of 4*(out_width + 2) or 6*out_width + 4 bytes. `band`: rows of output, even. `turned`: the window's height and
 * width are those of the transposed images; literal like `stride`.
 */
QC_INLINE void qc_depthwise_planes_mve(const qc_window *s, const uint8_t *x, const uint32_t *constants, uint8_t *y, uint8_t *scratch,
                                       int32_t band, int32_t codes, qc_mve_requant q, int x_signed, int stride, int turned)
{
    const int32_t x_row = turned ? s->channels : s->width * s->channels;
    const int32_t x_column = turned ? s->height * s->channels : s->channels;
    const int32_t y_row = turned ? s->channels : s->out_width * s->channels;
    const int32_t y_column = turned ? s->out_height * s->channels : s->channels;
    const int32_t group = stride == 1 ? 4 * (s->out_width + 2) : 6 * s->out_width + 4;
    const int32_t columns = (s->out_width - 1) * stride + 3;
    const int32_t inside = columns - s->pad_left < s->width ? columns - s->pad_left : s->width;
    const int32_t across = s->out_width / 4;
    const int32_t block = stride == 1 ? 16 : 24;
    const int32_t pair = stride == 1 ? group : 2 * group;
    const uint8_t *const weights = (const uint8_t *)(constants + 2 * s->channels + 4);
    qc_mve_spread tables;
    uint8_t *groups;
    qc_mve_planes p;
    int32_t row;
    int32_t rows;
    int32_t i;

    tables.from = (uint16_t *)(void *)scratch;
    tables.to = tables.from + codes;
    tables.again = tables.to + codes;
    groups = (uint8_t *)(tables.from + (stride == 1 ? 2 : 3) * codes);
    for (i = 0; i < 8; i++) {
        p.offsets[i] = (uint16_t)((((i >> 1) & 1) * 2 + (i >> 2)) * y_column + (i & 1) * y_row);
    }
    p.lo = q.lo;
    p.hi = q.hi;
    p.group = group;
    for (row = 0; row < s->out_height; row += rows) {
        int32_t top;
        int32_t first;
        int32_t last;
        int32_t n;
        int32_t c;

        rows = s->out_height - row < band ? (s->out_height - row) & ~1 : band;
        if (rows == 0) {
            row--;
            rows = 2;
        }
        top = row * stride - s->pad_top;
        first = top < 0 ? 0 : top;
        last = top + (rows - 1) * stride + 3;
        last = last < s->height ? last : s->height;
        qc_mve_fill(groups, (uint8_t)qc_mve_code(s->pad_value, x_signed), (rows / (stride == 1 ? 2 : 1) + 2) * group);
        n = qc_mve_spread_tables(s, tables, first, last, top, x_row, x_column, inside, group, stride);
        for (c = 0; c < s->channels; c++) {
            uint8_t *const out = y + row * y_row + c;

            qc_mve_spread_codes(x + first * x_row + c, groups, tables, n, group, x_signed, stride);
            p.x_next = pair - across * block;
            p.y_next = 2 * y_row - across * 4 * y_column;
            qc_mve_plane_blocks(&p, constants + 2 * c, weights + 16 * c, groups + group, out, 4 * y_column, across, rows / 2, q, stride);
            if (s->out_width % 4) {
                p.x_next = pair - block;
                p.y_next = 2 * y_row - 4 * y_column;
                qc_mve_plane_blocks(&p, constants + 2 * c, weights + 16 * c, groups + group + (s->out_width - 4) * (block / 4),
                                    out + (s->out_width - 4) * y_column, 4 * y_column, 1, rows / 2, q, stride);
            }
        }
    }
}

#endif
