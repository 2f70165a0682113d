/* Memory, taken from the front and given back all at once when a call begins, and what failed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kept out of its callers: what is seldom run would only be compiled with them, many times over. */
#define SELDOM __attribute__((noinline, cold))

enum failure { NO_FAILURE, NO_MEMORY, CUT, CUT_INSIDE, UNKNOWN_TYPE, NO_TARGET, TOO_DEEP, ENDS_EARLY };

static enum failure failure;
static uint32_t failure_at, failure_detail;

/* In place of an object's number: there is none, more of it follows, reading failed. */
#define NONE UINT32_MAX
#define PENDING (UINT32_MAX - 1)
#define FAILED (UINT32_MAX - 2)

static SELDOM uint32_t fail(enum failure why, uint32_t at, uint32_t detail)
{
	failure = why;
	failure_at = at;
	failure_detail = detail;
	return FAILED;
}

static bool no_memory(void)
{
	fail(NO_MEMORY, 0, 0);
	return false;
}

#define PAGE 65536
/* Words of 8 bytes are read and written over the end of a piece. */
#define SLACK 8

extern uint8_t __heap_base;
/* The first byte that is free. */
static uint64_t arena_end;

static void give_all_back(void)
{
	arena_end = ((uint64_t)(uintptr_t)&__heap_base + 15) & ~UINT64_C(15);
}

/* NULL where there is no memory, which it notes. */
static SELDOM void *take(uint64_t size)
{
	const uint64_t from = arena_end;
	const uint64_t end = from + ((size + 15) & ~UINT64_C(15));
	const uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) * PAGE;

	if (end > have &&
	    __builtin_wasm_memory_grow(0, (size_t)((end - have + PAGE - 1) / PAGE)) == SIZE_MAX) {
		no_memory();
		return NULL;
	}
	arena_end = end;
	return (void *)(uintptr_t)from;
}

/* A list that grows. What it leaves behind then is lost until the next call. */
struct list {
	void *items;
	uint32_t size, room;
};

static SELDOM bool make_list(struct list *list, uint32_t room, uint32_t item_size)
{
	list->items = take((uint64_t)room * item_size + SLACK);
	list->size = 0;
	list->room = room;
	return list->items != NULL;
}

static SELDOM bool enlarge(struct list *list, uint32_t more, uint32_t item_size)
{
	const uint64_t needed = (uint64_t)list->size + more;
	const uint64_t doubled = (uint64_t)list->room * 2;
	const uint64_t room = doubled > needed ? doubled : needed;
	void *const items = room > UINT32_MAX ? NULL : take(room * item_size + SLACK);

	if (items == NULL)
		return no_memory();
	__builtin_memcpy(items, list->items, (size_t)list->size * item_size);
	list->items = items;
	list->room = (uint32_t)room;
	return true;
}

/* Makes room for so many more. */
static inline bool reserve(struct list *list, uint32_t more, uint32_t item_size)
{
	return list->room - list->size >= more || enlarge(list, more, item_size);
}

static inline uint32_t *numbers_of(struct list *list)
{
	return list->items;
}

static inline bool push_number(struct list *list, uint32_t number)
{
	if (!reserve(list, 1, sizeof(number)))
		return false;
	numbers_of(list)[list->size++] = number;
	return true;
}
