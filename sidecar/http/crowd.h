/* SPDX-License-Identifier: Apache-2.0 */
/* crowd.h - who gets a place when there are more clients than places.
 *
 * Anyone on the network can open connections. Nobody may keep others out by it: a place
 * is taken from those that should have asked by now, or else from whoever holds more
 * than the newcomer does. Of these from who holds most; of that host's from those that
 * are arriving first, then from those that have nothing to do, then from those whose
 * request takes long; of these from who has waited longest. Whoever holds most can only
 * trade with itself. A request that is on its way for less than a second is never cut.
 * Pure: time comes in.
 */
#ifndef DORMOUSE_HTTP_CROWD_H
#define DORMOUSE_HTTP_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* A client that is one has shaken hands and asked by then, seconds: no longer is a
 * connection that has not asked spared. */
#define CROWD_ARRIVES_S 0.5

/* And its request is here by then. */
#define CROWD_ASKS_S 1.0

/* How long a large host's own must have waited before another of it takes the place. */
#define CROWD_TRADES_S 2.0

/* Where a client is: an IPv4 address, or an IPv6 /64, which one host has to itself; and
 * the network around it, a /24 or a /48. */
struct crowd_origin {
	uint64_t host, network;
};

struct crowd_origin crowd_origin_of(const struct sockaddr *from);

/* "10.1.2.3" or "fd00:0:0:1::/64". */
void crowd_origin_print(struct crowd_origin origin, char *text, size_t size);

enum crowd_stage {
	STAGE_FREE,
	STAGE_ENDING,  /* told to end: its place is as good as free */
	STAGE_NEW,     /* shakes hands, or has asked nothing yet */
	STAGE_IDLE,    /* was answered, and may ask again */
	STAGE_REQUEST, /* its request is on its way */
};

struct crowd_member {
	enum crowd_stage stage;
	double since; /* that stage, monotonic seconds */
	struct crowd_origin from;
	unsigned of_host, of_network; /* places that are held from there */
};

enum crowd_judgement {
	CROWD_ADMIT,
	CROWD_REPLACE,      /* in the place of `*whom`, which is to end */
	CROWD_REFUSE_SHARE, /* its host holds an eighth of the places, or host_max */
	CROWD_REFUSE_FULL,
};

/* How many places may be held, and how many of these by one host: a host that holds so
 * many can only trade with itself, although there are others. */
struct crowd_limits {
	unsigned max, host_max;
};

/* What becomes of a newcomer. */
enum crowd_judgement crowd_judge(const struct crowd_member *members, unsigned count,
				 const struct crowd_limits *limits,
				 struct crowd_origin newcomer, double now,
				 unsigned *whom);

/* The place at `at`, which was free, is held by a newcomer from there; a place changes
 * its stage. */
void crowd_join(struct crowd_member *members, unsigned count, unsigned at,
		struct crowd_origin from, double now);
void crowd_enter(struct crowd_member *members, unsigned count, unsigned at,
		 enum crowd_stage stage, double now);

/* The host that holds most, and how many places: 0 when none is held. */
unsigned crowd_largest(const struct crowd_member *members, unsigned count,
		       struct crowd_origin *whose);

#endif
