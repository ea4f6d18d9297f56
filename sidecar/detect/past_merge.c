/* SPDX-License-Identifier: Apache-2.0 */
/* past_merge.c - the pasts of several pods of one workload become one. */
#include <math.h>
#include <string.h>

#include "calendar.h"
#include "dormouse/past.h"
#include "envelope.h"
#include "past_merge.h"

static double oldest(double a, double b)
{
	return a > 0 && b > 0 ? fmin(a, b) : fmax(a, b);
}

/* --- how often each rate was ------------------------------------------------------ */

/* Returns the share of intervals below `rate`, between the quantiles by the logarithm
 * of 1 + rate. */
static double share_below(const struct past_series *p, double rate)
{
	double before = 0, share = 0;

	for (unsigned q = 0; q < PAST_QUANTILES; q++) {
		if (rate < p->quantile[q]) {
			double part = (log2(1 + rate) - log2(1 + before)) /
				      (log2(1 + p->quantile[q]) - log2(1 + before));
			return share + part * (past_shares[q] - share);
		}
		before = p->quantile[q];
		share = past_shares[q];
	}
	return 1;
}

/* Returns the rate that a share of the intervals of both stays below, by bisection: it
 * lies between the two quantiles. */
static double pooled(const struct past_series *a, const struct past_series *b,
		     unsigned q)
{
	double low = log2(1 + fmin(a->quantile[q], b->quantile[q]));
	double high = log2(1 + fmax(a->quantile[q], b->quantile[q]));
	double both = a->intervals + b->intervals;

	for (unsigned i = 0; i < 40 && high > low; i++) {
		double middle = (low + high) / 2, rate = exp2(middle) - 1;
		double share = (a->intervals * share_below(a, rate) +
				b->intervals * share_below(b, rate)) /
			       both;
		if (share < past_shares[q])
			low = middle;
		else
			high = middle;
	}
	return q == PAST_QUANTILES - 1 ? fmax(a->quantile[q], b->quantile[q])
				       : exp2(high) - 1;
}

/* Pools mean and deviation (Chan, Golub and LeVeque, "Updating formulae and a pairwise
 * algorithm for computing sample variances", 1979). */
static void merge_numbers(struct past_series *a, const struct past_series *b)
{
	double n = a->intervals + b->intervals, apart = b->mean - a->mean;
	double quantile[PAST_QUANTILES];

	if (!(b->intervals > 0))
		return;
	if (!(a->intervals > 0)) {
		a->intervals = b->intervals;
		a->mean = b->mean;
		a->stddev = b->stddev;
		memcpy(a->quantile, b->quantile, sizeof(a->quantile));
		return;
	}
	for (unsigned q = 0; q < PAST_QUANTILES; q++)
		quantile[q] = pooled(a, b, q);
	memcpy(a->quantile, quantile, sizeof(quantile));
	double squares = a->stddev * a->stddev * a->intervals +
			 b->stddev * b->stddev * b->intervals +
			 apart * apart * a->intervals * b->intervals / n;
	a->mean += apart * b->intervals / n;
	a->stddev = sqrt(squares / n);
	a->intervals = n;
}

/* --- the greatest ----------------------------------------------------------------- */

/* What is known of the hours of one past, largest first: at least these amounts were
 * reached in so many hours. Returns their number. */
static unsigned hours_of(const struct past_series *p, unsigned k, double top[TOP_HOURS])
{
	unsigned count =
	    (unsigned)fmin(fmax(floor(p->watched_s / HOUR_S), 1), TOP_HOURS);

	for (unsigned i = 0; i < count; i++)
		top[i] = i == 0                 ? p->greatest[k]
			 : i < RANK_HIGH(count) ? p->third[k]
						: p->tenth[k];
	return count;
}

static void merge_ranks(struct past_series *a, const struct past_series *b, unsigned k)
{
	double of_a[TOP_HOURS], of_b[TOP_HOURS], both[TOP_HOURS] = {0};
	unsigned at_a = 0, at_b = 0, count = 0;
	unsigned count_a = hours_of(a, k, of_a), count_b = hours_of(b, k, of_b);

	while (count < TOP_HOURS && (at_a < count_a || at_b < count_b)) {
		bool first =
		    at_b == count_b || (at_a < count_a && of_a[at_a] >= of_b[at_b]);
		both[count++] = first ? of_a[at_a++] : of_b[at_b++];
	}
	a->third[k] = both[RANK_HIGH(count) - 1];
	a->tenth[k] = both[count - 1];
	a->greatest[k] = both[0];
}

static void merge_series(struct past_series *a, const struct past_series *b)
{
	if (!(b->watched_s > 0))
		return;
	if (!(a->watched_s > 0)) {
		*a = *b;
		return;
	}
	merge_numbers(a, b);
	for (unsigned k = 0; k < PAST_WINDOWS; k++) {
		merge_ranks(a, b, k);
		a->start[k] = fmax(a->start[k], b->start[k]);
	}
	a->watched_s += b->watched_s;
}

