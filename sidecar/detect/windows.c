/* SPDX-License-Identifier: Apache-2.0 */
/* windows.c - sums each series over the last seconds, minutes and hours. */
#include "windows.h"

#include <math.h>
#include <string.h>

#include "limits.h"

static const struct {
	double bucket_s;
	unsigned count;
} RING[SUM_WINDOWS] = {
    [WINDOW_10S] = {0.5, 20}, [WINDOW_1M] = {10, 6},    [WINDOW_10M] = {60, 10},
    [WINDOW_1H] = {300, 12},  [WINDOW_6H] = {1800, 12},
};

/* Received bytes for each packet that acknowledges them: for each full segment, though
 * the kernel often waits for the second. */
#define RECEIVED_PER_PACKET 1400

static double without_answers(unsigned series, double sent, double received)
{
	switch (series) {
	case SIGNAL_TX_BYTES:
		return fmax(sent - received / RECEIVED_PER_BYTE, 0);
	case SIGNAL_TX_PACKETS:
	case SIGNAL_TCP_TX_PACKETS:
		return fmax(sent - received / RECEIVED_PER_PACKET, 0);
	default:
		return sent;
	}
}

/* The series of without_answers(). */
static const enum signal ANSWERING[] = {SIGNAL_TX_BYTES, SIGNAL_TX_PACKETS,
					SIGNAL_TCP_TX_PACKETS};
#define ANSWERING_COUNT (sizeof(ANSWERING) / sizeof(ANSWERING[0]))

double windows_judged(const struct windows *w, unsigned window, unsigned series)
{
	const double *v = w->value[window];

	if (window >= SUM_WINDOWS)
		return v[series]; /* close_tick() did it */
	return without_answers(series, v[series], v[SIGNAL_RX_BYTES]);
}

static void raise_to(double *restrict peak, const double *restrict value)
{
	for (unsigned s = 0; s < SERIES_COUNT; s++)
		peak[s] = peak[s] > value[s] ? peak[s] : value[s];
}

void windows_raise_peaks(const struct windows *w, unsigned window,
			 double peak[SERIES_COUNT])
{
	double kept[ANSWERING_COUNT];

	for (unsigned i = 0; i < ANSWERING_COUNT; i++)
		kept[i] = peak[ANSWERING[i]];
	raise_to(peak, w->value[window]);
	for (unsigned i = 0; i < ANSWERING_COUNT; i++) {
		double judged = windows_judged(w, window, ANSWERING[i]);
		peak[ANSWERING[i]] = judged > kept[i] ? judged : kept[i];
	}
}

void windows_clear(struct windows *w)
{
	memset(w->ring, 0, sizeof(w->ring));
	memset(w->value, 0, sizeof(w->value));
	w->ticks.length = 0; /* the next interval sets the size */
}

static void clear_ring(struct windows *w, unsigned k, int64_t at)
{
	struct window_ring *r = &w->ring[k];

	if (r->lone)
		memset(r->bucket[r->slot], 0, sizeof(r->bucket[r->slot]));
	else
		memset(r->bucket, 0, sizeof(r->bucket));
	memset(r->began, 0, sizeof(r->began));
	memset(r->highest, 0, sizeof(r->highest));
	memset(w->value[k], 0, sizeof(w->value[k]));
	r->at = at;
	r->lone = true;
}

static void add_to(double *restrict sum, const double *restrict more)
{
	for (unsigned s = 0; s < SERIES_COUNT; s++)
		sum[s] += more[s];
}

static void take_off(double *restrict sum, const double *restrict less)
{
	for (unsigned s = 0; s < SERIES_COUNT; s++)
		sum[s] -= less[s];
}

/* Moves the ring forward to bucket `at` and subtracts from the sum what leaves the
 * window. */
static void advance(struct windows *w, unsigned k, int64_t at)
{
	struct window_ring *r = &w->ring[k];
	double *sum = w->value[k];

	if (at - r->at >= RING[k].count || at < r->at) {
		clear_ring(w, k, at);
		return;
	}
	for (; r->at < at; r->at++) {
		if (++r->slot == RING[k].count)
			r->slot = 0;
		double *old = r->bucket[r->slot];
		take_off(sum, old);
		memset(old, 0, sizeof(r->bucket[0]));
		r->began[r->slot] = 0;
		memset(r->highest[r->slot], 0, sizeof(r->highest[0]));
	}
}

