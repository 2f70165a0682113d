/*
 * The deflate that ships with @mlcontainer/oci: libdeflate as a WebAssembly module without imports.
 * One input buffer of CAPACITY bytes, one output buffer, no other state between two calls.
 */
#include "libdeflate/lib/lib_common.h"

static int ends_stream = 1;
#define MLC_ENDS_STREAM ends_stream

#include "libdeflate/lib/deflate_compress.c"
#include "libdeflate/lib/utils.c"

#define CAPACITY (1 << 20)
#define EXPORT(name) __attribute__((export_name(name)))

static u8 input_buffer[CAPACITY];
/* Stored blocks cost 5 bytes each and hold 5000 bytes at least; 64 for the end. */
static u8 output_buffer[CAPACITY + CAPACITY / 1000 + 64];
static u8 heap[1 << 20] __attribute__((aligned(64)));
static struct libdeflate_compressor *compressor;

static void *heap_alloc(size_t size) { return size <= sizeof(heap) ? heap : 0; }
static void heap_free(void *memory) { (void)memory; }

EXPORT("capacity") u32 capacity(void) { return CAPACITY; }
EXPORT("input") u8 *input(void) { return input_buffer; }
EXPORT("output") u8 *output(void) { return output_buffer; }

/* Called once, before deflate. 0: the level is unknown or needs more memory. */
EXPORT("init") u32 init(u32 level)
{
	const struct libdeflate_options options = {
		.sizeof_options = sizeof(options),
		.malloc_func = heap_alloc,
		.free_func = heap_free,
	};

	compressor = libdeflate_alloc_compressor_ex((int)level, &options);
	return compressor != 0;
}

/* Compresses the first `size` bytes of the input; `last`: this ends the stream. 0: the output was too small. */
EXPORT("deflate") u32 deflate(u32 size, u32 last)
{
	ends_stream = last != 0;
	return (u32)libdeflate_deflate_compress(compressor, input_buffer, size,
						output_buffer, sizeof(output_buffer));
}
