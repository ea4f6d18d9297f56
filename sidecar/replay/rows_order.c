/* SPDX-License-Identifier: Apache-2.0 */
/* rows_order.c - sorts rows by time.
 *
 * Counters of one pod rise with time. So if such rows are sorted, the counters fall at
 * most as often as in the original order. If sorting adds falls, there are two
 * possibilities: the original order is correct, because a clock was set back while the
 * counters went on; or the rows are of two pods over the same time.
 */
#include "rows_order.h"

#include <stdlib.h>
#include <string.h>

#define SEAMS_SHARE     10 /* at most one row in ten follows a clock set back */
#define CONFLICTS_SHARE 20 /* below one row in twenty, conflicts are tolerated */
#define CONFLICTS_MIN   3

struct place {
	double time;
	uint32_t row;
};

/* The changes of the counters from row to row in one order. */
struct walk {
	struct sample level;
	double times[SIGNAL_COUNT]; /* times of the levels */
	uint64_t falls;     /* rows where a counter is below its last value, or */
	uint64_t conflicts; /* differs from it at the same time */
	unsigned signal_falls[SIGNAL_COUNT];
	enum signal first; /* the first signal that fell, */
	double first_time; /* and its time */
};

static int by_time(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->row < y->row ? -1 : 1;
}

static bool is_counter(enum signal signal)
{
	return !signal_is_gauge(signal);
}

static void step(struct walk *w, const struct sample *s)
{
	bool fell = false, differs = false;

	for (int i = 0; i < SIGNAL_COUNT; i++) {
		if (!sample_has(s, (enum signal)i))
			continue;
		bool known = sample_has(&w->level, (enum signal)i) && is_counter(i);
		bool other =
		    known && s->time == w->times[i] && s->value[i] != w->level.value[i];
		bool wrong = known && (other || s->value[i] < w->level.value[i]);
		w->signal_falls[i] += wrong;
		if (wrong && !fell && w->falls == 0) {
			w->first = (enum signal)i;
			w->first_time = s->time;
		}
		fell |= wrong;
		differs |= other;
		sample_set(&w->level, (enum signal)i, s->value[i]);
		w->times[i] = s->time;
	}
	w->falls += fell;
	w->conflicts += differs;
}

/* The largest rise of each counter between adjacent rows whose time does not go back.
 */
static void greatest_rises(const struct rows *r, uint64_t rises[SIGNAL_COUNT])
{
	memset(rises, 0, SIGNAL_COUNT * sizeof(rises[0]));
	for (size_t i = 1; i < r->count; i++) {
		const struct sample *a = &r->sorted[i - 1], *b = &r->sorted[i];
		uint32_t both = a->present & b->present;

		for (int j = 0; j < SIGNAL_COUNT && b->time >= a->time; j++)
			if ((both >> j) & 1u && b->value[j] > a->value[j] &&
			    b->value[j] - a->value[j] > rises[j])
				rises[j] = b->value[j] - a->value[j];
	}
}

/* Whether at each point where the time goes back, every counter continues: it does not
 * fall, and rises at most as much as elsewhere. */
static bool goes_on_at_seams(const struct rows *r)
{
	uint64_t rises[SIGNAL_COUNT];
	size_t seams = 0;

	greatest_rises(r, rises);
	for (size_t i = 1; i < r->count; i++) {
		const struct sample *a = &r->sorted[i - 1], *b = &r->sorted[i];
		uint32_t both = a->present & b->present;

		if (b->time >= a->time)
			continue;
		seams++;
		for (int j = 0; j < SIGNAL_COUNT; j++)
			if (is_counter(j) && (both >> j) & 1u &&
			    (b->value[j] < a->value[j] ||
			     b->value[j] - a->value[j] > rises[j]))
				return false;
	}
	return seams == 1 || seams * SEAMS_SHARE <= r->count;
}

