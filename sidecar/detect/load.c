/* SPDX-License-Identifier: Apache-2.0 */
/* load.c - what a pod sends because more is asked of it, on its first day. */
#include "load.h"

#include <math.h>

#include "detector.h"

/* What grows with the requests that a pod serves. */
#define WITH_LOAD (SENT_OVER_TCP | 1u << SIGNAL_TCP_NEW_SOCKETS)

/* What a pod that relays sends by its work: also datagrams, and packets of others that
 * the kernel forwards. */
#define PASSED_ON                                                                      \
	(SENT_OVER_TCP | 1u << SIGNAL_UDP_TX_BYTES | 1u << SIGNAL_UDP_TX_PACKETS |     \
	 1u << SIGNAL_UNACCOUNTED_TX_BYTES)

/* Whether the pod has always relayed, and was not dormant: a gateway's traffic is a
 * relay's on a busy morning as well. Probes and the handshakes of a dormant pod are
 * balanced, too, but they are less than a relay's, of which a floor may be learnt that
 * the pod never reached. */
static bool always_relayed(const struct detector *d)
{
	const unsigned k = WINDOW_10M;
	const double *most = d->envelope.baseline_max[k];

	return d->deltas.time - d->dormant_until >
		   fmax(DORMANT_LATELY_S, d->options.dormant_after_s) &&
	       most[SERIES_RELAYED] > 2 * limit_floor(SERIES_RELAYED, k,
						      d->windows.length[k],
						      d->envelope.own_known) &&
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

/* Returns by how much the window's received bytes exceed the most before, 1 to
 * LOAD_GROWTH_MAX. Some bytes are added to both, because a silent pod may be
 * acknowledged a little. */
static double growth_of_received(const struct detector *d, unsigned k)
{
	double more = d->windows.value[k][SIGNAL_RX_BYTES] /
		      (d->envelope.baseline_max[k][SIGNAL_RX_BYTES] +
		       limit_served_floor(k, d->windows.length[k]));

	return fmin(fmax(more, 1), LOAD_GROWTH_MAX);
}

/* The same where the pod's answers are known, up to SERVICE_GROWTH_MAX. What it
 * receives counts no more than what it answers has grown, because it receives
 * acknowledgements as well. Or as much as before for each byte received, with the usual
 * margin: what was little has grown from it. */
static double growth_of_service(const struct detector *d, unsigned k, unsigned s)
{
	const double *now = d->windows.value[k], *most = d->envelope.baseline_max[k];
	double floor = limit_served_floor(k, d->windows.length[k]), more;
	double own = now[SIGNAL_TCP_INITIATED_TX_BYTES];
	double served = now[SIGNAL_TCP_TX_BYTES] - own;

	more = fmin(now[SIGNAL_RX_BYTES] / (most[SIGNAL_RX_BYTES] + floor),
		    served / (most[SIGNAL_TCP_TX_BYTES] + floor));
	if (own <= served && most[SIGNAL_RX_BYTES] > 0)
		more = fmax(more, limit_margin(s, k, d->options.sensitivity) * most[s] *
				      now[SIGNAL_RX_BYTES] / most[SIGNAL_RX_BYTES] /
				      d->envelope.threshold[k][s]);
	return fmin(fmax(more, 1), SERVICE_GROWTH_MAX);
}

double load_growth(const struct detector *d, unsigned window, unsigned series)
{
	bool gateway = always_relayed(d);

	if (d->learnt.series_s[series] + d->envelope.adopted.span_s >= FIRST_DAY_S ||
	    !((gateway ? PASSED_ON : WITH_LOAD) >> series & 1) ||
	    d->options.profile == PROFILE_DORMANT)
		return 1;
	if (gateway)
		return growth_of_received(d, window);
	if (!may_be_load(d, window))
		return 1;
	if (d->envelope.own_known)
		return growth_of_service(d, window, series);
	return growth_of_received(d, window);
}
