/* Reads marshal data into the graph. Equal constants are one object, however often and wherever they stand. */
#pragma once

#include "leaves.h"

#define MAX_DEPTH 3000

/* An object that is being read, whose children are `open` from `from` on. */
struct frame {
	uint32_t from;
	/* Children that are still to come; of a dict that is not known. */
	uint32_t left;
	/* Its place in `targets`, or NONE. */
	uint32_t target;
	uint32_t numbers, line;
	uint8_t type;
	uint8_t layout;
};

static struct frame frames[MAX_DEPTH + 1];
static uint32_t depth;
/* Children of the objects that are being read. */
static struct list open;
/* Targets of references; NONE while the target is being read. */
static struct list targets;
/* Of a code object: the numbers that stand first, and the objects after the first line. */
static uint32_t code_numbers, code_tail;

/* An object of its own: code objects and dicts are never merged. */
static uint32_t add_container(const struct frame *frame)
{
	const uint32_t count = open.size - frame->from;
	const uint32_t *const from = numbers_of(&open) + frame->from;

	if (!reserve(&children, count, sizeof(uint32_t)))
		return FAILED;
	uint32_t *const to = numbers_of(&children) + children.size;
	for (uint32_t index = 0; index < count; index++) {
		to[index] = from[index];
		node_at(from[index])->uses++;
	}
	children.size += count;
	open.size = frame->from;
	const uint32_t number = add_node(frame->type, children.size - count, children.size);
	if (number != FAILED && frame->layout == CODE) {
		node_at(number)->numbers = frame->numbers;
		node_at(number)->line = frame->line;
	}
	return number;
}

static bool same_numbers(const uint32_t *a, const uint32_t *b, uint32_t count)
{
	for (uint32_t index = 0; index < count; index++)
		if (a[index] != b[index])
			return false;
	return true;
}

static uint32_t find_container(uint32_t hash, uint8_t type, const uint32_t *from, uint32_t count)
{
	for (uint32_t place = hash & table_mask; table[place] != 0; place = (place + 1) & table_mask) {
		const uint32_t number = table[place] - 1;
		const struct node *const node = node_at(number);
		if (node->hash == hash && node->type == type && node->end - node->start == count &&
		    same_numbers(numbers_of(&children) + node->start, from, count))
			return number;
	}
	return NONE;
}

/* A tuple, list, set or slice; one with equal elements is the same, of a set in any order. */
static uint32_t merge_container(const struct frame *frame)
{
	const uint32_t count = open.size - frame->from;
	const uint32_t *const from = numbers_of(&open) + frame->from;
	uint64_t mixed = frame->type;

	for (uint32_t index = 0; index < count; index++)
		mixed = mix(mixed, from[index]);
	const uint32_t hash = end_hash(mix(mixed, count));
	const uint32_t found = find_container(hash, frame->type, from, count);
	if (found != NONE) {
		open.size = frame->from;
		return found;
	}
	const uint32_t number = add_container(frame);
	return number == FAILED || !add_entry(hash, number) ? FAILED : number;
}

static SELDOM void sift_number(uint32_t *numbers, uint32_t at, uint32_t count)
{
	const uint32_t moved = numbers[at];

	for (uint32_t child = at * 2 + 1; child < count; child = at * 2 + 1) {
		if (child + 1 < count && numbers[child + 1] > numbers[child])
			child++;
		if (numbers[child] <= moved)
			break;
		numbers[at] = numbers[child];
		at = child;
	}
	numbers[at] = moved;
}

/* Heapsort: needs neither memory nor a stack, and no order of the input is slow. */
static SELDOM void sort_numbers(uint32_t *numbers, uint32_t count)
{
	for (uint32_t at = count / 2; at > 0; at--)
		sift_number(numbers, at - 1, count);
	for (uint32_t last = count; last > 1; last--) {
		const uint32_t largest = numbers[0];
		numbers[0] = numbers[last - 1];
		numbers[last - 1] = largest;
		sift_number(numbers, 0, last - 1);
	}
}