/* Reorders the rows in place, one cycle of the permutation at a time. */
static void rearrange(struct rows *r, struct place *places)
{
	for (size_t i = 0; i < r->count; i++) {
		struct sample kept = r->sorted[i];
		size_t at = i;

		while (places[at].row != i) {
			size_t from = places[at].row;
			r->sorted[at] = r->sorted[from];
			places[at].row = (uint32_t)at;
			at = from;
		}
		r->sorted[at] = kept;
		places[at].row = (uint32_t)at;
	}
}

/* Merges the rows of one time: the first row takes its missing signals from the next
 * ones. */
static void merge_equal_times(struct rows *r)
{
	size_t last = 0;

	for (size_t i = 1; i < r->count; i++) {
		struct sample *into = &r->sorted[last];

		if (r->sorted[i].time != into->time) {
			r->sorted[++last] = r->sorted[i];
			continue;
		}
		for (int j = 0; j < SIGNAL_COUNT; j++)
			if (!sample_has(into, (enum signal)j) &&
			    sample_has(&r->sorted[i], (enum signal)j))
				sample_set(into, (enum signal)j, r->sorted[i].value[j]);
	}
	r->count = last + 1;
}

static int refuse(const struct walk *w, struct error *err)
{
	char when[40];
	struct text t = text_over(when, sizeof(when));

	text_time(&t, w->first_time);
	return fail(err,
		    "the rows are not in the order of time, and sorted %s falls at %s: "
		    "they are of two pods; give each its own trace",
		    signal_name(w->first), when);
}

/* Whether rows with the same time come from two pods; a few may be repeated readings.
 */
static bool contradict(const struct walk *w, size_t rows)
{
	return w->conflicts >= CONFLICTS_MIN && w->conflicts * CONFLICTS_SHARE >= rows;
}

static int refuse_conflicts(const struct walk *w, struct error *err)
{
	return fail(
	    err,
	    "%llu rows have the time of another row but other counters: they come "
	    "from two pods. Give each pod its own trace",
	    (unsigned long long)w->conflicts);
}

static void say_sorted(const struct rows *r, const struct walk *sorted,
		       struct notes *notes)
{
	if (r->unordered)
		notes_say(notes, "rows are not in the order of time: they were sorted");
	if (sorted->conflicts > 0)
		notes_say(notes,
			  "%llu rows have the time of another row but other counters: "
			  "the first row is used",
			  (unsigned long long)sorted->conflicts);
}

static void say_clock(struct notes *notes)
{
	notes_say(notes,
		  "the time goes back while the counters go on: taken for a clock "
		  "that was set back");
}

/* Chooses between the sorted order and the original order. */
static int choose(struct rows *r, struct place *places, struct notes *notes,
		  struct error *err)
{
	struct walk stood = {.falls = 0}, sorted = {.falls = 0};

	for (size_t i = 0; i < r->count; i++) {
		step(&stood, &r->sorted[i]);
		step(&sorted, &r->sorted[places[i].row]);
	}
	if (sorted.falls <= stood.falls) {
		if (contradict(&sorted, r->count))
			return refuse_conflicts(&sorted, err);
		say_sorted(r, &sorted, notes);
		rearrange(r, places);
		merge_equal_times(r);
		memcpy(r->falls, sorted.signal_falls, sizeof(r->falls));
		return 0;
	}
	if (!goes_on_at_seams(r))
		return refuse(&sorted, err);
	say_clock(notes);
	return 0;
}

int rows_order(struct rows *r, struct notes *notes, struct error *err)
{
	struct place *places = malloc(r->count * sizeof(*places));
	int result;

	if (!places) {
		fail_memory(err, "rows");
		return TRACE_FAILED;
	}
	for (size_t i = 0; i < r->count; i++)
		places[i] = (struct place){r->sorted[i].time, (uint32_t)i};
	qsort(places, r->count, sizeof(*places), by_time);
	result = choose(r, places, notes, err) < 0 ? TRACE_INVALID : 0;
	free(places);
	return result;
}
