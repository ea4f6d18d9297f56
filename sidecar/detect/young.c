/* SPDX-License-Identifier: Apache-2.0 */
/* young.c - what is judged of a pod that has hardly a past. */
#include "young.h"

#include <math.h>

#include "limits.h"

#define YOUNG_SAMPLES 5    /* a past of fewer samples says nothing */
#define QUIET_SAMPLES 3    /* one low sample is a pause */
#define QUIET_JITTER  0.95 /* samples do not come on the second */

/* The net export that an ordinary start may have, whatever its first minutes were: a
 * start fetches, and what it sends answers that. */
#define EXPORT_BURST (64.0 * 1024 * 1024)
#define EXPORT_RATE  1e5

/* A pod's work has begun when it has opened a connection or received so much in a
 * minute. Before that its containers may still be pulled: probes and scrapes of the
 * monitor are less. */
#define BEGUN_BYTES (64.0 * 1024)

/* Whether enough was observed after the warm-up. */
static bool has_past(const struct learnt *l, const struct windows *w,
		     const struct detect_options *options)
{
	double past = l->observed_s - l->warm_until_s;

	return l->warm_until_s > 0 &&
	       past >=
		   fmax(options->learn_s / 15, YOUNG_SAMPLES * w->length[WINDOW_10S]) *
		       0.999;
}

static bool is_new(const struct learnt *l, const struct detect_options *options)
{
	return options->profile != PROFILE_DORMANT && l->observed_s < options->learn_s;
}

bool young_pod(const struct envelope *e, const struct learnt *l,
	       const struct detect_options *options)
{
	return is_new(l, options) && e->adopted.watched_s < options->learn_s;
}

bool young_series(const struct envelope *e, const struct learnt *l,
		  const struct detect_options *options, unsigned s)
{
	return is_new(l, options) && e->adopted.series_s[s] < options->learn_s;
}

bool young_is_start(const struct detect_options *options, double now, double then)
{
	return now - then >= options->learn_s / 20 * 0.99;
}

double young_quiet_after(const struct windows *w, const struct detect_options *options)
{
	return fmax(options->learn_s / 12, QUIET_SAMPLES * w->length[WINDOW_10S]) *
	       QUIET_JITTER;
}

bool young_woke(const struct learnt *l, const struct detect_options *options,
		double now)
{
	return l->low_until > 0 && now - l->low_until <= options->learn_s / 6;
}

static bool was_quiet(const struct learnt *l, const struct windows *w,
		      const struct detect_options *options, double now)
{
	bool quiet =
	    l->low_since > 0 && now - l->low_since >= young_quiet_after(w, options);

	return l->warm_until_s > 0 && (quiet || young_woke(l, options, now));
}

bool young_judged(const struct envelope *e, const struct learnt *l,
		  const struct windows *w, const struct detect_options *options,
		  double now, unsigned k, unsigned s)
{
	if (limit_absolute(s) && l->series_s[s] >= options->learn_s / 60)
		return true;
	if (options->profile == PROFILE_BUSY)
		return false;
	if (e->exporting && s == SIGNAL_TCP_INITIATED_TX_BYTES)
		return k == WINDOW_1M || k == WINDOW_10M;
	return was_quiet(l, w, options, now) ||
	       (has_past(l, w, options) && k != WINDOW_10S);
}

/* Returns the largest minute of the pod's first minutes, without the newest ones: they
 * may be part of what is judged. */
static double first_minutes(const struct learnt *l,
			    const struct detect_options *options, double now,
			    unsigned s)
{
	uint16_t most = l->start.code[WINDOW_1M][s];

	for (unsigned i = 0; i < l->block_count; i++)
		if (young_is_start(options, now, l->block_end[i]) &&
		    l->block[i].code[WINDOW_1M][s] > most)
			most = l->block[i].code[WINDOW_1M][s];
	return level_decode(most);
}

bool young_starts(const struct envelope *e, const struct learnt *l,
		  const struct windows *w, const struct detect_options *options,
		  double now)
{
	return young_pod(e, l, options) && options->profile != PROFILE_BUSY &&
	       !has_past(l, w, options) && !was_quiet(l, w, options, now);
}

bool young_exports(const struct envelope *e, const struct learnt *l,
		   const struct windows *w, const struct detect_options *options,
		   double now)
{
	return young_starts(e, l, w, options, now) &&
	       l->series_s[SIGNAL_TCP_INITIATED_TX_BYTES] > 0 &&
	       (first_minutes(l, options, now, SIGNAL_TCP_NEW_SOCKETS) > 0 ||
		first_minutes(l, options, now, SIGNAL_RX_BYTES) >= BEGUN_BYTES);
}

double young_export_most(const struct learnt *l, const struct windows *w,
			 const struct detect_options *options, double now, unsigned k)
{
	double minute = first_minutes(l, options, now, SIGNAL_TCP_INITIATED_TX_BYTES);

	return YOUNG_MARGIN * minute * w->length[k] / w->length[WINDOW_1M] +
	       EXPORT_BURST + EXPORT_RATE * w->length[k];
}
