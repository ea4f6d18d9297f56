/* SPDX-License-Identifier: Apache-2.0 */
/* past_merge.c - the pasts of several pods of one workload become one. */
#include <math.h>
#include <string.h>

#include "calendar.h"
#include "dormouse/past.h"
#include "envelope.h"

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
	double of_a[TOP_HOURS], of_b[TOP_HOURS], both[TOP_HOURS];
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

/* --- routines --------------------------------------------------------------------- */

static bool is_same(const struct routine_view *a, const struct routine_view *b)
{
	if (a->signal != b->signal ||
	    (a->days == ROUTINE_NO_FIXED_TIME) != (b->days == ROUTINE_NO_FIXED_TIME))
		return false;
	return a->days == ROUTINE_NO_FIXED_TIME ||
	       calendar_apart(a->second_of_day, b->second_of_day) < PLAY_S;
}

static void raise_reach(struct past_routine *a, const struct past_routine *b)
{
	for (unsigned s = 0; s < PAST_SERIES; s++)
		for (unsigned k = 0; k < PAST_WINDOWS; k++)
			a->reach[s][k] = fmax(a->reach[s][k], b->reach[s][k]);
}

/* The calendar is that of the pod that had it more often. */
static void merge_routine(struct past_routine *a, const struct past_routine *b)
{
	struct routine_view view = a->view.times >= b->view.times ? a->view : b->view;

	view.number = a->view.number;
	view.first = fmin(a->view.first, b->view.first);
	view.last = fmax(a->view.last, b->view.last);
	view.most_bytes = fmax(a->view.most_bytes, b->view.most_bytes);
	a->view = view;
	raise_reach(a, b);
}

static void add_routine(struct past *past, const struct past_routine *routine)
{
	unsigned at = 0;

	while (at < past->routine_count &&
	       !is_same(&past->routine[at].view, &routine->view))
		at++;
	if (at < past->routine_count) {
		merge_routine(&past->routine[at], routine);
	} else if (at < PAST_ROUTINES_MAX) {
		past->routine[at] = *routine;
		past->routine[at].view.number = at + 1;
		past->routine_count++;
	}
}

void past_merge(struct past *past, const struct past *other)
{
	if (!(other->watched_s > 0))
		return;
	past->since = oldest(past->since, other->since);
	past->until = fmax(past->until, other->until);
	past->watched_s += other->watched_s;
	past->longest_s = fmax(past->longest_s, other->longest_s);
	past->judged_s += other->judged_s;
	past->dormant_s += other->dormant_s;
	past->start_s = fmax(past->start_s, other->start_s);
	past->pods += other->pods;
	for (unsigned s = 0; s < PAST_SERIES; s++)
		merge_series(&past->series[s], &other->series[s]);
	for (unsigned i = 0; i < other->routine_count; i++)
		add_routine(past, &other->routine[i]);
}
