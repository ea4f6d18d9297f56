/* SPDX-License-Identifier: Apache-2.0 */
/* link_past.c - the traffic between the readings of one link's counters. */
#include "link_past.h"

#include <string.h>

/* No link carries more than 400 Gbit/s, nor more packets than fit into that: an
 * Ethernet frame takes at least 84 bytes on the wire. The additional second allows for
 * two readings in quick succession whose counters were not taken at the same moment. */
#define BYTES_PER_SECOND_MAX   50e9
#define PACKETS_PER_SECOND_MAX 600e6
#define ELAPSED_SLACK_S        1.0

/* A fall that lasts for more readings than this is a reset, not a lost reading. */
#define FALLEN_MAX 8

/* The counters that are checked: bytes and packets of each direction. */
enum { RX, TX, DIRECTIONS };
struct pairs {
	uint64_t bytes[DIRECTIONS], packets[DIRECTIONS];
};

static struct pairs pairs_of(const struct link_reading *r)
{
	return (struct pairs){{r->rx_bytes, r->tx_bytes},
			      {r->rx_packets, r->tx_packets}};
}

/* The maximum traffic of a link. */
struct most {
	uint64_t bytes, packets;
};

static struct most most_in(double from, double to)
{
	double elapsed_s = ELAPSED_SLACK_S + (to > from ? to - from : 0);

	return (struct most){(uint64_t)(BYTES_PER_SECOND_MAX * elapsed_s),
			     (uint64_t)(PACKETS_PER_SECOND_MAX * elapsed_s)};
}

static bool wrapped_32(uint64_t last, uint64_t now)
{
	return last <= UINT32_MAX && last > INT32_MAX && now <= INT32_MAX;
}

uint64_t link_counter_delta(uint64_t last, uint64_t now, bool sibling_fell,
			    uint64_t most)
{
	uint64_t delta = 0;

	if (now >= last)
		delta = now - last;
	else if (!sibling_fell && wrapped_32(last, now))
		delta = now + ((uint64_t)UINT32_MAX + 1) - last;
	else if (now < last / 2)
		delta = now;
	return delta <= most ? delta : 0;
}

/* Whether `now` can be a reading of the same counters after `last`. */
static bool follows(const struct link_reading *last, const struct link_reading *now,
		    struct most most)
{
	struct pairs a = pairs_of(last), b = pairs_of(now);

	for (unsigned d = 0; d < DIRECTIONS; d++)
		if (b.bytes[d] < a.bytes[d] || b.packets[d] < a.packets[d] ||
		    b.bytes[d] - a.bytes[d] > most.bytes ||
		    b.packets[d] - a.packets[d] > most.packets)
			return false;
	return true;
}

/* Adds the traffic between two accepted readings. */
static void count(const struct link_reading *last, const struct link_reading *now,
		  struct most most, struct link_sums *flowed)
{
	struct pairs a = pairs_of(last), b = pairs_of(now), moved;

	for (unsigned d = 0; d < DIRECTIONS; d++) {
		bool bytes_fell = b.bytes[d] < a.bytes[d];
		bool packets_fell = b.packets[d] < a.packets[d];

		moved.bytes[d] = link_counter_delta(a.bytes[d], b.bytes[d],
						    packets_fell, most.bytes);
		moved.packets[d] = link_counter_delta(a.packets[d], b.packets[d],
						      bytes_fell, most.packets);
	}
	flowed->rx_bytes += moved.bytes[RX];
	flowed->tx_bytes += moved.bytes[TX];
	flowed->rx_packets += moved.packets[RX];
	flowed->tx_packets += moved.packets[TX];
}

/* Whether the counters cannot continue from `before`: some are below half of their
 * values there, or have jumped too far. */
static bool is_off(const struct link_reading *before, const struct link_reading *now,
		   struct most most)
{
	struct pairs a = pairs_of(before), b = pairs_of(now);

	for (unsigned d = 0; d < DIRECTIONS; d++) {
		if (b.bytes[d] < a.bytes[d] / 2 || b.packets[d] < a.packets[d] / 2)
			return true;
		if (b.bytes[d] > a.bytes[d] && b.bytes[d] - a.bytes[d] > most.bytes)
			return true;
	}
	return false;
}

void link_past_begin(struct link_past *past, const struct link_reading *reading,
		     double now)
{
	memset(past, 0, sizeof(*past));
	past->last = *reading;
	past->last_at = now;
}

static void take(struct link_past *past, const struct link_reading *r, double now,
		 struct link_sums *flowed)
{
	count(&past->last, r, most_in(past->last_at, now), flowed);
	past->last = *r;
	past->last_at = now;
}

/* Accepts the postponed reading as a reset. */
static void begin_anew(struct link_past *past, struct link_sums *flowed,
		       struct link_oddities *oddities)
{
	if (past->fallen == 0) {
		past->before = past->last;
		past->before_at = past->last_at;
		past->fallen = 1;
	}
	take(past, &past->put_off, past->put_off_at, flowed);
	past->doubt = LINK_FELL;
	oddities->resets++;
}

/* If this reading continues from before the fall, ignores the fall. */
static bool come_back(struct link_past *past, const struct link_reading *r, double now)
{
	struct most most = most_in(past->before_at, now);

	if (past->fallen == 0 || !is_off(&past->before, &past->last, most) ||
	    !follows(&past->before, r, most))
		return false;
	past->last = past->before;
	past->last_at = past->before_at;
	past->fallen = 0;
	past->doubt = LINK_SURE;
	return true;
}

/* Decides with this reading about earlier readings that were in doubt. */
static void settle_doubt(struct link_past *past, const struct link_reading *r,
			 double now, struct link_sums *flowed,
			 struct link_oddities *oddities)
{
	if (come_back(past, r, now)) {
		oddities->glitches++;
		return;
	}
	if (past->doubt == LINK_PUT_OFF) {
		if (follows(&past->last, r, most_in(past->last_at, now))) {
			past->doubt = past->fallen > 0 ? LINK_FELL : LINK_SURE;
			oddities->glitches++;
		} else {
			begin_anew(past, flowed, oddities);
		}
	}
	if (past->fallen > 0 &&
	    (past->fallen++ >= FALLEN_MAX ||
	     !is_off(&past->before, r, most_in(past->before_at, now)))) {
		past->doubt = LINK_SURE;
		past->fallen = 0;
	}
}

void link_past_read(struct link_past *past, const struct link_reading *reading,
		    double now, struct link_sums *flowed,
		    struct link_oddities *oddities)
{
	if (past->doubt != LINK_SURE)
		settle_doubt(past, reading, now, flowed, oddities);
	if (follows(&past->last, reading, most_in(past->last_at, now))) {
		take(past, reading, now, flowed);
		return;
	}
	past->put_off = *reading;
	past->put_off_at = now;
	past->doubt = LINK_PUT_OFF;
}

void link_past_end(struct link_past *past, struct link_sums *flowed,
		   struct link_oddities *oddities)
{
	if (past->doubt == LINK_PUT_OFF)
		begin_anew(past, flowed, oddities);
}
