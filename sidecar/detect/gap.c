/* SPDX-License-Identifier: Apache-2.0 */
/* gap.c - what flowed in a time that nobody watched. */
#include <math.h>
#include <string.h>

#include "detector.h"

/* What the envelope explains over that time: the most of the next longer window, or of
 * as many six-hour windows as it takes. */
static double explained(const struct detector *d, double seconds)
{
	static const double span[SUMS] = {10, 60, 600, 3600, 21600};
	const struct envelope *e = &d->envelope;
	double margin = limit_margin(SIGNAL_TX_BYTES, SUM_6H, d->options.sensitivity),
	       most = 0;
	unsigned k = 0;

	while (k < SUM_6H && span[k] < seconds)
		k++;
	for (unsigned i = 0; i < SUMS; i++) {
		double times = fmax(ceil(seconds / span[i]), 1);
		double bound = e->usual[i][SIGNAL_TX_BYTES] * times;
		if (i <= k || i == SUM_6H)
			most = i == 0 ? bound : bound > 0 ? fmin(most, bound) : most;
	}
	most =
	    fmax(most, histogram_mean(&d->learnt.histogram[SIGNAL_TX_BYTES]) * seconds);
	return margin * most + limit_floor(SIGNAL_TX_BYTES, SUM_1H, seconds, true) *
				   limit_floor_scale(d->options.sensitivity);
}

bool detector_judge_gap(const struct detector *d, double now, double seconds,
			uint64_t bytes, uint64_t received, struct verdict *verdict)
{
	if (!(seconds > 0) || d->learnt.observed_s < d->options.learn_s)
		return false;
	double limit = explained(d, seconds);
	if ((double)bytes <= limit)
		return false;
	memset(verdict, 0, sizeof(*verdict));
	verdict->kind = ALERT_MONITOR_GAP;
	verdict->signal = SIGNAL_TX_BYTES;
	verdict->onset = now - seconds;
	verdict->value = (double)bytes / seconds;
	verdict->window_s = seconds;
	verdict->bytes = bytes;
	verdict->received = received;
	verdict->sent_in_all = bytes;
	verdict->received_in_all = received;
	verdict->balance = verdict_balance(bytes, received);
	verdict->risk = (unsigned)fmin(40 + 10 * log2((double)bytes / limit), 100);
	detector_baseline(d, SIGNAL_TX_BYTES, &verdict->baseline);
	verdict->baseline.threshold = limit / seconds;
	verdict->sigmas = (verdict->value - verdict->baseline.mean) /
			  fmax(verdict->baseline.stddev, QUIET_RATE / 3);
	return true;
}
