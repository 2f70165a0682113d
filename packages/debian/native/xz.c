/*
 * The .xz decoder that ships with @mlcontainer/debian: liblzma as a WebAssembly module without imports.
 * One file at a time, one buffer for what goes in and one for what comes out. All memory is free again when a file
 * begins, and grows with its dictionary.
 */
#include "common.h"
#include "stream_decoder.h"

#define EXPORT(name) __attribute__((export_name(name)))

/* 64 MiB of dictionary, which is what xz -9 asks for, and the tables around it. */
#define MEMORY_LIMIT (65 << 20)

/* ---- Memory. A dictionary lies behind everything else, so that none leaves a hole when a larger one follows. */

#define PAGE 65536
#define DICTIONARY_FROM PAGE

extern uint8_t __heap_base;
static bool dictionary_used;

static uint8_t *dictionary(void)
{
	return (uint8_t *)(((uintptr_t)&__heap_base + 63) & ~(uintptr_t)63);
}

static void *take_dictionary(size_t size)
{
	const size_t have = __builtin_wasm_memory_size(0) * PAGE;
	const size_t needed = (size_t)dictionary() + size;

	if (dictionary_used || size > MEMORY_LIMIT)
		return NULL;
	if (needed > have &&
	    __builtin_wasm_memory_grow(0, (needed - have + PAGE - 1) / PAGE) == SIZE_MAX)
		return NULL;
	dictionary_used = true;
	return dictionary();
}

/* The rest is small: blocks without gaps, of which the first that is large enough is taken. */

/* The head of a block: a whole cache line, so that what follows begins with one. */
struct block {
	size_t size; /* With this head; a multiple of its size. */
	size_t used;
	size_t unused[14];
};

#define BLOCKS 4096
static struct block heap[BLOCKS] __attribute__((aligned(64)));

static struct block *behind(struct block *block)
{
	return block + block->size / sizeof(*block);
}

static void empty_heap(void)
{
	dictionary_used = false;
	heap->size = sizeof(heap);
	heap->used = 0;
}

static void *claim(struct block *block, size_t size)
{
	const size_t rest = block->size - size;

	block->size = size;
	block->used = 1;
	if (rest > 0) {
		behind(block)->size = rest;
		behind(block)->used = 0;
	}
	return block + 1;
}

void *malloc(size_t wanted)
{
	const size_t size = (wanted / sizeof(struct block) + 2) * sizeof(struct block);
	struct block *const end = heap + BLOCKS;

	if (wanted >= DICTIONARY_FROM)
		return take_dictionary(wanted);
	for (struct block *block = heap; block < end; block = behind(block)) {
		if (block->used)
			continue;
		while (behind(block) < end && !behind(block)->used)
			block->size += behind(block)->size;
		if (block->size >= size)
			return claim(block, size);
	}
	return NULL;
}

void *calloc(size_t count, size_t size)
{
	void *const memory = malloc(count * size);

	return memory == NULL ? NULL : memset(memory, 0, count * size);
}

void free(void *memory)
{
	if (memory == dictionary())
		dictionary_used = false;
	else if (memory != NULL)
		((struct block *)memory - 1)->used = 0;
}

/* ---- The rest of what liblzma needs of a C library; the first three are single instructions. */

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	return __builtin_memcpy(to, from, size);
}

void *memmove(void *to, const void *from, size_t size)
{
	return __builtin_memmove(to, from, size);
}

void *memset(void *to, int value, size_t size)
{
	return __builtin_memset(to, value, size);
}

int memcmp(const void *one, const void *other, size_t size)
{
	const uint8_t *a = one, *b = other;

	for (; size > 0; size--, a++, b++)
		if (*a != *b)
			return *a - *b;
	return 0;
}

/* ---- CRC-64, 16 bytes at a time, twice as fast as liblzma's 4; its own is for processors with clmul. */

static uint64_t crc64_table[16][256];

static void crc64_init(void)
{
	for (unsigned i = 0; i < 256; i++) {
		uint64_t crc = i;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT64_C(0xC96C5795D7870F42) : 0);
		crc64_table[0][i] = crc;
	}
	for (unsigned k = 1; k < 16; k++)
		for (unsigned i = 0; i < 256; i++) {
			const uint64_t crc = crc64_table[k - 1][i];
			crc64_table[k][i] = crc >> 8 ^ crc64_table[0][crc & 0xFF];
		}
}

/* What 8 bytes do to a CRC when `k` more of the 16 follow them. */
static inline uint64_t crc64_word(uint64_t word, unsigned k)
{
	uint64_t crc = 0;

	for (unsigned i = 0; i < 8; i++)
		crc ^= crc64_table[k + 7 - i][word >> 8 * i & 0xFF];
	return crc;
}

uint64_t lzma_crc64(const uint8_t *buf, size_t size, uint64_t crc)
{
	uint64_t word[2];

	crc = ~crc;
	for (; size >= 16; size -= 16, buf += 16) {
		memcpy(word, buf, 16);
		crc = crc64_word(word[0] ^ crc, 8) ^ crc64_word(word[1], 0);
	}
	for (; size > 0; size--, buf++)
		crc = crc >> 8 ^ crc64_table[0][(crc ^ *buf) & 0xFF];
	return ~crc;
}

/* ---- What JavaScript calls. */

static uint8_t input_buffer[1 << 16];
static uint8_t output_buffer[1 << 18];
static size_t input_at, input_end, output_end;
static lzma_next_coder decoder;

EXPORT("input") uint8_t *input(void) { return input_buffer; }
EXPORT("inputSize") size_t input_size(void) { return sizeof(input_buffer); }
EXPORT("output") uint8_t *output(void) { return output_buffer; }
EXPORT("outputSize") size_t output_size(void) { return sizeof(output_buffer); }

/* Begins a file: streams one after another, with padding between them. Gives liblzma's lzma_ret, like decode. */
EXPORT("begin") lzma_ret begin(void)
{
	if (crc64_table[0][1] == 0)
		crc64_init();
	empty_heap();
	decoder = LZMA_NEXT_CODER_INIT;
	input_at = input_end = output_end = 0;
	return lzma_stream_decoder_init(&decoder, NULL, MEMORY_LIMIT,
					LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK);
}

/* The first `size` bytes of the input are new, and those before are decoded. */
EXPORT("feed") void feed(size_t size)
{
	input_at = 0;
	input_end = size;
}

/*
 * Decodes on; `last`: nothing follows the input. LZMA_OK: the output is full, or the input is used up;
 * LZMA_STREAM_END: the file ends here, and is whole; LZMA_BUF_ERROR: it is not.
 */
EXPORT("decode") lzma_ret decode(uint32_t last)
{
	for (;;) {
		const size_t before = input_at + output_end;
		const lzma_ret ret =
			decoder.code(decoder.coder, NULL, input_buffer, &input_at, input_end, output_buffer,
				     &output_end, sizeof(output_buffer), last ? LZMA_FINISH : LZMA_RUN);
		if (ret != LZMA_OK || output_end == sizeof(output_buffer))
			return ret;
		if (input_at + output_end == before)
			return last || input_at < input_end ? LZMA_BUF_ERROR : LZMA_OK;
	}
}

EXPORT("filled") size_t filled(void) { return output_end; }

/* How many bytes of output there are; it is empty afterwards. */
EXPORT("take") size_t take(void)
{
	const size_t size = output_end;

	output_end = 0;
	return size;
}
