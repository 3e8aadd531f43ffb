/* memcpy and its kin, word by word where both pointers allow it. Built without the loop-to-call optimisation. */
#include <stdint.h>
#include <string.h>

typedef uint32_t __attribute__((may_alias)) word;

static int aligned(const void *left, const void *right)
{
    return (((uintptr_t)left | (uintptr_t)right) & 3u) == 0;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *out = to;
    const unsigned char *in = from;

    if (aligned(to, from)) {
        for (; bytes >= 4; bytes -= 4) {
            *(word *)(void *)out = *(const word *)(const void *)in;
            out += 4;
            in += 4;
        }
    }
    while (bytes-- > 0) {
        *out++ = *in++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *out = to;
    const unsigned char *in = from;

    if ((uintptr_t)to <= (uintptr_t)from) {
        while (bytes-- > 0) {
            *out++ = *in++;
        }
    } else {
        while (bytes-- > 0) {
            out[bytes] = in[bytes];
        }
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    unsigned char *out = to;
    const word four = (word)(unsigned char)value * 0x01010101u;

    if (aligned(to, to)) {
        for (; bytes >= 4; bytes -= 4) {
            *(word *)(void *)out = four;
            out += 4;
        }
    }
    while (bytes-- > 0) {
        *out++ = (unsigned char)value;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t bytes)
{
    const unsigned char *a = left;
    const unsigned char *b = right;

    for (; bytes > 0; bytes--, a++, b++) {
        if (*a != *b) {
            return *a < *b ? -1 : 1;
        }
    }
    return 0;
}
