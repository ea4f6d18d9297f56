/* SPDX-License-Identifier: Apache-2.0 */
/* history.c - what each signal did, in two rings: minutes, and quarters of an hour. A
 * place in a ring is the number of its minute or quarter, counted from 1970, modulo the
 * ring's size. */
#include "dormouse/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/level.h"
#include "base/sparse_copy.h"

#define MINUTE_S     60.0
#define SPREAD_MAX_S 600.0 /* twice the longest interval */
#define TIME_LIMIT   1e11  /* Unix seconds */

#define WATCHED_UNIT_S 4 /* of a quarter's watched time: 900 s are 225 */

/* Steps of a quarter's peak above its mean, for each doubling: four bits for each
 * signal. The greatest of 15 minutes is at most 15 times, or 3.91 doublings above,
 * their mean. */
#define EXCESS_STEPS 3.8
#define EXCESS_MAX   15

/* A signal after the other, and 0 where there was nothing: of a signal that is always 0
 * no page is ever written, so it needs no memory. */
struct kept_history {
	int64_t newest;                        /* the minute that goes on; 0: none */
	uint8_t seconds[HISTORY_MINUTES];      /* watched; 0: a gap */
	uint8_t watched[HISTORY_QUARTERS];     /* in WATCHED_UNIT_S */
	uint16_t minute_read[HISTORY_MINUTES]; /* bit 1 << signal: not a gap */
	uint16_t quarter_read[HISTORY_QUARTERS];
	/* By level_encode(): a counter's rise, and a gauge's greatest value. */
	uint16_t minute[SIGNAL_COUNT][HISTORY_MINUTES];
	/* The sum of the minutes. A gauge's are multiplied by their seconds. */
	uint16_t quarter[SIGNAL_COUNT][HISTORY_QUARTERS];
	/* The peak above the mean, of two signals in a byte. */
	uint8_t excess[(SIGNAL_COUNT + 1) / 2][HISTORY_QUARTERS];
};
_Static_assert(SIGNAL_COUNT <= 16, "a bit for each signal");
_Static_assert(sizeof(struct kept_history) <= HISTORY_BYTES_MAX, "within the budget");

/* "HI", the number of signals, a version: change that with the struct. */
#define LAYOUT (0x48490000u | SIGNAL_COUNT << 8 | 2)

struct history {
	struct kept_history kept;
	/* Of the minute that goes on, unrounded. */
	double now_s, now[SIGNAL_COUNT];
	double sampled_at;            /* the last sample; 0: none in this life */
	double read_at[SIGNAL_COUNT]; /* when each signal was read last; 0: never */
	uint64_t value[SIGNAL_COUNT];
};

struct history *history_new(void)
{
	return calloc(1, sizeof(struct history));
}

void history_free(struct history *h)
{
	free(h);
}

static size_t minute_place(int64_t minute)
{
	return (size_t)(minute % HISTORY_MINUTES);
}

static size_t quarter_place(int64_t quarter)
{
	return (size_t)(quarter % HISTORY_QUARTERS);
}

/* Leaves a page alone that has the value already. */
static void set(uint16_t *code, uint16_t value)
{
	if (*code == value)
		return;
	*code = value;
}

static void clear_minute(struct kept_history *k, int64_t minute)
{
	const size_t at = minute_place(minute);

	k->seconds[at] = 0;
	k->minute_read[at] = 0;
	for (enum signal s = 0; s < SIGNAL_COUNT; s++)
		set(&k->minute[s][at], 0);
}

/* Makes a minute the newest one. Those that are new, or come again, are empty. */
static void move_to(struct history *h, int64_t minute)
{
	struct kept_history *k = &h->kept;
	const int64_t first =
	    minute > k->newest ? k->newest + 1 : minute; /* to be emptied */
	const int64_t last = minute > k->newest ? minute : k->newest;

	if (minute == k->newest)
		return;
	if (k->newest > 0 &&
	    last - first >= (int64_t)HISTORY_QUARTERS * HISTORY_QUARTER)
		memset(k, 0, sizeof(*k));
	for (int64_t m = first; m <= last && m < first + HISTORY_MINUTES; m++)
		clear_minute(k, m);
	for (int64_t q = first / HISTORY_QUARTER + (first % HISTORY_QUARTER > 0);
	     q <= last / HISTORY_QUARTER &&
	     last - first < (int64_t)HISTORY_QUARTERS * HISTORY_QUARTER;
	     q++)
		k->watched[quarter_place(q)] = 0;
	clear_minute(k, minute);
	k->newest = minute;
	h->now_s = 0;
	memset(h->now, 0, sizeof(h->now));
}

/* --- adding
 * ---------------------------------------------------------------------------
 */

