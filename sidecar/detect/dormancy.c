/* SPDX-License-Identifier: Apache-2.0 */
/* dormancy.c - the states learning, dormant and active, and the warm-up of a new pod.
 *
 * Traffic is low while no minute carries more than QUIET_RATE. A pod is dormant when it
 * was observed for learn_s and its traffic was low for dormant_after_s. A younger pod
 * counts as quiet after low traffic for a twelfth of learn_s. From then on the detector
 * reports departures, with wide margins, although the pod is still learning.
 */
#include <math.h>
#include <string.h>

#include "detector.h"
#include "young.h"

/* Which series of a young pod are judged is decided with their thresholds. */
bool dormancy_known(const struct detector *d)
{
	const struct learnt *l = &d->learnt;

	if (d->options.profile == PROFILE_DORMANT || detector_adopted(d))
		return true;
	return l->observed_s >= d->options.learn_s / 60;
}

static void follow_low(struct detector *d)
{
	struct learnt *l = &d->learnt;
	double now = d->deltas.time;
	double carried = d->windows.value[WINDOW_1M][SIGNAL_TX_BYTES];
	bool low = carried <= QUIET_RATE * d->windows.length[WINDOW_1M];

	if (low && l->low_since == 0) {
		l->low_since = now - d->deltas.elapsed;
	} else if (!low && l->low_since > 0) {
		if (now - l->low_since >= young_quiet_after(&d->windows, &d->options))
			l->low_until = now;
		l->low_since = 0;
	}
}

/* Whether a young pod is quiet for the first time. What it did until then was its
 * start. */
static bool first_quiet(const struct detector *d)
{
	const struct learnt *l = &d->learnt;
	double quiet = d->deltas.time - l->low_since;

	return l->low_since > 0 &&
	       quiet >= young_quiet_after(&d->windows, &d->options) &&
	       l->low_until == 0 && l->warm_until_s < l->observed_s - quiet &&
	       l->observed_s < d->options.learn_s && d->open_count == 0;
}

/* Keeps the maximum of the warm-up apart from the baseline. */
static void keep_start(struct detector *d)
{
	struct learnt *l = &d->learnt;

	levels_raise(&l->start, &l->hour_now);
	for (unsigned i = 0; i < l->block_count; i++)
		if (young_is_start(&d->options, d->deltas.time, l->block_end[i]))
			levels_raise(&l->start, &l->block[i]);
}

/* Whether an incident of the pod's first minutes goes on. */
static bool start_goes_on(const struct detector *d)
{
	bool goes_on = false;

	for (unsigned i = 0; i < d->open_count; i++)
		goes_on = goes_on || d->open[i].at_start;
	return goes_on && young_pod(&d->envelope, &d->learnt, &d->options);
}

/* The first minutes load caches, configuration and the rest of images. This traffic is
 * excluded from the baseline. The warm-up ends after a twelfth of learn_s; it is longer
 * if the pod becomes quiet only later, within learn_s, or while an incident of its
 * first minutes goes on: nothing is learnt then that its work could be compared with.
 */
static void follow_warm_up(struct detector *d)
{
	struct learnt *l = &d->learnt;

	if (l->warm_until_s > 0 && start_goes_on(d))
		l->warm_until_s = l->observed_s;
	bool over = l->warm_until_s > 0
			? first_quiet(d)
			: l->observed_s >= d->options.learn_s / 12 * 0.999;

	if (!over)
		return;
	l->warm_until_s = fmax(l->observed_s, 1);
	keep_start(d);
	envelope_exclude(&d->envelope, &d->windows, d->deltas.time);
	if (d->open_count == 0) /* incidents are still in them */
		windows_clear(&d->windows);
	envelope_drop(&d->envelope, l, 0);
	memset(&l->hour_now, 0, sizeof(l->hour_now));
	memset(l->known_s, 0, sizeof(l->known_s));
	d->stale = true;
}

static void enter(struct detector *d, enum pod_state state)
{
	if (d->learnt.state == state)
		return;
	d->learnt.state = state;
	d->learnt.state_since = d->deltas.time;
}

/* A new pod of a dormant workload is dormant at once. */
static bool born_dormant(const struct detector *d)
{
	return d->envelope.adopted.dormant && d->options.profile != PROFILE_BUSY &&
	       d->learnt.observed_s < d->options.dormant_after_s;
}

void dormancy_follow(struct detector *d)
{
	struct learnt *l = &d->learnt;
	double now = d->deltas.time;

	follow_low(d);
	follow_warm_up(d);
	bool low = l->low_since > 0 && now - l->low_since >= d->options.dormant_after_s;
	if (d->options.profile == PROFILE_BUSY)
		low = false;
	if (d->options.profile == PROFILE_DORMANT || born_dormant(d))
		low = l->low_since > 0;
	else if (young_pod(&d->envelope, l, &d->options))
		return;
	enter(d, low ? POD_DORMANT : POD_ACTIVE);
	if (low)
		d->dormant_until = now;
}