/* Returns the slot of the bucket that is `back` before the newest. */
static unsigned slot_at(const struct window_ring *r, unsigned k, unsigned back)
{
	return r->slot >= back ? r->slot - back : r->slot + RING[k].count - back;
}

unsigned windows_minutes_below(const struct windows *w, unsigned series, double rate)
{
	const struct window_ring *r = &w->ring[WINDOW_10M];
	double most = rate * RING[WINDOW_10M].bucket_s;
	unsigned count = 0;

	for (unsigned i = 1; i < RING[WINDOW_10M].count; i++) {
		unsigned at = slot_at(r, WINDOW_10M, i);
		count += r->began[at] > 0 && r->bucket[at][series] < most;
	}
	return count;
}

/* Returns when the data in the bucket `back` before the newest began, Unix seconds. */
static double began_at(const struct window_ring *r, unsigned k, unsigned back)
{
	double began = r->began[slot_at(r, k, back)];

	return began > 0 ? began : (double)(r->at - back) * RING[k].bucket_s;
}

/* Spreads the amount of a series that was not read for a while evenly over that time,
 * so that a late reading does not look like a burst. */
static void add_late(struct windows *w, unsigned k, unsigned series, double amount,
		     double span)
{
	struct window_ring *r = &w->ring[k];
	double share = amount * RING[k].bucket_s / span, left = amount;

	for (unsigned i = 0; i < RING[k].count && left > 0; i++) {
		double part = ceil(left < share ? left : share);
		r->bucket[slot_at(r, k, i)][series] += part;
		r->lone = false;
		w->value[k][series] += part;
		left -= part;
	}
}

/* Whether one interval of that length fills the whole ring. */
static bool fills(unsigned k, double elapsed)
{
	return elapsed > 0.75 * window_span(k);
}

static void add_ring(struct windows *w, unsigned k, const struct deltas *deltas,
		     double interval)
{
	struct window_ring *r = &w->ring[k];
	int64_t at = (int64_t)(deltas->time / RING[k].bucket_s);
	double *sum = w->value[k], *bucket;
	double length = w->length[k];

	if (!fills(k, deltas->elapsed)) {
		advance(w, k, at);
		if (r->began[r->slot] == 0)
			r->began[r->slot] = deltas->time - deltas->elapsed;
		r->lone = false;
		add_to(r->bucket[r->slot], deltas->amount);
		add_to(sum, deltas->amount);
		return;
	}
	clear_ring(w, k, at);
	r->began[r->slot] = deltas->time - deltas->elapsed;
	bucket = r->bucket[r->slot];
	memcpy(bucket, deltas->amount, sizeof(deltas->amount));
	if (deltas->elapsed > 1.5 * interval && deltas->elapsed > length)
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			bucket[s] = floor(bucket[s] * length / deltas->elapsed);
	memcpy(sum, bucket, sizeof(deltas->amount));
}

/* Sets the ticks of the minimum windows: a minute and ten minutes if the interval
 * allows it, but never fewer than three and six ticks. */
static void size_ticks(struct windows *w, double interval)
{
	struct ticks *t = &w->ticks;

	memset(t, 0, sizeof(*t));
	t->length = interval > TICK_S ? interval : TICK_S;
	t->rows = (unsigned)fmin(fmax(60 / t->length, 3), TICKS_SHORT_MAX);
	double groups = 600 / (t->rows * t->length);
	t->groups = (unsigned)fmin(fmax(groups, 2), TICK_GROUPS_MAX);
	for (unsigned k = 0; k < SUM_WINDOWS; k++)
		w->length[k] = fmax(window_span(k), interval);
	w->length[MINIMUM_SHORT] = t->rows * t->length;
	w->length[MINIMUM_LONG] = t->groups * w->length[MINIMUM_SHORT];
}

static void least(double *restrict out, const double (*rows)[SERIES_COUNT],
		  unsigned count, double scale)
{
	memcpy(out, rows[0], sizeof(rows[0]));
	for (unsigned i = 1; i < count; i++) {
		const double *restrict row = rows[i];
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			out[s] = row[s] < out[s] ? row[s] : out[s];
	}
	for (unsigned s = 0; s < SERIES_COUNT; s++)
		out[s] *= scale;
}

