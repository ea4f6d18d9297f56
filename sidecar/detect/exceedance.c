/* SPDX-License-Identifier: Apache-2.0 */
/* exceedance.c - finds the windows above their thresholds, and by how much. */
#include "exceedance.h"

#include <math.h>
#include <string.h>

#include "catch_up.h"
#include "detector.h"

/* Whether the traffic that fills a window continues: the most recent traffic reaches at
 * least the middle between the baseline and the threshold. For a long window, recent
 * means the last minute, or ten seconds if dormant_after_s is shorter than a minute. */
static bool goes_on(const struct detector *d, unsigned k, unsigned s)
{
	const struct windows *w = &d->windows;
	bool soon = d->options.dormant_after_s < w->length[WINDOW_1M];
	unsigned last = k <= WINDOW_1M || soon ? WINDOW_10S : WINDOW_1M;
	double middle =
	    (d->envelope.baseline_max[k][s] + d->envelope.threshold[k][s]) / 2;

	if (s == SERIES_UNSOLICITED) /* a ratio */
		return w->value[WINDOW_1M][s] >= middle;
	return windows_judged(w, last, s) / w->length[last] >= middle / w->length[k];
}

double exceedance_least_unsolicited(const struct detector *d, unsigned window)
{
	const unsigned s = SIGNAL_TCP_INITIATED_TX_BYTES;

	return d->envelope.baseline_max[window][s] +
	       limit_floor(s, window, d->windows.length[window], true) *
		   limit_floor_scale(d->options.sensitivity);
}

/* What grows with the requests that a pod serves. */
#define WITH_LOAD (SENT_OVER_TCP | 1u << SIGNAL_TCP_NEW_SOCKETS)

/* What a pod that relays sends by its work: also datagrams, and packets of others that
 * the kernel forwards. */
#define PASSED_ON                                                                      \
	(SENT_OVER_TCP | 1u << SIGNAL_UDP_TX_BYTES | 1u << SIGNAL_UDP_TX_PACKETS |     \
	 1u << SIGNAL_UNACCOUNTED_TX_BYTES)

/* Whether the pod has always relayed, and was not dormant: a gateway's traffic is a
 * relay's on a busy morning as well. The handshakes of a dormant pod are balanced too.
 */
static bool always_relayed(const struct detector *d)
{
	const double *most = d->envelope.baseline_max[WINDOW_10M];

	return d->deltas.time - d->dormant_until >
		   fmax(DORMANT_LATELY_S, d->options.dormant_after_s) &&
	       most[SERIES_RELAYED] >
		   RELAY_BALANCE * fmax(most[SIGNAL_TX_BYTES], most[SIGNAL_RX_BYTES]);
}

/* What the pod's ratio of unsolicited to served bytes may be while its load grows: that
 * which is no news of its own, once the ratio is known. */
static double steady_ratio(const struct envelope *e)
{
	const unsigned k = WINDOW_10M, s = SERIES_UNSOLICITED;

	return isfinite(e->threshold[k][s])
		   ? e->threshold[k][s]
		   : UNSOLICITED_STEADY * e->baseline_max[k][s];
}

/* Whether what the pod sends may be its work for those who ask it: it does not relay
 * what it receives, and does no more of its own accord for each byte that it serves. */
static bool may_be_load(const struct detector *d, unsigned k)
{
	const double *minute = d->windows.value[WINDOW_1M];
	const double *ratio = k <= WINDOW_1M ? minute : d->windows.value[WINDOW_10M];
	double both = minute[SERIES_RELAYED];
	double either = minute[SIGNAL_TX_BYTES] + minute[SIGNAL_RX_BYTES] - both;

	return both <= RELAY_BALANCE * either &&
	       (!d->envelope.own_known ||
		ratio[SERIES_UNSOLICITED] <= steady_ratio(&d->envelope));
}

/* Returns by how much the window's received bytes exceed the most before. Some bytes
 * are added to both, because a silent pod may be acknowledged a little. */
static double growth_of_received(const struct detector *d, unsigned k)
{
	return d->windows.value[k][SIGNAL_RX_BYTES] /
	       (d->envelope.baseline_max[k][SIGNAL_RX_BYTES] +
		limit_served_floor(k, d->windows.length[k]));
}

/* The same where the pod's answers are known: the less of what it receives and what it
 * answers counts, because it receives acknowledgements as well. Or as much as before
 * for each byte received, with the usual margin: what was little has grown from it. */
