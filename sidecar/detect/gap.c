/* SPDX-License-Identifier: Apache-2.0 */
/* gap.c - judges the traffic of a time when the monitor was not running. */
#include <math.h>

#include "detector.h"
#include "past_incidents.h"
#include "verdict.h"
#include "young.h"

/* What the pod and its siblings are known for. The thresholds have it only from the
 * first sample on; a gap is judged before that. */
static void most_known(const struct detector *d, struct levels *most)
{
	double length[WINDOWS];
	struct levels routine;

	for (unsigned k = 0; k < WINDOWS; k++)
		length[k] = window_span(k);
	envelope_most(&d->envelope, &d->learnt, 0, most);
	incidents_routine(&d->learnt, &d->windows, &routine);
	levels_raise(most, &routine);
	adopted_raise(&d->envelope.adopted, d->learnt.observed_s, length, most);
}

/* How many bytes that explains over that time: the maximum of the next longer window,
 * or of as many six-hour windows as needed. */
static double explained(const struct detector *d, double seconds)
{
	double margin =
		   limit_margin(SIGNAL_TX_BYTES, WINDOW_6H, d->options.sensitivity),
	       most = 0;
	struct levels known;
	unsigned k = 0;

	most_known(d, &known);
	while (k < WINDOW_6H && window_span(k) < seconds)
		k++;
	for (unsigned i = 0; i < SUM_WINDOWS; i++) {
		double times = fmax(ceil(seconds / window_span(i)), 1);
		double bound = level_decode(known.code[i][SIGNAL_TX_BYTES]) * times;
		if (i <= k || i == WINDOW_6H)
			most = i == 0 ? bound : bound > 0 ? fmin(most, bound) : most;
	}
	most =
	    fmax(most, histogram_mean(&d->learnt.histogram[SIGNAL_TX_BYTES]) * seconds);
	return margin * most + limit_floor(SIGNAL_TX_BYTES, WINDOW_1H, seconds, true) *
				   limit_floor_scale(d->options.sensitivity);
}

bool detector_judge_gap(const struct detector *d, double now, double seconds,
			uint64_t bytes, uint64_t received, struct verdict *verdict)
{
	if (!(seconds > 0) || young_pod(&d->envelope, &d->learnt, &d->options))
		return false;
	double limit = explained(d, seconds);
	if ((double)bytes - (double)received / RECEIVED_PER_BYTE <= limit)
		return false;
	const struct departure departure = {
	    .kind = ALERT_MONITOR_GAP,
	    .signal = SIGNAL_TX_BYTES,
	    .window = WINDOW_1H,
	    .span_s = seconds,
	    .onset = now - seconds,
	    .value = (double)bytes / seconds,
	    .window_s = seconds,
	    .threshold = limit / seconds,
	    .risk = 40 + 10 * log2((double)bytes / limit),
	    .carried = {.sent = (double)bytes,
			.received = (double)received,
			.received_known = true},
	};
	verdict_fill(d, &departure, verdict);
	return true;
}