static void add_seconds(struct history *h, int64_t minute, double seconds)
{
	uint8_t *kept = &h->kept.seconds[minute_place(minute)];
	double sum = *kept + seconds;

	if (minute == h->kept.newest)
		sum = h->now_s += seconds;
	*kept = (uint8_t)fmin(ceil(sum), MINUTE_S);
}

static void add_amount(struct history *h, int64_t minute, enum signal signal,
		       double amount)
{
	const size_t at = minute_place(minute);
	uint16_t *kept = &h->kept.minute[signal][at];
	double sum = level_decode(*kept) + amount;

	if (signal_is_gauge(signal))
		sum = fmax(level_decode(*kept), amount);
	else if (minute == h->kept.newest)
		sum = h->now[signal] += amount;
	set(kept, level_encode(sum));
	h->kept.minute_read[at] |= (uint16_t)(1u << signal);
}

/* Adds the seconds of a span, or a signal's amount in it, to each minute that it
 * touches. A gauge has the same value all the time. */
static void spread(struct history *h, double from, int signal, double amount)
{
	const double to = h->sampled_at;

	for (int64_t m = (int64_t)(from / MINUTE_S); m <= h->kept.newest; m++) {
		const double begin = fmax(from, MINUTE_S * (double)m);
		const double end = fmin(to, MINUTE_S * (double)(m + 1));
		if (end <= begin)
			continue;
		if (signal < 0)
			add_seconds(h, m, end - begin);
		else if (signal_is_gauge((enum signal)signal))
			add_amount(h, m, (enum signal)signal, amount);
		else
			add_amount(h, m, (enum signal)signal,
				   amount * (end - begin) / (to - from));
	}
}

/* Whether the time since then is noted: not a gap, and not before a clock was set
 * back. */
static bool is_noted(const struct history *h, double since)
{
	return since > 0 && since < h->sampled_at &&
	       h->sampled_at - since <= SPREAD_MAX_S;
}

static void take_signal(struct history *h, const struct sample *s, enum signal signal)
{
	const double since = h->read_at[signal];
	const uint64_t before = h->value[signal], now = s->value[signal];

	h->read_at[signal] = s->time;
	h->value[signal] = now;
	if (!is_noted(h, since))
		return;
	if (signal_is_gauge(signal))
		spread(h, since, (int)signal, (double)now);
	else if (now >= before) /* else it was reset: the rise is not known */
		spread(h, since, (int)signal, (double)(now - before));
}

/* --- quarters
 * -------------------------------------------------------------------------
 */

/* A minute's amount, 0 if the signal was not read. Returns whether it was. */
static bool minute_amount(const struct kept_history *k, int64_t minute,
			  enum signal signal, double *amount)
{
	const size_t at = minute_place(minute);

	*amount = level_decode(k->minute[signal][at]) *
		  (signal_is_gauge(signal) ? k->seconds[at] : 1);
	return k->seconds[at] > 0 && k->minute_read[at] >> signal & 1;
}

/* Whether the ring has that minute. */
static bool has_minute(const struct kept_history *k, int64_t minute)
{
	return minute > 0 && minute <= k->newest &&
	       minute > k->newest - HISTORY_MINUTES;
}

static void span_add(struct history_span *span, double seconds, double amount,
		     double peak)
{
	span->seconds += seconds;
	span->amount += amount;
	span->peak = fmax(span->peak, peak);
}

static void span_of_minutes(const struct kept_history *k, enum signal signal,
			    int64_t minute, int64_t end, struct history_span *span)
{
	for (; minute < end; minute++) {
		double amount;
		if (!has_minute(k, minute) ||
		    !minute_amount(k, minute, signal, &amount))
			continue;
		const double seconds = k->seconds[minute_place(minute)];
		span_add(span, seconds, amount, amount / seconds);
	}
}

/* By how much the greatest minute is above the mean, rounded up. */
static uint8_t excess_of(const struct history_span *span)
{
	if (!(span->amount > 0))
		return 0;
	return (uint8_t)fmin(
	    ceil(EXCESS_STEPS * log2(span->peak * span->seconds / span->amount)),
	    EXCESS_MAX);
}

static void set_excess(uint8_t *both, unsigned shift, uint8_t value)
{
	const uint8_t now =
	    (uint8_t)((*both & ~(EXCESS_MAX << shift)) | value << shift);

	if (*both == now)
		return;
	*both = now;
}

