/* SPDX-License-Identifier: Apache-2.0 */
/* highest.h - the highest rate that each signal had lately, interval by interval: no
 * figure in a verdict may exceed it. */
#ifndef DETECT_HIGHEST_H
#define DETECT_HIGHEST_H

#include "lanes.h"

#define HIGHEST_BLOCKS                                                                 \
	84 /* seven hours: an onset is no older than the windows reach                 \
	    */
#define HIGHEST_BLOCK_S 300.0

struct highest {
	int64_t at; /* number of the newest block: time over its length */
	float rate[HIGHEST_BLOCKS][SIGNAL_COUNT];
};

/* Takes in the rates of the interval that ends at `time`, of the signals in `known`;
 * what the gauge shows is its rate. A clock set back forgets. */
void highest_note(struct highest *h, double time, const double rate[SIGNAL_COUNT],
		  uint32_t known);

/* The highest since then, as far as is remembered; what came up to five minutes before
 * may be in it. */
double highest_since(const struct highest *h, unsigned signal, double since);

#endif