/* --- departures ------------------------------------------------------------------- */

/* As is_like() in past_incidents.c: sizes within this ratio. */
#define ALIKE_RATIO 8.0

static bool has_hour(const struct routine_view *view)
{
	return view->times >= ROUTINE_COUNT;
}

bool departures_near(const struct routine_view *a, const struct routine_view *b)
{
	return calendar_apart(a->second_of_day, b->second_of_day) < PLAY_S ||
	       fabs(a->last - b->last) < PLAY_S;
}

static bool is_alike(const struct routine_view *a, const struct routine_view *b)
{
	double more = fmax(a->most_bytes, b->most_bytes) + 1;
	double less = fmin(a->most_bytes, b->most_bytes) + 1;

	return calendar_apart(a->second_of_day, b->second_of_day) < PLAY_S &&
	       more <= ALIKE_RATIO * less;
}

/* Returns how many separate occasions both have. Replicas have the same ones: times
 * that overlap are not added. */
static uint32_t occasions(const struct routine_view *a, const struct routine_view *b)
{
	double apart = DAY_S - PLAY_KNOWN_S;

	if (a->last + apart <= b->first || b->last + apart <= a->first)
		return a->times + b->times;
	return a->times > b->times ? a->times : b->times;
}

/* The calendar is that of the pod that had it more often. */
static void merge_departure(struct past_departure *a, const struct past_departure *b)
{
	struct routine_view view = a->view.times >= b->view.times ? a->view : b->view;

	view.times = occasions(&a->view, &b->view);
	view.number = a->view.number > b->view.number ? a->view.number : b->view.number;
	view.first = fmin(a->view.first, b->view.first);
	view.last = fmax(a->view.last, b->view.last);
	view.most_bytes = fmax(a->view.most_bytes, b->view.most_bytes);
	a->view = view;
	if (alert_kind_rank(b->kind) < alert_kind_rank(a->kind))
		a->kind = b->kind;
	routine_view_days(&a->view);
	for (unsigned s = 0; s < PAST_SERIES; s++)
		for (unsigned k = 0; k < PAST_WINDOWS; k++)
			a->reach[s][k] = fmaxf(a->reach[s][k], b->reach[s][k]);
}

static bool is_worth_more(const struct routine_view *a, const struct routine_view *b)
{
	if (has_hour(a) != has_hour(b))
		return has_hour(a);
	if ((a->number > 0) != (b->number > 0))
		return a->number > 0;
	return a->last > b->last;
}

/* Returns the place of the departure that is worth least. */
static unsigned least_of(const struct past *past)
{
	unsigned least = 0;

	for (unsigned i = 1; i < past->departure_count; i++)
		if (is_worth_more(&past->departure[least].view,
				  &past->departure[i].view))
			least = i;
	return least;
}

/* Routines are numbered anew, in their order. */
static void number(struct past *past)
{
	unsigned count = 0;

	for (unsigned i = 0; i < past->departure_count; i++) {
		struct routine_view *view = &past->departure[i].view;
		if (has_hour(view) || view->number > 0)
			view->number = ++count;
	}
}

void past_add_departure(struct past *past, const struct past_departure *departure)
{
	unsigned at = 0, count = past->departure_count;

	while (at < count && !is_alike(&past->departure[at].view, &departure->view))
		at++;
	if (at < count) {
		merge_departure(&past->departure[at], departure);
	} else if (count < PAST_DEPARTURES_MAX) {
		past->departure[past->departure_count++] = *departure;
	} else {
		at = least_of(past);
		if (is_worth_more(&departure->view, &past->departure[at].view))
			past->departure[at] = *departure;
	}
	number(past);
}

static double merge_shares(const struct past *a, const struct past *b)
{
	double both = a->judged_s + b->judged_s;

	return both > 0
		   ? (a->judged_s * a->dormant_share + b->judged_s * b->dormant_share) /
			 both
		   : 0;
}

static double merge_intervals(double a, double b)
{
	double shorter = fmin(a, b);

	return fmax(a, b) <= PAST_INTERVAL_RATIO * shorter ? shorter : 0;
}

void past_merge(struct past *past, const struct past *other)
{
	if (!(other->watched_s > 0))
		return;
	past->interval_s = past->pods > 0
			       ? merge_intervals(past->interval_s, other->interval_s)
			       : other->interval_s;
	past->since = oldest(past->since, other->since);
	past->until = fmax(past->until, other->until);
	past->watched_s += other->watched_s;
	past->longest_s = fmax(past->longest_s, other->longest_s);
	past->dormant_share = merge_shares(past, other);
	past->judged_s += other->judged_s;
	past->start_s = fmax(past->start_s, other->start_s);
	past->pods += other->pods;
	for (unsigned s = 0; s < PAST_SERIES; s++)
		merge_series(&past->series[s], &other->series[s]);
	for (unsigned i = 0; i < other->departure_count; i++)
		past_add_departure(past, &other->departure[i]);
}
