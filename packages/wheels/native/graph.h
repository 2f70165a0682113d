/* The objects of marshal data, by number: those inside others have smaller ones. */
#pragma once

#include "bytes.h"

/* ---- Type codes (CPython, Python/marshal.c, versions 4 and 5). */

#define FLAG_REF 0x80
#define REF 'r'
#define DICT_END '0'

/* How the bytes after a type code are laid out. */
enum layout {
	UNKNOWN, EMPTY, INT32, INT64, COMPLEX, LONG, STRING, SHORT_STRING,
	/* What follows consists of other objects. */
	SMALL_TUPLE, SEQUENCE, SET, DICT, SLICE, CODE,
};

static const uint8_t layouts[128] = {
	['N'] = EMPTY, ['F'] = EMPTY, ['T'] = EMPTY, ['S'] = EMPTY, ['.'] = EMPTY,
	['i'] = INT32, ['I'] = INT64, ['g'] = INT64, ['y'] = COMPLEX, ['l'] = LONG,
	['s'] = STRING, ['u'] = STRING, ['t'] = STRING, ['a'] = STRING, ['A'] = STRING,
	['z'] = SHORT_STRING, ['Z'] = SHORT_STRING,
	[')'] = SMALL_TUPLE, ['('] = SEQUENCE, ['['] = SEQUENCE, ['<'] = SET, ['>'] = SET,
	['{'] = DICT, [':'] = SLICE, ['c'] = CODE,
};

/* The type code of a string that is not interned; any other type as it is. */
static inline uint8_t plain_type(uint8_t type)
{
	switch (type) {
	case 'A': return 'a';
	case 'Z': return 'z';
	case 't': return 'u';
	default: return type;
	}
}

/* The type code of an interned string; any other type as it is. */
static inline uint8_t interned_type(uint8_t type)
{
	switch (type) {
	case 'a': return 'A';
	case 'z': return 'Z';
	case 'u': return 't';
	default: return type;
	}
}

/* ---- The graph. */

struct node {
	/* Leaves: the bytes after the type code. Others: their children, as places in `children`. */
	uint32_t start, end;
	/* Of code objects: where their numbers stand, and where the last one does, the first line. */
	uint32_t numbers, line;
	/* How many places there are for it. */
	uint32_t uses;
	/* Number + 1 under which it is referred to once it is written, 0 where it is not. */
	uint32_t known;
	/* Of what is in `table`. */
	uint32_t hash;
	/* Of strings that of the plain form. */
	uint8_t type;
	uint8_t layout;
	bool interned;
};

static const uint8_t *data;
static uint32_t data_size;
static struct list nodes;
/* Objects inside others, in order, of a dict keys and values in turn, of a set by number. */
static struct list children;

static inline struct node *node_at(uint32_t number)
{
	return (struct node *)nodes.items + number;
}

static inline bool is_leaf(const struct node *node)
{
	return node->layout < SMALL_TUPLE;
}

/* ---- A hash table of objects: open addressing with steps of one; never more than half full. */

/* Number + 1; 0 is free. */
static uint32_t *table;
static uint32_t table_mask, table_count;

static bool make_table(uint32_t size)
{
	table = take((uint64_t)size * sizeof(*table));
	if (table == NULL)
		return false;
	__builtin_memset(table, 0, size * sizeof(*table));
	table_mask = size - 1;
	return true;
}

static void put_entry(uint32_t stored)
{
	uint32_t place = node_at(stored - 1)->hash & table_mask;

	while (table[place] != 0)
		place = (place + 1) & table_mask;
	table[place] = stored;
}

static SELDOM bool enlarge_table(void)
{
	const uint32_t *const old = table;
	const uint32_t old_mask = table_mask;

	/* As many places as 2 GiB hold. */
	if (old_mask >= (UINT32_C(1) << 29) - 1)
		return no_memory();
	if (!make_table((old_mask + 1) * 2))
		return false;
	for (uint32_t place = 0; place <= old_mask; place++)
		if (old[place] != 0)
			put_entry(old[place]);
	return true;
}

static bool add_entry(uint32_t hash, uint32_t number)
{
	if (++table_count > table_mask / 2 && !enlarge_table())
		return false;
	node_at(number)->hash = hash;
	put_entry(number + 1);
	return true;
}
