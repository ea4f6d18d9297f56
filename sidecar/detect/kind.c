/* SPDX-License-Identifier: Apache-2.0 */
/* kind.c - decides which kind of departure an exceedance shows. */
#include "kind.h"

#include "detector.h"

#define RELAY_TICKS  3
#define OPENED_SHARE 0.25 /* a relay sends this share on connections it opened */

static bool relays(const struct detector *d, const struct incident *i)
{
	const double(*v)[SERIES_COUNT] = d->windows.value;
	double tx = v[WINDOW_1M][SIGNAL_TX_BYTES], rx = v[WINDOW_1M][SIGNAL_RX_BYTES];
	double both = v[WINDOW_1M][SERIES_RELAYED];
	double opened = v[WINDOW_1M][SIGNAL_TCP_INITIATED_TX_BYTES];

	if (d->deltas.time - i->onset < RELAY_TICKS * d->windows.ticks.length * 0.95)
		return false;
	if (both <= RELAY_BALANCE * (tx + rx - both))
		return false;
	if (both <= d->envelope.threshold[WINDOW_1M][SERIES_RELAYED])
		return false;
	return !d->envelope.own_known || opened >= OPENED_SHARE * tx;
}

enum alert_kind kind_of(const struct detector *d, const struct incident *i,
			const struct exceedance *f)
{
	if (relays(d, i))
		return ALERT_PROXY_RELAY;
	if (f->series == SIGNAL_TCP_NEW_SOCKETS || f->series == SIGNAL_DESTINATIONS)
		return ALERT_CONNECTION_FANOUT;
	if (i->was_dormant)
		return ALERT_DORMANCY_BREAK;
	if (f->ratio > 1 && d->envelope.threshold[f->window][f->series] >=
				d->windows.value[f->window][f->series])
		return ALERT_EGRESS_DRIFT;
	return ALERT_EGRESS_VOLUME;
}