/* Sums the minutes of a quarter up. */
static void fold(struct kept_history *k, int64_t quarter)
{
	const size_t at = quarter_place(quarter);
	const int64_t first = quarter * HISTORY_QUARTER;
	unsigned seconds = 0;

	for (int64_t m = first; m < first + HISTORY_QUARTER; m++)
		seconds += has_minute(k, m) ? k->seconds[minute_place(m)] : 0;
	k->watched[at] = (uint8_t)((seconds + WATCHED_UNIT_S - 1) / WATCHED_UNIT_S);
	k->quarter_read[at] = 0;
	for (enum signal s = 0; s < SIGNAL_COUNT; s++) {
		struct history_span span = {0};

		span_of_minutes(k, s, first, first + HISTORY_QUARTER, &span);
		set(&k->quarter[s][at], level_encode(span.amount));
		set_excess(&k->excess[s / 2][at], s % 2 * 4, excess_of(&span));
		if (span.seconds > 0)
			k->quarter_read[at] |= (uint16_t)(1u << s);
	}
}

static void span_of_quarters(const struct kept_history *k, enum signal signal,
			     int64_t quarter, int64_t end, struct history_span *span)
{
	const int64_t newest = k->newest / HISTORY_QUARTER;

	for (; quarter < end; quarter++) {
		const size_t at = quarter_place(quarter);
		if (quarter <= 0 || quarter > newest ||
		    quarter <= newest - HISTORY_QUARTERS || k->watched[at] == 0 ||
		    !(k->quarter_read[at] >> signal & 1))
			continue;
		const double seconds = WATCHED_UNIT_S * k->watched[at];
		const double amount = level_decode(k->quarter[signal][at]);
		span_add(span, seconds, amount,
			 amount / seconds *
			     exp2((k->excess[signal / 2][at] >> signal % 2 * 4 &
				   EXCESS_MAX) /
				  EXCESS_STEPS));
	}
}

/* --- the room's functions
 * -------------------------------------------------------------
 */

void history_feed(struct history *h, const struct sample *sample)
{
	const double before = h->sampled_at;
	const int64_t newest = h->kept.newest;

	if (!(sample->time > 0 && sample->time < TIME_LIMIT))
		return;
	h->sampled_at = sample->time;
	move_to(h, (int64_t)(sample->time / MINUTE_S));
	if (is_noted(h, before))
		spread(h, before, -1, 0);
	for (enum signal s = 0; s < SIGNAL_COUNT; s++)
		if (sample_has(sample, s))
			take_signal(h, sample, s);
	if (h->kept.newest == newest)
		return;
	/* A rise may have been spread over the minutes before. */
	const int64_t last = h->kept.newest / HISTORY_QUARTER;
	const int64_t first =
	    (h->kept.newest - (int64_t)(SPREAD_MAX_S / MINUTE_S) - 1) / HISTORY_QUARTER;
	for (int64_t q = first > 0 ? first : 0; q <= last; q++)
		fold(&h->kept, q);
}

bool history_span(const struct history *h, enum signal signal, int64_t minute,
		  unsigned minutes, struct history_span *span)
{
	const int64_t end = minute + minutes;

	*span = (struct history_span){0};
	if (minute % HISTORY_QUARTER == 0 && minutes % HISTORY_QUARTER == 0)
		span_of_quarters(&h->kept, signal, minute / HISTORY_QUARTER,
				 end / HISTORY_QUARTER, span);
	else
		span_of_minutes(&h->kept, signal, minute, end, span);
	return span->seconds > 0;
}

int64_t history_minute(const struct history *h)
{
	return h->kept.newest;
}

const void *history_kept(const struct history *h, size_t *bytes)
{
	*bytes = h->kept.newest > 0 ? sizeof(h->kept) : 0;
	return &h->kept;
}

uint32_t history_layout(void)
{
	return LAYOUT;
}

static bool is_sound(const struct kept_history *k)
{
	bool sound = k->newest > 0 && k->newest < (int64_t)(TIME_LIMIT / MINUTE_S);

	for (size_t i = 0; i < HISTORY_MINUTES; i++)
		sound = sound && k->seconds[i] <= MINUTE_S;
	for (size_t i = 0; i < HISTORY_QUARTERS; i++)
		sound = sound &&
			k->watched[i] * WATCHED_UNIT_S <= HISTORY_QUARTER * MINUTE_S;
	return sound;
}

/* Any code is a finite amount, so only the rest is checked. */
int history_restore(struct history *h, const void *block, size_t bytes,
		    struct error *err)
{
	if (bytes == 0 || h->kept.newest > 0)
		return 0;
	if (bytes != sizeof(h->kept) || !is_sound(block))
		return fail(err, "the block is inconsistent");
	sparse_copy(&h->kept, block, sizeof(h->kept));
	const size_t at = minute_place(h->kept.newest);
	h->now_s = h->kept.seconds[at];
	for (enum signal s = 0; s < SIGNAL_COUNT; s++)
		h->now[s] = level_decode(h->kept.minute[s][at]);
	return 0;
}
