/* GCC's own integer types; its stdint.h looks for a C library's first. */
#include <stdint-gcc.h>
