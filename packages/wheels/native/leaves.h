/* Reads the leaves of marshal data: objects without others in them. */
#pragma once

#include "graph.h"

/* Where in the data. */
static uint32_t data_at;
/* So many bytes that stand next, or NULL. */
static inline const uint8_t *next_bytes(uint32_t size)
{
	if (data_size - data_at < size) {
		fail(CUT, data_at, 0);
		return NULL;
	}
	data_at += size;
	return data + data_at - size;
}

static uint32_t add_node(uint8_t type, uint32_t start, uint32_t end)
{
	if (!reserve(&nodes, 1, sizeof(struct node)))
		return FAILED;
	*node_at(nodes.size) = (struct node){
		.start = start, .end = end, .type = type, .layout = layouts[type],
	};
	return nodes.size++;
}

/* Bytes of a leaf after its type code, be they there or not; 0 after a failure, which it notes. */
static uint64_t leaf_size(uint8_t type)
{
	const uint8_t *const head = data + data_at;
	const uint32_t left = data_size - data_at;

	switch (layouts[type]) {
	case EMPTY: return 0;
	case INT32: return 4;
	case INT64: return 8;
	case COMPLEX: return 16;
	case LONG:
		if (left >= 4) {
			const int64_t digits = (int32_t)load32(head);
			return 4 + 2 * (uint64_t)(digits < 0 ? -digits : digits);
		}
		break;
	case STRING:
		if (left >= 4)
			return 4 + (uint64_t)load32(head);
		break;
	case SHORT_STRING:
		if (left >= 1)
			return 1 + (uint64_t)*head;
		break;
	default:
		fail(UNKNOWN_TYPE, data_at - 1, type);
		return 0;
	}
	fail(CUT, data_at, 0);
	return 0;
}

/*
 * Whether a plain string holds at most one character of Latin-1: CPython keeps such strings once a process, so whether
 * they are interned depends on what ran before.
 */
static inline bool is_singleton(uint8_t plain, uint32_t start, uint32_t size)
{
	if (plain == 'z')
		return size <= 1 + 1;
	return plain == 'u' && size == 4 + 2 && (data[start + 4] == 0xC2 || data[start + 4] == 0xC3);
}

static uint32_t find_leaf(uint32_t hash, uint8_t plain, uint32_t start, uint32_t size)
{
	for (uint32_t place = hash & table_mask; table[place] != 0; place = (place + 1) & table_mask) {
		const uint32_t number = table[place] - 1;
		const struct node *const node = node_at(number);
		if (node->hash == hash && node->type == plain && node->end - node->start == size &&
		    same_bytes(data + node->start, data + start, size))
			return number;
	}
	return NONE;
}

static uint32_t add_leaf(uint32_t hash, uint8_t plain, uint32_t start, uint32_t end)
{
	const uint32_t number = add_node(plain, start, end);

	return number == FAILED || !add_entry(hash, number) ? FAILED : number;
}

/* A leaf; one with the same bytes is the same. */
static uint32_t read_leaf(uint8_t type)
{
	const uint32_t start = data_at;
	const uint64_t size = leaf_size(type);

	if (failure != NO_FAILURE)
		return FAILED;
	if (size > data_size - start)
		return fail(CUT_INSIDE, start, 0);
	data_at = start + (uint32_t)size;
	const uint8_t plain = plain_type(type);
	const uint32_t hash = end_hash(mix_bytes(plain, data + start, data_at - start));
	uint32_t number = find_leaf(hash, plain, start, data_at - start);
	if (number == NONE)
		number = add_leaf(hash, plain, start, data_at);
	if (number != FAILED && (plain != type || is_singleton(plain, start, data_at - start)))
		node_at(number)->interned = true;
	return number;
}
