/* Bytes, a word at a time: most pieces are too short for a call to pay. */
#pragma once

#include "memory.h"

static inline uint32_t load32(const uint8_t *from)
{
	uint32_t value;

	__builtin_memcpy(&value, from, sizeof(value));
	return value;
}

static inline uint64_t load64(const uint8_t *from)
{
	uint64_t value;

	__builtin_memcpy(&value, from, sizeof(value));
	return value;
}

/* The last bytes of a piece, 1 to 7, as a word. */
static inline uint64_t load_tail(const uint8_t *from, uint32_t size)
{
	return load64(from) & ((UINT64_C(1) << 8 * size) - 1);
}

static inline bool same_bytes(const uint8_t *a, const uint8_t *b, uint32_t size)
{
	for (; size >= 8; size -= 8, a += 8, b += 8)
		if (load64(a) != load64(b))
			return false;
	return size == 0 || load_tail(a, size) == load_tail(b, size);
}

/* Up to so many bytes a loop copies faster than the instruction. */
#define SHORT 64

static inline void copy_bytes(uint8_t *to, const uint8_t *from, uint32_t size)
{
	if (size > SHORT) {
		__builtin_memcpy(to, from, size);
		return;
	}
	for (uint32_t at = 0; at < size; at += 8)
		__builtin_memcpy(to + at, from + at, 8);
}

static int compare_bytes(const uint8_t *a, const uint8_t *b, uint32_t size)
{
	for (uint32_t at = 0; at < size; at++)
		if (a[at] != b[at])
			return a[at] < b[at] ? -1 : 1;
	return 0;
}

#define FACTOR UINT64_C(0x9E3779B97F4A7C15)
#define BLOCK 32

static inline uint64_t mix(uint64_t hash, uint64_t word)
{
	hash ^= word;
	return (hash << 29 | hash >> 35) * FACTOR;
}

static inline uint32_t end_hash(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}

/* Four words at a time: no multiplication waits for that of its neighbour. */
static inline uint64_t mix_blocks(uint64_t hash, const uint8_t *from, uint32_t blocks)
{
	uint64_t a = hash, b = 1, c = 2, d = 3;

	for (; blocks > 0; blocks--, from += BLOCK) {
		a = mix(a, load64(from));
		b = mix(b, load64(from + 8));
		c = mix(c, load64(from + 16));
		d = mix(d, load64(from + 24));
	}
	return mix(mix(mix(a, b), c), d);
}

static inline uint64_t mix_bytes(uint64_t hash, const uint8_t *from, uint32_t size)
{
	if (size >= 2 * BLOCK) {
		hash = mix_blocks(hash, from, size / BLOCK);
		from += size / BLOCK * BLOCK;
		size %= BLOCK;
	}
	for (; size >= 8; size -= 8, from += 8)
		hash = mix(hash, load64(from));
	return size == 0 ? hash : mix(hash, load_tail(from, size));
}
