/* SPDX-License-Identifier: Apache-2.0 */
/* bodies.c - buffers that double, within an allowance. */
#include "bodies.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct body *body_new(struct bodies *all, size_t max)
{
	struct body *b = all->kept;

	if (b) {
		all->kept = b->next;
		all->kept_count--;
		b->length = 0;
		b->max = max;
		return b;
	}
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->data = malloc(BODY_SMALL);
	b->capacity = BODY_SMALL;
	b->max = max;
	if (b->data)
		return b;
	free(b);
	return NULL;
}

/* The part of the allowance that a body of that capacity uses. */
static size_t allowance(size_t capacity)
{
	return capacity > BODY_SMALL ? capacity : 0;
}

static enum body_growth grow(struct bodies *all, struct body *b, size_t need)
{
	size_t capacity = b->capacity;

	while (capacity < need)
		capacity *= 2;
	if (capacity > b->max)
		capacity = b->max;
	size_t used = all->used - allowance(b->capacity) + allowance(capacity);
	if (used > all->all_max)
		return BODY_NO_ROOM;
	char *data = realloc(b->data, capacity);
	if (!data)
		return BODY_NO_ROOM;
	b->data = data;
	b->capacity = capacity;
	all->used = used;
	return BODY_TAKEN;
}

enum body_growth body_add(struct bodies *all, struct body *b, const char *piece,
			  size_t length)
{
	enum body_growth growth = BODY_TAKEN;

	if (length > b->max - b->length)
		return BODY_TOO_LARGE;
	if (b->length + length > b->capacity)
		growth = grow(all, b, b->length + length);
	if (growth == BODY_TAKEN) {
		memcpy(b->data + b->length, piece, length);
		b->length += length;
	}
	return growth;
}

static void release(struct body *b)
{
	free(b->data);
	free(b);
}

void body_free(struct bodies *all, struct body *b)
{
	if (!b)
		return;
	all->used -= allowance(b->capacity);
	if (b->capacity > BODY_SMALL || all->kept_count >= BODIES_KEPT) {
		release(b);
		return;
	}
	b->next = all->kept;
	all->kept = b;
	all->kept_count++;
}

void bodies_clear(struct bodies *all)
{
	while (all->kept) {
		struct body *b = all->kept;

		all->kept = b->next;
		release(b);
	}
	all->kept_count = 0;
}