static void close_tick(struct windows *w)
{
	struct ticks *t = &w->ticks;
	double scale = t->length / t->elapsed;
	unsigned repeat = (unsigned)fmin(t->elapsed / t->length + 0.5, 60);

	for (unsigned i = 0; i < (repeat ? repeat : 1); i++) {
		double *row = t->row[t->row_next];
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			row[s] = without_answers(s, t->amount[s],
						 t->amount[SIGNAL_RX_BYTES]) *
				 scale;
		t->row_next = (t->row_next + 1) % t->rows;
		if (t->row_count < t->rows)
			t->row_count++;
		if (t->row_next == 0 && t->row_count == t->rows) {
			least(t->group[t->group_next],
			      (const double(*)[SERIES_COUNT])t->row, t->rows, 1);
			t->group_next = (t->group_next + 1) % t->groups;
			if (t->group_count < t->groups)
				t->group_count++;
		}
	}
	t->elapsed = 0;
	memset(t->amount, 0, sizeof(t->amount));
	if (t->row_count == t->rows)
		least(w->value[MINIMUM_SHORT], (const double(*)[SERIES_COUNT])t->row,
		      t->rows, t->rows);
	if (t->group_count == t->groups && t->row_next == 0)
		least(w->value[MINIMUM_LONG], (const double(*)[SERIES_COUNT])t->group,
		      t->groups, t->groups * t->rows);
}

/* Computes the relayed bytes: the smaller of sent and received in each tick. A tick is
 * longer than the short delay between receiving and sending. */
static void relayed(struct windows *w, struct deltas *deltas)
{
	struct ticks *t = &w->ticks;
	double tx = t->amount[SIGNAL_TX_BYTES], rx = t->amount[SIGNAL_RX_BYTES];
	double both = tx < rx ? tx : rx;
	double grown = both - t->amount[SERIES_RELAYED];

	if (!(deltas->known >> SIGNAL_TX_BYTES & deltas->known >> SIGNAL_RX_BYTES & 1))
		return;
	deltas->known |= 1u << SERIES_RELAYED;
	deltas->amount[SERIES_RELAYED] = grown > 0 ? grown : 0;
	t->amount[SERIES_RELAYED] = both;
}

/* Computes the unsolicited ratio: the bytes on the pod's own connections per million
 * bytes that it serves. The added floor keeps the ratio finite when the pod serves
 * nothing. */
static void unsolicited(struct windows *w, struct deltas *deltas)
{
	if (!(deltas->known >> SIGNAL_TCP_TX_BYTES &
	      deltas->known >> SIGNAL_TCP_INITIATED_TX_BYTES & 1))
		return;
	deltas->known |= 1u << SERIES_UNSOLICITED;
	for (unsigned k = WINDOW_1M; k <= WINDOW_1H; k++) {
		double *v = w->value[k], own = v[SIGNAL_TCP_INITIATED_TX_BYTES];
		double served = fmax(v[SIGNAL_TCP_TX_BYTES] - own, 0);
		v[SERIES_UNSOLICITED] =
		    1e6 * own / (served + limit_served_floor(k, w->length[k]));
	}
}

bool windows_add(struct windows *w, struct deltas *deltas, double interval)
{
	struct ticks *t = &w->ticks;
	double held_back[SERIES_COUNT];
	uint32_t late = deltas->late;
	bool closed = false;

	if (t->length == 0 || interval > 1.5 * t->length ||
	    (t->length > TICK_S && interval < t->length / 1.5))
		size_ticks(w, interval);
	for (unsigned s = 0; late >> s; s++) {
		held_back[s] = deltas->amount[s];
		if (late >> s & 1)
			deltas->amount[s] = 0;
	}
	for (unsigned s = 0; s < SIGNAL_COUNT; s++)
		t->amount[s] += deltas->amount[s];
	relayed(w, deltas);
	t->elapsed += deltas->elapsed;
	for (unsigned k = 0; k < SUM_WINDOWS; k++)
		add_ring(w, k, deltas, interval);
	for (unsigned s = 0; late >> s; s++) {
		if (!(late >> s & 1))
			continue;
		deltas->amount[s] = held_back[s];
		t->amount[s] += held_back[s] * fmin(t->elapsed / deltas->span[s], 1);
		for (unsigned k = 0; k < SUM_WINDOWS; k++)
			add_late(w, k, s, deltas->amount[s], deltas->span[s]);
	}
	unsolicited(w, deltas);
	if (t->elapsed >= 0.95 * t->length) {
		close_tick(w);
		closed = t->row_next == 0;
	}
	return closed;
}

