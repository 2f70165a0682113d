/*
 * Brings CPython's marshal data into the one form that src/bytecode/canonical.ts tells of; a WebAssembly module
 * without imports. The data is read into a graph in which equal constants are one object, and the graph is written.
 *
 * The data may be anything: whatever is read or written is first known to lie inside its buffer. Nothing here calls
 * itself, so that no nesting is too deep for the stack.
 */
#include "read.h"
#include "write.h"

#define EXPORT(name) __attribute__((export_name(name)))

#define SMALLEST_TABLE (UINT32_C(1) << 10)
#define FEW 64
#define LARGE (UINT32_C(1) << 24)

/* Begins a call on so many bytes, below 2 GiB, and gives where to put them; 0 where there is no memory. */
EXPORT("begin") uint8_t *begin(uint32_t size)
{
	give_all_back();
	failure = NO_FAILURE;
	data_size = size;
	data = take((uint64_t)size + SLACK);
	return (uint8_t *)data;
}

/* Lists that few modules outgrow; what is larger than any module has few objects for its size. */
static bool make_lists(void)
{
	const uint32_t expected = data_size < LARGE ? data_size : LARGE;
	uint32_t table_size = SMALLEST_TABLE;

	while (table_size < expected / 16)
		table_size *= 2;
	return make_list(&nodes, expected / 16 + FEW, sizeof(struct node)) &&
	       make_list(&children, expected / 8 + FEW, sizeof(uint32_t)) &&
	       make_list(&targets, expected / 16 + FEW, sizeof(uint32_t)) &&
	       make_list(&open, FEW, sizeof(uint32_t)) &&
	       make_list(&keys, FEW, 1) &&
	       make_list(&pieces, FEW, sizeof(struct piece)) &&
	       make_list(&key_frames, FEW, sizeof(struct key_frame)) &&
	       make_list(&write_frames, FEW, sizeof(struct write_frame)) &&
	       make_list(&output, data_size, 1) &&
	       make_table(table_size);
}

/*
 * Rewrites the data of an interpreter 3.`minor`, 8 to 14. 0: the result is the output; otherwise a failure. The next
 * call of `begin` gives the output's memory back.
 */
EXPORT("rewrite") enum failure rewrite(uint32_t minor)
{
	code_numbers = minor < 11 ? 6 : 5;
	code_tail = minor < 11 ? 1 : 2;
	data_at = depth = table_count = known_count = 0;
	if (!make_lists())
		return failure;
	const uint32_t root = read_root();
	if (root == FAILED)
		return failure;
	if (data_at < data_size) {
		fail(ENDS_EARLY, data_at, 0);
		return failure;
	}
	write_root(root);
	return failure;
}

EXPORT("failureAt") uint32_t get_failure_at(void) { return failure_at; }
/* The type that is not known, or the number of the reference. */
EXPORT("failureDetail") uint32_t get_failure_detail(void) { return failure_detail; }
EXPORT("output") uint8_t *get_output(void) { return output.items; }
EXPORT("outputSize") uint32_t get_output_size(void) { return output.size; }