static double growth_of_service(const struct detector *d, unsigned k, unsigned s)
{
	const double *now = d->windows.value[k], *most = d->envelope.baseline_max[k];
	double own = now[SIGNAL_TCP_INITIATED_TX_BYTES];
	double served = now[SIGNAL_TCP_TX_BYTES] - own;
	double answers = served / (most[SIGNAL_TCP_TX_BYTES] +
				   limit_served_floor(k, d->windows.length[k]));
	double growth = fmin(growth_of_received(d, k), answers);

	if (own > served || most[SIGNAL_RX_BYTES] <= 0)
		return growth;
	double asked = limit_margin(s, k, d->options.sensitivity) * most[s] *
		       now[SIGNAL_RX_BYTES] / most[SIGNAL_RX_BYTES];
	return fmax(growth, asked / d->envelope.threshold[k][s]);
}

/* Allows a pod on its first day more load, because its first morning may come, or the
 * share of a canary grow. Returns the factor on the threshold, 1 to LOAD_GROWTH_MAX. */
static double load_growth(const struct detector *d, unsigned k, unsigned s)
{
	bool gateway = always_relayed(d);

	if (d->learnt.series_s[s] + d->envelope.adopted.span_s >= FIRST_DAY_S ||
	    !((gateway ? PASSED_ON : WITH_LOAD) >> s & 1) ||
	    d->options.profile == PROFILE_DORMANT)
		return 1;
	if (!gateway && !may_be_load(d, k))
		return 1;
	double growth = d->envelope.own_known && !gateway ? growth_of_service(d, k, s)
							  : growth_of_received(d, k);
	return fmin(fmax(growth, 1), LOAD_GROWTH_MAX);
}

void exceedance_add(struct exceedance *f, enum window window, unsigned series,
		    double ratio, double alert_ratio, bool hot)
{
	double rank = ratio * (hot ? 1000 : 1);

	f->hot = f->hot || hot;
	f->alert_ratio = fmax(f->alert_ratio, alert_ratio);
	f->ratio = fmax(f->ratio, ratio);
	if (rank <= f->rank)
		return;
	f->rank = rank;
	f->window = window;
	f->series = series;
}

/* Returns what is judged of a series. A young pod's net export is what it sends of its
 * own accord beyond what it receives. */
static double judged(const struct detector *d, unsigned k, unsigned s)
{
	double v = windows_judged(&d->windows, k, s);

	if (d->envelope.exporting && s == SIGNAL_TCP_INITIATED_TX_BYTES)
		v -= d->windows.value[k][SIGNAL_RX_BYTES];
	return v;
}

/* Adds what a series shows above its thresholds. */
static void take_series(const struct detector *d, unsigned s, struct exceedance *f)
{
	const struct windows *w = &d->windows;
	int deferred = -1; /* not asked yet */
	bool out = false;

	for (unsigned k = 0; k < WINDOWS; k++) {
		double v = judged(d, k, s), t = d->envelope.threshold[k][s];
		if (v <= t || (s == SERIES_UNSOLICITED &&
			       w->value[k][SIGNAL_TCP_INITIATED_TX_BYTES] <=
				   exceedance_least_unsolicited(d, k)))
			continue;
		double more = load_growth(d, k, s);
		if (v <= t * more)
			continue;
		if (deferred < 0)
			deferred = catching_up(d, s);
		if (deferred && k != WINDOW_1H && k != WINDOW_6H) {
			f->deferred = true;
			continue;
		}
		out = true;
		exceedance_add(f, k, s, v / t, v / more / d->alert_threshold[k][s],
			       goes_on(d, k, s));
	}
	f->series_count += out;
}

void exceedance_take(const struct detector *d, struct exceedance *f)
{
	const struct windows *w = &d->windows;

	memset(f, 0, sizeof(*f));
	for (unsigned s = 0; s < SERIES_COUNT; s++)
		if (limit_judged(s))
			take_series(d, s, f);
	if (f->ratio <= 1 && d->drift_series >= 0) {
		f->series = (unsigned)d->drift_series;
		f->window = WINDOW_1H;
		f->ratio = w->value[WINDOW_1H][f->series] / d->envelope.old[f->series];
		f->alert_ratio = f->ratio;
		f->hot = true;
		f->series_count = 1;
	}
}
