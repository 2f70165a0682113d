/*
 * The inflate that ships with @mlcontainer/oci: libdeflate as a WebAssembly module without imports.
 * Both sides of a stream lie in buffers of fixed size; no other state between two calls.
 */
#include "libdeflate/lib/lib_common.h"
#include "libdeflate/lib/deflate_decompress.c"
#include "libdeflate/lib/utils.c"

#define CAPACITY (1 << 20)
#define EXPORT(name) __attribute__((export_name(name)))

/* Room for stored blocks of 5000 bytes at least, as compressors write them; a longer stream is somebody else's. */
static u8 input_buffer[CAPACITY + (16 << 10)];
static u8 output_buffer[CAPACITY];
static struct libdeflate_decompressor decompressor;
static size_t consumed;

EXPORT("inputCapacity") u32 input_capacity(void) { return sizeof(input_buffer); }
EXPORT("outputCapacity") u32 output_capacity(void) { return sizeof(output_buffer); }
EXPORT("input") u8 *input(void) { return input_buffer; }
EXPORT("output") u8 *output(void) { return output_buffer; }
/* Bytes of the input up to the end of the stream, after a success. */
EXPORT("consumed") u32 consumed_bytes(void) { return (u32)consumed; }

/* Inflates a stream that is to give exactly `size` bytes. 0: it did; otherwise a libdeflate_result. */
EXPORT("inflate") u32 inflate(u32 deflated_size, u32 size)
{
	return libdeflate_deflate_decompress_ex(&decompressor, input_buffer, deflated_size,
						output_buffer, size, &consumed, 0);
}
