/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - holds the samples of a trace, checks them as a whole, and sorts them. */
#include "rows.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "rows_order.h"
#include "trend.h"

#define UNUSUAL_FIRST 16

/* Marks functions that usual rows do not reach; they are optimized for size. */
#define COLD __attribute__((cold, noinline))

/* Memory of a closed trace, reused by the next one: the page faults of new memory take
 * a tenth of the time of a trace. */
static struct packed_row *spare;

void rows_free(struct rows *r)
{
	if (!spare)
		spare = r->packed;
	else if (r->packed)
		munmap(r->packed, ROWS_MAX * sizeof(r->packed[0]));
	free(r->unusual);
	free(r->sorted);
	*r = (struct rows){.count = 0};
}

/* Reserves addresses for the maximum number of rows; the kernel provides memory when
 * they are written. */
COLD static int reserve(struct rows *r, struct error *err)
{
	const size_t bytes = ROWS_MAX * sizeof(r->packed[0]);

	r->packed = spare;
	spare = NULL;
	if (r->packed)
		return 0;
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED) {
		fail_errno(err, errno, "room for %u rows", ROWS_MAX);
		return -1;
	}
	madvise(at, bytes, MADV_HUGEPAGE);
	r->packed = at;
	return 0;
}

static int grow_unusual(struct rows *r, struct error *err)
{
	size_t capacity = r->unusual_capacity ? r->unusual_capacity * 2 : UNUSUAL_FIRST;
	struct unusual_row *at = realloc(r->unusual, capacity * sizeof(*at));

	if (!at)
		return fail_memory(err, "rows");
	r->unusual = at;
	r->unusual_capacity = capacity;
	return 0;
}

/* Counts the falls; an absent signal keeps its last level. */
static void note_level(struct rows *r, const struct sample *s)
{
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		if (sample_has(&r->last, (enum signal)i))
			sample_set(&r->level, (enum signal)i, r->last.value[i]);
		if (!sample_has(s, (enum signal)i))
			continue;
		r->falls[i] += sample_has(&r->level, (enum signal)i) &&
			       s->value[i] < r->level.value[i];
		sample_set(&r->level, (enum signal)i, s->value[i]);
	}
}

COLD static int add_unusual(struct rows *r, const struct sample *s, struct error *err)
{
	if (r->unusual_count == r->unusual_capacity && grow_unusual(r, err) < 0)
		return -1;
	r->unusual[r->unusual_count++] = (struct unusual_row){r->count, *s};
	r->present |= s->present;
	note_level(r, s);
	return 0;
}

/* Sets gauges to 0: a gauge's next value is not an increase. */
static void forget_gauges(struct sample *s)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (signal_is_gauge((enum signal)i))
			s->value[i] = 0;
}

int rows_add(struct rows *r, const struct sample *s, struct error *err)
{
	uint64_t rises = 0;

	if (!r->packed && reserve(r, err) < 0)
		return -1;
	struct packed_row *p = &r->packed[r->count];
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		uint64_t rise = s->value[i] - r->last.value[i];
		rises |= rise;
		p->rises[i] = (uint32_t)rise;
	}
	p->time = s->time;
	if ((rises > UINT32_MAX || s->present != r->last.present) &&
	    add_unusual(r, s, err) < 0)
		return -1;
	r->unordered |= s->time < r->last.time;
	r->doubled |= s->time == r->last.time;
	r->last = *s;
	forget_gauges(&r->last);
	r->count++;
	return 0;
}

bool rows_read(const struct rows *r, struct rows_cursor *c, struct sample *s)
{
	if (c->next == r->count)
		return false;
	if (r->sorted) {
		*s = r->sorted[c->next++];
		return true;
	}
	if (c->unusual < r->unusual_count && r->unusual[c->unusual].row == c->next) {
		c->last = r->unusual[c->unusual++].sample;
	} else {
		const struct packed_row *p = &r->packed[c->next];
		c->last.time = p->time;
		for (int i = 0; i < SIGNAL_COUNT; i++)
			c->last.value[i] += p->rises[i];
	}
	c->next++;
	*s = c->last;
	forget_gauges(&c->last);
	return true;
}

/* Unpacks all rows so that they can be sorted. */
COLD static int unpack(struct rows *r, struct error *err)
{
	struct rows_cursor cursor = {.next = 0};
	struct sample *all = malloc(r->count * sizeof(*all));

	if (!all)
		return fail_memory(err, "rows");
	for (size_t i = 0; i < r->count; i++)
		rows_read(r, &cursor, &all[i]);
	r->sorted = all;
	return 0;
}

COLD static int check_signal(const struct rows *r, enum signal signal,
			     struct error *err)
{
	struct rows_cursor cursor = {.next = 0};
	struct trend trend = {.values = 0};
	struct sample sample;

	while (rows_read(r, &cursor, &sample))
		if (sample_has(&sample, signal))
			trend_note(&trend, sample.value[signal]);
	return trend_check(&trend, signal, "rows", err);
}

int rows_settle(struct rows *r, struct notes *notes, struct error *err)
{
	if (r->unordered || r->doubled) {
		int result =
		    unpack(r, err) < 0 ? TRACE_FAILED : rows_order(r, notes, err);
		if (result < 0)
			return result;
	}
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (!signal_is_gauge((enum signal)i) &&
		    r->falls[i] >= TREND_FALLS_MIN &&
		    check_signal(r, (enum signal)i, err) < 0)
			return TRACE_INVALID;
	return 0;
}