double windows_onset(const struct windows *w, const struct deltas *deltas,
		     unsigned series, enum window window, double baseline)
{
	double onset = deltas->time - deltas->elapsed;
	enum window first = window >= SUM_WINDOWS ? WINDOW_1M : WINDOW_10S;
	/* A late reading is spread over more time than its traffic took. So a time when
	 * the link carried nothing does not count. */
	bool link_known = deltas->known >> SIGNAL_TX_BYTES & 1;

	for (unsigned k = first; k < SUM_WINDOWS; k++) {
		const struct window_ring *r = &w->ring[k];
		double length = RING[k].bucket_s;
		unsigned i = 0, quiet = 0, last = 0;

		for (; i < RING[k].count && quiet < 2; i++) {
			unsigned slot = slot_at(r, k, i);
			const double *b = r->bucket[slot];
			if (r->began[slot] == 0)
				continue; /* no interval ended here */
			bool above =
			    b[series] > baseline * fmax(length, deltas->elapsed) &&
			    (!link_known || b[SIGNAL_TX_BYTES] > 0);
			quiet = above ? 0 : quiet + 1;
			last = above ? i : last;
		}
		onset = fmin(onset, began_at(r, k, last));
		if (quiet >= 2)
			break;
	}
	return onset;
}

/* Rounds a rate of 0 or more down, so that no reported rate is higher than the real
 * one. */
static float rounded_down(double rate)
{
	union {
		float f;
		uint32_t u;
	} bits = {.f = (float)rate};
	const uint32_t above = (double)bits.f > rate;

	bits.u -= above;
	return bits.f;
}

void windows_rates(struct windows *w, const double rate[SIGNAL_COUNT], uint32_t known)
{
	float at[SIGNAL_COUNT];

	for (unsigned s = 0; s < SIGNAL_COUNT; s++)
		at[s] = known >> s & 1 ? rounded_down(rate[s]) : 0;
	for (unsigned k = 0; k < SUM_WINDOWS; k++) {
		struct window_ring *r = &w->ring[k];
		float *highest = r->highest[r->slot];

		for (unsigned s = 0; s < SIGNAL_COUNT; s++)
			highest[s] = at[s] > highest[s] ? at[s] : highest[s];
	}
}

/* Whether the ring has all since `since`: it reaches back further, or one of its
 * buckets began there. A ring that one interval fills has only a part of it. */
static bool reaches(const struct window_ring *r, unsigned k, double elapsed,
		    double since, double before)
{
	double oldest = began_at(r, k, RING[k].count - 1);

	if (oldest <= since)
		return true;
	for (unsigned back = 0; back < RING[k].count; back++) {
		double began = r->began[slot_at(r, k, back)];
		if (began > before && began <= since)
			return !fills(k, elapsed);
	}
	return false;
}

/* Returns the finest ring that reaches back to `since`. Buckets begin where those of
 * finer rings begin. So if a bucket of any ring began at `since`, one of this ring did.
 * *count is the number of its buckets, from the newest, that began since then. */
static unsigned ring_since(const struct windows *w, const struct deltas *deltas,
			   double since, unsigned *count)
{
	double before = since - deltas->elapsed * 0.001;
	unsigned k = WINDOW_10S;

	while (k < WINDOW_6H &&
	       !reaches(&w->ring[k], k, deltas->elapsed, since, before))
		k++;
	*count = 0;
	while (*count < RING[k].count && began_at(&w->ring[k], k, *count) > before)
		++*count;
	return k;
}

double windows_since(const struct windows *w, const struct deltas *deltas,
		     unsigned series, double since)
{
	unsigned count, k = ring_since(w, deltas, since, &count);
	const struct window_ring *r = &w->ring[k];
	double sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += r->bucket[slot_at(r, k, i)][series];
	return sum;
}

double windows_highest(const struct windows *w, const struct deltas *deltas,
		       unsigned signal, double since)
{
	unsigned count, k = ring_since(w, deltas, since, &count);
	const struct window_ring *r = &w->ring[k];
	float highest = 0;

	for (unsigned i = 0; i < count; i++)
		highest = fmaxf(highest, r->highest[slot_at(r, k, i)][signal]);
	return (double)highest;
}
