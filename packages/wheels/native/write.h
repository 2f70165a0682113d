/* Writes the graph as marshal data. */
#pragma once

#include "order.h"

/* What is no longer than a reference is written out each time. */
#define REF_SIZE 5

/* An object whose children are being written. */
struct write_frame {
	uint32_t next, end;
	/* Of a code object: the child before which its first line stands. */
	uint32_t line_before;
	uint32_t line;
	bool is_dict;
};

static struct list output, write_frames;
/* Objects that are referred to. */
static uint32_t known_count;

/* Makes room for an object's own bytes: the type code, and a length or more. */
static inline uint8_t *output_room(uint32_t size)
{
	return reserve(&output, size, 1) ? (uint8_t *)output.items + output.size : NULL;
}

/* Bytes of the data. */
static bool put_bytes(const uint8_t *from, uint32_t size)
{
	uint8_t *const to = output_room(size);

	if (to == NULL)
		return false;
	copy_bytes(to, from, size);
	output.size += size;
	return true;
}

static bool put_byte(uint8_t byte)
{
	uint8_t *const to = output_room(1);

	if (to == NULL)
		return false;
	*to = byte;
	output.size++;
	return true;
}

static bool put_byte_and_number(uint8_t byte, uint32_t number)
{
	uint8_t *const to = output_room(1 + sizeof(number));

	if (to == NULL)
		return false;
	*to = byte;
	__builtin_memcpy(to + 1, &number, sizeof(number));
	output.size += 1 + sizeof(number);
	return true;
}

/* A leaf shorter than a reference, and an object without children. */
static inline bool is_small(const struct node *node)
{
	const uint32_t size = node->end - node->start;

	return is_leaf(node) ? size < REF_SIZE : size == 0;
}

static bool write_leaf(const struct node *node, uint8_t first)
{
	const uint32_t size = node->end - node->start;
	uint8_t *const to = output_room(1 + size);

	if (to == NULL)
		return false;
	*to = first;
	copy_bytes(to + 1, data + node->start, size);
	output.size += 1 + size;
	return true;
}

/* What stands before the children, with the type code and its flag. */
static bool write_head(const struct node *node, uint8_t first)
{
	const uint32_t count = node->end - node->start;

	switch (node->layout) {
	case SMALL_TUPLE:
		return put_byte(first) && put_byte((uint8_t)count);
	case DICT:
	case SLICE:
		return put_byte(first);
	case CODE:
		return put_byte(first) && put_bytes(data + node->numbers, code_numbers * 4);
	default:
		return put_byte_and_number(first, count);
	}
}

static bool push_write(const struct node *node)
{
	if (!reserve(&write_frames, 1, sizeof(struct write_frame)))
		return false;
	((struct write_frame *)write_frames.items)[write_frames.size++] = (struct write_frame){
		.next = node->start,
		.end = node->end,
		.line_before = node->layout == CODE ? node->end - code_tail : NONE,
		.line = node->line,
		.is_dict = node->layout == DICT,
	};
	return true;
}

/* Writes an object up to its first child. */
static bool write_object(uint32_t number)
{
	struct node *const node = node_at(number);

	if (node->known > 0)
		return put_byte_and_number(REF, node->known - 1);
	const bool is_shared = node->uses > 1 && !is_small(node);
	if (is_shared)
		node->known = ++known_count;
	const uint8_t first =
		(node->interned ? interned_type(node->type) : node->type) | (is_shared ? FLAG_REF : 0);
	if (is_leaf(node))
		return write_leaf(node, first);
	return (node->layout != SET || sort_set(node)) && write_head(node, first) && push_write(node);
}

/* Goes on with the innermost object by one child, or ends it. */
static bool continue_write(void)
{
	struct write_frame *const frame = (struct write_frame *)write_frames.items + write_frames.size - 1;

	if (frame->next == frame->line_before && !put_bytes(data + frame->line, 4))
		return false;
	if (frame->next < frame->end)
		return write_object(numbers_of(&children)[frame->next++]);
	write_frames.size--;
	return !frame->is_dict || put_byte(DICT_END);
}

static bool write_root(uint32_t root)
{
	node_at(root)->uses++;
	if (!write_object(root))
		return false;
	while (write_frames.size > 0)
		if (!continue_write())
			return false;
	return true;
}