/* The innermost object that is being read has all its children. */
static uint32_t close_container(void)
{
	const struct frame *const frame = &frames[--depth];

	if (frame->layout == SET)
		sort_numbers(numbers_of(&open) + frame->from, open.size - frame->from);
	const uint32_t number = frame->layout == DICT || frame->layout == CODE ? add_container(frame)
									       : merge_container(frame);
	if (number != FAILED && frame->target != NONE)
		numbers_of(&targets)[frame->target] = number;
	return number;
}

static uint32_t continue_dict(const struct frame *frame)
{
	const bool before_key = (open.size - frame->from) % 2 == 0;

	if (!before_key)
		return PENDING;
	if (data_at == data_size)
		return fail(CUT, data_at, 0);
	if (data[data_at] != DICT_END)
		return PENDING;
	data_at++;
	return close_container();
}

/* Goes on in the innermost object: its number, or PENDING where another child follows. */
static uint32_t continue_container(void)
{
	struct frame *const frame = &frames[depth - 1];

	if (frame->layout == DICT)
		return continue_dict(frame);
	if (frame->left == 0)
		return close_container();
	if (frame->layout == CODE && frame->left == code_tail) {
		frame->line = data_at;
		if (next_bytes(4) == NULL)
			return FAILED;
	}
	frame->left--;
	return PENDING;
}

static uint32_t open_container(uint8_t type, uint32_t target, uint32_t left)
{
	frames[depth++] = (struct frame){
		.from = open.size, .left = left, .target = target, .type = type, .layout = layouts[type],
	};
	return continue_container();
}

static uint32_t open_many(uint8_t type, uint32_t target, uint32_t count)
{
	/* Every object takes a byte. */
	if (count > data_size - data_at)
		return fail(CUT_INSIDE, data_at, 0);
	return open_container(type, target, count);
}

#define CODE_OBJECTS 8

static uint32_t open_code(uint8_t type, uint32_t target)
{
	const uint32_t numbers = data_at;

	for (uint32_t index = 0; index < code_numbers; index++)
		if (next_bytes(4) == NULL)
			return FAILED;
	/* It has children, so that it stays open. */
	const uint32_t result = open_container(type, target, CODE_OBJECTS + code_tail);
	frames[depth - 1].numbers = numbers;
	return result;
}

/* An object that holds others: its number where it holds none, PENDING where the first follows. */
static uint32_t read_container(uint8_t type, uint32_t target)
{
	const uint8_t *head;

	switch (layouts[type]) {
	case SMALL_TUPLE:
		head = next_bytes(1);
		return head == NULL ? FAILED : open_many(type, target, *head);
	case DICT:
		return open_container(type, target, 0);
	case SLICE:
		return open_many(type, target, 3);
	case CODE:
		return open_code(type, target);
	default:
		head = next_bytes(4);
		return head == NULL ? FAILED : open_many(type, target, load32(head));
	}
}

static uint32_t read_reference(void)
{
	const uint8_t *const head = next_bytes(4);

	if (head == NULL)
		return FAILED;
	const uint32_t number = load32(head);
	if (number >= targets.size || numbers_of(&targets)[number] == NONE)
		return fail(NO_TARGET, data_at, number);
	return numbers_of(&targets)[number];
}

/* Reads up to the end of an object or up to its first child: its number, or PENDING. */
static uint32_t read_object(void)
{
	if (data_at == data_size)
		return fail(CUT, data_at, 0);
	if (depth > MAX_DEPTH)
		return fail(TOO_DEEP, data_at, 0);
	const uint8_t first = data[data_at++];
	const uint8_t type = first & ~FLAG_REF;
	if (type == REF)
		return read_reference();
	const uint32_t target = first & FLAG_REF ? targets.size : NONE;
	if (target != NONE && !push_number(&targets, NONE))
		return FAILED;
	if (layouts[type] >= SMALL_TUPLE)
		return read_container(type, target);
	const uint32_t number = read_leaf(type);
	if (number != FAILED && target != NONE)
		numbers_of(&targets)[target] = number;
	return number;
}

/* The number of the outermost object, or FAILED. */
static uint32_t read_root(void)
{
	for (;;) {
		uint32_t number = read_object();
		while (number < FAILED && depth > 0) {
			if (!push_number(&open, number))
				return FAILED;
			number = continue_container();
		}
		if (number != PENDING)
			return number;
	}
}
