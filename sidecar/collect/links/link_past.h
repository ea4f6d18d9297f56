/* SPDX-License-Identifier: Apache-2.0 */
/* link_past.h - what flowed between the readings of one link's counters. Private to
 * collect/.
 *
 * Pure. A reading that cannot follow from the one before it (a counter fell, or leapt
 * beyond what any wire carries) says one of two things: the counters began anew, or the
 * reading was lost and the next one will go on from before. Which of them, only the
 * next reading tells; so such a reading is put off until then. What flowed in a true
 * reset is counted one reading later, what a lost one showed is never counted. A loss
 * that lasts longer is known by its end, when the counters are back in one step.
 */
#ifndef DORMOUSE_COLLECT_LINKS_LINK_PAST_H
#define DORMOUSE_COLLECT_LINKS_LINK_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include "dormouse/collect.h"

/* The kernel's counters of one link at one moment. */
struct link_reading {
	uint64_t rx_bytes, tx_bytes;
	uint64_t rx_packets, tx_packets;
	uint64_t rx_errors, tx_errors;
	uint64_t rx_dropped, tx_dropped;
};

enum link_doubt {
	LINK_SURE,
	LINK_PUT_OFF, /* the latest reading did not follow, and waits for the next */
	LINK_FELL     /* two did not: taken for a reset, unless they come back */
};

struct link_past {
	struct link_reading last; /* the latest that counts: what is shown */
	struct link_reading put_off;
	struct link_reading before; /* with LINK_FELL: the last before the fall */
	double last_at, put_off_at, before_at; /* seconds */
	uint8_t doubt;                         /* enum link_doubt */
	uint8_t fallen; /* readings since the fall, while it may come back */
};

/* How often counters misbehaved. */
struct link_oddities {
	uint64_t resets;   /* began anew */
	uint64_t glitches; /* came back */
};

/* The reading from which the link counts. */
void link_past_begin(struct link_past *past, const struct link_reading *reading,
		     double now);

/* Takes the next reading and adds what flowed. `now` does not go back. */
void link_past_read(struct link_past *past, const struct link_reading *reading,
		    double now, struct link_sums *flowed,
		    struct link_oddities *oddities);

/* No reading will come any more: what was put off is taken for a reset. */
void link_past_end(struct link_past *past, struct link_sums *flowed,
		   struct link_oddities *oddities);

/* What a counter moved by between two readings of which the second counts, 0 where that
 * cannot be told.
 *
 * A counter that fell was reset, and what it shows now flowed since; unless it fell by
 * less than half, which no reset does (some drivers' sums dip for a moment): then 0. It
 * wrapped at 32 bits if it was in the upper half of them, is in the lower half, and
 * `sibling_fell`, the same link's counter of the other unit, is false: a reset resets
 * both. Whatever comes out counts only up to `most`. */
uint64_t link_counter_delta(uint64_t last, uint64_t now, bool sibling_fell,
			    uint64_t most);

#endif
