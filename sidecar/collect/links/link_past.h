/* SPDX-License-Identifier: Apache-2.0 */
/* link_past.h - the traffic between the readings of one link's counters. Private to
 * collect/.
 *
 * Pure. A reading that cannot follow the one before it (a counter fell, or jumped by
 * more than any wire carries) has one of two causes: the counters were reset, or the
 * reading was lost and the next one continues from before. Only the next reading shows
 * which, so such a reading is postponed until then. The traffic of a real reset is
 * counted one reading later, the values of a lost reading are never counted. A longer
 * loss is recognised at its end, when the counters are back in one step.
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
	LINK_PUT_OFF, /* the latest reading did not follow and is postponed */
	LINK_FELL     /* two did not: taken as a reset, unless the counters come back */
};

struct link_past {
	struct link_reading last; /* the latest accepted reading: the one shown */
	struct link_reading put_off;
	struct link_reading before; /* with LINK_FELL: the last before the fall */
	double last_at, put_off_at, before_at; /* seconds */
	uint8_t doubt;                         /* enum link_doubt */
	uint8_t fallen; /* readings since the fall, while the counters may come back */
};

/* How often counters misbehaved. */
struct link_oddities {
	uint64_t resets;   /* the counters were reset */
	uint64_t glitches; /* the counters came back */
};

/* Sets the reading from which the link counts. */
void link_past_begin(struct link_past *past, const struct link_reading *reading,
		     double now);

/* Takes the next reading and adds the traffic. `now` does not go back. */
void link_past_read(struct link_past *past, const struct link_reading *reading,
		    double now, struct link_sums *flowed,
		    struct link_oddities *oddities);

/* Call it after the last reading: a postponed reading is taken as a reset. */
void link_past_end(struct link_past *past, struct link_sums *flowed,
		   struct link_oddities *oddities);

/* Returns the increment of a counter between two readings of which the second is
 * accepted, 0 if it is not known.
 *
 * A counter that fell was reset, and its value now is the increment. If it fell by less
 * than half the result is 0: no reset does this, but some drivers' sums dip for a
 * moment. It wrapped at 32 bits if it was in the upper half of them, is in the lower
 * half, and `sibling_fell`, the same link's counter of the other unit, is false: a
 * reset resets both. A result above `most` is replaced by 0.
 */
uint64_t link_counter_delta(uint64_t last, uint64_t now, bool sibling_fell,
			    uint64_t most);

#endif
