/* SPDX-License-Identifier: Apache-2.0 */
/* theft.h - a theft of data that never was, put into a pod's recorded counters. */
#ifndef DORMOUSE_INJECTOR_LEARN_THEFT_H
#define DORMOUSE_INJECTOR_LEARN_THEFT_H

#include <stdint.h>

#include "dormouse/sample.h"

#define THEFT_S       600.0  /* how long it lasts */
#define THEFT_SIZES   3      /* 1 MB/s, 50 kB/s, 1 kB/s */
#define THEFT_SEGMENT 1400.0 /* bytes in a packet of it */

extern const double theft_rates[THEFT_SIZES]; /* bytes a second */

struct theft {
	double since; /* Unix seconds */
	double rate;  /* bytes a second */
	struct theft_counter {
		uint64_t last; /* as recorded */
		double before; /* added before the counter was reset */
		int seen;
	} counter[SIGNAL_COUNT];
};

/* One upload over one connection that the pod opened: bytes and packets sent. */
struct theft theft_begin(double since, double rate);

/* Adds to the sample what was stolen until then, in those signals that it has. Call it
 * for each sample from the trace's first on. */
void theft_add(struct theft *t, struct sample *sample);

/* Returns the next number of a sequence, evenly spread from 0 to 1. The same state
 * gives the same sequence. Source: splitmix64, prng.di.unimi.it. */
double theft_random(uint64_t *state);

#endif
