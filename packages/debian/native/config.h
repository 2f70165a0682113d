/*
 * liblzma's configuration for the .xz decoder, and what it needs of a C library; xz.c and clang's builtins have it.
 * Only the filters that a Debian package can have a use for: LZMA2, and those for code of the two architectures.
 */
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <wasm_simd128.h>

#define HAVE_STDBOOL_H 1
#define HAVE_STDINT_H 1
#define HAVE__BOOL 1
#define HAVE_DECODER_LZMA2 1
#define HAVE_DECODER_X86 1
#define HAVE_DECODER_ARM64 1
#define HAVE_CHECK_CRC32 1
#define HAVE_CHECK_CRC64 1
#define HAVE_CHECK_SHA256 1
#define TUKLIB_FAST_UNALIGNED_ACCESS 1
/* Its headers are included without the C library's. */
#define LZMA_MANUAL_HEADERS 1

/* Bits of literals, lengths and distances without branches: a tenth faster than with them. */
#define LZMA_RANGE_DECODER_CONFIG 0x07
/* Matches are copied by 32 bytes; written for SSE2, which WebAssembly's vectors can stand in for. */
#define LZMA_LZ_DECODER_CONFIG 2
typedef v128_t __m128i;
#define _mm_loadu_si128 wasm_v128_load
#define _mm_storeu_si128 wasm_v128_store

#define assert(condition) ((void)0)
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void free(void *memory);
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *one, const void *other, size_t size);
