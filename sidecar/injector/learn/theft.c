/* SPDX-License-Identifier: Apache-2.0 */
/* theft.c - a theft of data that never was, put into a pod's recorded counters. */
#include "theft.h"

#include <math.h>

const double theft_rates[THEFT_SIZES] = {1e6, 5e4, 1e3};

/* What a byte of an upload adds to each signal. Received acknowledgements are left out,
 * and so is the destination, which need not be a new one. */
static const double added_by_byte[SIGNAL_COUNT] = {
    [SIGNAL_TX_BYTES] = 1,
    [SIGNAL_TX_PACKETS] = 1 / THEFT_SEGMENT,
    [SIGNAL_TCP_TX_BYTES] = 1,
    [SIGNAL_TCP_TX_PACKETS] = 1 / THEFT_SEGMENT,
    [SIGNAL_TCP_INITIATED_TX_BYTES] = 1,
};

struct theft theft_begin(double since, double rate)
{
	return (struct theft){.since = since, .rate = rate};
}

void theft_add(struct theft *t, struct sample *sample)
{
	const double lasted = fmin(fmax(sample->time - t->since, 0), THEFT_S);

	for (int i = 0; i < SIGNAL_COUNT; i++) {
		struct theft_counter *c = &t->counter[i];
		const double stolen = lasted * t->rate * added_by_byte[i];

		if (added_by_byte[i] <= 0 || !sample_has(sample, (enum signal)i))
			continue;
		const uint64_t recorded = sample->value[i];
		if (c->seen && recorded < c->last)
			c->before = stolen;
		c->seen = 1;
		c->last = recorded;
		sample_set(sample, (enum signal)i,
			   recorded + (uint64_t)(stolen - c->before));
	}
}

double theft_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return (double)(z >> 11) / 9007199254740992.0;
}
