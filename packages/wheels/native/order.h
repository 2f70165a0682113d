/* The order of a set: by what its elements are, in bytes that do not depend on where they stand. */
#pragma once

#include "graph.h"

/* The key of an element, in `keys`. */
struct piece {
	uint32_t start, size;
	uint32_t node;
};

/* An object whose key is being written. */
struct key_frame {
	uint32_t node;
	/* Its next child. */
	uint32_t next;
	/* Of a set: the first of its `pieces`. */
	uint32_t first_piece;
};

static struct list keys, pieces, key_frames;

static inline uint8_t *key_at(uint32_t place)
{
	return (uint8_t *)keys.items + place;
}

static inline struct piece *piece_at(uint32_t place)
{
	return (struct piece *)pieces.items + place;
}

/* By key; equal ones by number. */
static bool is_before(const struct piece *a, const struct piece *b)
{
	const uint32_t common = a->size < b->size ? a->size : b->size;
	const int order = compare_bytes(key_at(a->start), key_at(b->start), common);

	if (order != 0)
		return order < 0;
	return a->size == b->size ? a->node < b->node : a->size < b->size;
}

static void sift_piece(struct piece *sorted, uint32_t at, uint32_t count)
{
	const struct piece moved = sorted[at];

	for (uint32_t child = at * 2 + 1; child < count; child = at * 2 + 1) {
		if (child + 1 < count && is_before(&sorted[child], &sorted[child + 1]))
			child++;
		if (!is_before(&moved, &sorted[child]))
			break;
		sorted[at] = sorted[child];
		at = child;
	}
	sorted[at] = moved;
}

/* Heapsort, as in read.h. */
static void sort_pieces(struct piece *sorted, uint32_t count)
{
	for (uint32_t at = count / 2; at > 0; at--)
		sift_piece(sorted, at - 1, count);
	for (uint32_t last = count; last > 1; last--) {
		const struct piece largest = sorted[0];
		sorted[0] = sorted[last - 1];
		sorted[last - 1] = largest;
		sift_piece(sorted, 0, last - 1);
	}
}

static SELDOM bool put_key(const uint8_t *from, uint32_t size)
{
	if (!reserve(&keys, size, 1))
		return false;
	__builtin_memcpy(key_at(keys.size), from, size);
	keys.size += size;
	return true;
}

static bool put_key_byte(uint8_t byte)
{
	return put_key(&byte, 1);
}

static bool put_decimal(uint32_t number)
{
	uint8_t digits[10];
	uint32_t from = sizeof(digits);

	do {
		digits[--from] = '0' + number % 10;
		number /= 10;
	} while (number > 0);
	return put_key(digits + from, sizeof(digits) - from);
}

/* All of a leaf's or empty object's key, of another the part before its children. */
static SELDOM bool begin_key(uint32_t number)
{
	const struct node *const node = node_at(number);
	const uint32_t size = node->end - node->start;

	if (!put_key_byte(node->type))
		return false;
	if (is_leaf(node))
		return put_key(data + node->start, size);
	if (size == 0)
		return true;
	if (!put_decimal(size) || !put_key_byte('(') || !reserve(&key_frames, 1, sizeof(struct key_frame)))
		return false;
	((struct key_frame *)key_frames.items)[key_frames.size++] = (struct key_frame){
		.node = number, .next = node->start, .first_piece = pieces.size,
	};
	return true;
}

/* Brings the keys of a set's elements, which are the last there are, into order. */
static bool sort_inner_keys(uint32_t first_piece)
{
	const uint32_t count = pieces.size - first_piece;
	struct piece *const sorted = piece_at(first_piece);
	const uint32_t from = sorted[0].start;
	const uint32_t size = keys.size - from;

	/* A comma stands after each but the last. */
	for (uint32_t index = 0; index < count; index++)
		sorted[index].size =
			(index + 1 < count ? sorted[index + 1].start - 1 : keys.size) - sorted[index].start;
	sort_pieces(sorted, count);
	if (!reserve(&keys, size, 1))
		return false;
	uint8_t *to = key_at(keys.size);
	for (uint32_t index = 0; index < count; index++) {
		__builtin_memcpy(to, key_at(sorted[index].start), sorted[index].size);
		to += sorted[index].size;
		if (index + 1 < count)
			*to++ = ',';
	}
	__builtin_memcpy(key_at(from), key_at(keys.size), size);
	pieces.size = first_piece;
	return true;
}

static bool push_piece(uint32_t number)
{
	if (!reserve(&pieces, 1, sizeof(struct piece)))
		return false;
	*piece_at(pieces.size++) = (struct piece){ .start = keys.size, .node = number };
	return true;
}

/* Goes on with the innermost key by one child, or ends it. */
static bool continue_key(void)
{
	struct key_frame *const frame = (struct key_frame *)key_frames.items + key_frames.size - 1;
	const struct node *const node = node_at(frame->node);

	if (frame->next == node->end) {
		key_frames.size--;
		return (node->layout != SET || sort_inner_keys(frame->first_piece)) && put_key_byte(')');
	}
	if (frame->next > node->start && !put_key_byte(','))
		return false;
	const uint32_t child = numbers_of(&children)[frame->next++];
	return (node->layout != SET || push_piece(child)) && begin_key(child);
}

static bool put_whole_key(uint32_t number)
{
	if (!begin_key(number))
		return false;
	while (key_frames.size > 0)
		if (!continue_key())
			return false;
	return true;
}

/* Sorts the children of a set that is to be written; nothing else asks for their order any more. */
static SELDOM bool sort_set(const struct node *node)
{
	uint32_t *const elements = numbers_of(&children);
	const uint32_t count = node->end - node->start;

	keys.size = pieces.size = key_frames.size = 0;
	for (uint32_t place = node->start; place < node->end; place++) {
		if (!push_piece(elements[place]) || !put_whole_key(elements[place]))
			return false;
		struct piece *const piece = piece_at(place - node->start);
		piece->size = keys.size - piece->start;
	}
	sort_pieces(piece_at(0), count);
	for (uint32_t index = 0; index < count; index++)
		elements[node->start + index] = piece_at(index)->node;
	return true;
}
