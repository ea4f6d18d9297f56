/* SPDX-License-Identifier: Apache-2.0 */
/* budget.c - checks --egress-budget. */
#include <math.h>
#include <string.h>

#include "detector.h"
#include "verdict.h"

#define BUDGET_INTERVALS 3

bool rules_budget(struct detector *d, struct verdict *v)
{
	struct over_budget *o = &d->over_budget;
	double budget = d->options.egress_budget;
	double rate =
	    d->deltas.amount[SIGNAL_TX_BYTES] / d->deltas.span[SIGNAL_TX_BYTES];

	if (!(budget > 0) || !(d->deltas.known >> SIGNAL_TX_BYTES & 1))
		return false;
	if (rate <= budget) {
		memset(o, 0, sizeof(*o));
		return false;
	}
	if (o->intervals++ == 0) {
		o->since = d->deltas.time - d->deltas.elapsed;
		o->sent_before = d->sent - d->deltas.amount[SIGNAL_TX_BYTES];
		o->received_before = d->received - d->deltas.amount[SIGNAL_RX_BYTES];
	}
	if (o->intervals < BUDGET_INTERVALS)
		return false;
	const struct departure departure = {
	    .kind = ALERT_BUDGET_EXCEEDED,
	    .signal = SIGNAL_TX_BYTES,
	    .window = WINDOW_10S,
	    .span_s = d->deltas.elapsed,
	    .onset = o->since,
	    .value = rate,
	    .window_s = d->deltas.elapsed,
	    .threshold = budget,
	    .risk = 50 + 10 * log2(rate / budget),
	    .carried = carried_since(d, o->sent_before, o->received_before),
	};
	verdict_fill(d, &departure, v);
	return true;
}
