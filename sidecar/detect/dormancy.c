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

static double quiet_after(const struct detector *d)
{
	return d->options.learn_s / 12;
}

/* Which series of a young pod are judged is decided with their thresholds. */
bool dormancy_known(const struct detector *d)
{
	const struct learnt *l = &d->learnt;

	if (d->options.profile == PROFILE_DORMANT)
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
		if (now - l->low_since >= quiet_after(d))
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

	return l->low_since > 0 && quiet >= quiet_after(d) && l->low_until == 0 &&
	       l->warm_until_s < l->observed_s - quiet &&
	       l->observed_s < d->options.learn_s && d->open_count == 0;
}

/* The first minutes load caches, configuration and the rest of images. This traffic is
 * excluded from the baseline. The warm-up ends after a twelfth of learn_s; it is longer
 * if the pod becomes quiet only later, within learn_s. */
static void follow_warm_up(struct detector *d)
{
	struct learnt *l = &d->learnt;
	bool over = l->warm_until_s > 0 ? first_quiet(d)
					: l->observed_s >= quiet_after(d) * 0.999;

	if (!over)
		return;
	l->warm_until_s = fmax(l->observed_s, 1);
	envelope_exclude(&d->envelope, &d->windows, d->deltas.time);
	windows_clear(&d->windows);
	envelope_drop(&d->envelope, l, 0);
	memset(&l->hour_now, 0, sizeof(l->hour_now));
	d->stale = true;
}

static void enter(struct detector *d, enum pod_state state)
{
	if (d->learnt.state == state)
		return;
	d->learnt.state = state;
	d->learnt.state_since = d->deltas.time;
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
	if (d->options.profile == PROFILE_DORMANT)
		low = l->low_since > 0;
	else if (l->observed_s < d->options.learn_s)
		return;
	enter(d, low ? POD_DORMANT : POD_ACTIVE);
	if (low)
		d->dormant_until = now;
}
