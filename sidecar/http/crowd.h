/* SPDX-License-Identifier: Apache-2.0 */
/* crowd.h - who gets a place when there are more clients than places.
 *
 * Anyone on the network can open connections, but nobody can keep others out with them.
 * A newcomer takes the place of a connection that should have sent its request by now,
 * or else of a host that holds more places than the newcomer's host. The host with most
 * places yields first; among its connections those in a handshake or without a request,
 * then the idle ones, then those whose request takes long; among these the one that has
 * waited longest. The host that holds most can only trade with itself. A request is
 * never cut in its first second; so that requests of a crowd, renewed each second, keep
 * nobody out, some places are reserved for hosts that hold few. Pure: the caller passes
 * the time.
 */
#ifndef DORMOUSE_HTTP_CROWD_H
#define DORMOUSE_HTTP_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* A genuine client finishes its handshake and sends a request within this time,
 * seconds. A connection without a request is spared only this long. */
#define CROWD_ARRIVES_S 0.5

/* A genuine client's request arrives completely within this time, seconds. */
#define CROWD_ASKS_S 1.0

/* How long a large host's connection must have waited before another one of that host
 * takes its place, seconds. */
#define CROWD_TRADES_S 2.0

/* The origin of a client: an IPv4 address or an IPv6 /64, which belongs to one host;
 * and the network around it, a /24 or a /48. The addresses of 127.0.0.0/8 other than
 * 127.0.0.1 are one host: any program of the pod has them all. */
struct crowd_origin {
	uint64_t host, network;
};

struct crowd_origin crowd_origin_of(const struct sockaddr *from);

/* "10.1.2.3" or "fd00:0:0:1::/64". */
void crowd_origin_print(struct crowd_origin origin, char *text, size_t size);

enum crowd_stage {
	STAGE_FREE,
	STAGE_ENDING,  /* shut down: its place counts as free */
	STAGE_NEW,     /* in its handshake, or without a request so far */
	STAGE_IDLE,    /* answered, and may send another request */
	STAGE_REQUEST, /* its request is arriving or being answered */
};

struct crowd_member {
	enum crowd_stage stage;
	double since; /* begin of that stage, monotonic seconds */
	struct crowd_origin from;
	unsigned of_host, of_network; /* places held by that host and network */
};

enum crowd_judgement {
	CROWD_ADMIT,
	CROWD_REPLACE,      /* admit it in the place of `*whom`, which ends */
	CROWD_REFUSE_SHARE, /* its host holds an eighth of the places, or host_max */
	CROWD_REFUSE_FULL,
};

/* Maximum number of places, and of places of one host. A host at its maximum can only
 * trade with itself, even if places are free. Beyond the maximum there are `reserve`
 * places for hosts that hold less than a sixteenth of it. */
struct crowd_limits {
	unsigned max, host_max, reserve;
};

/* Decides about a newcomer. Sets `*whom` with CROWD_REPLACE. */
enum crowd_judgement crowd_judge(const struct crowd_member *members, unsigned count,
				 const struct crowd_limits *limits,
				 struct crowd_origin newcomer, double now,
				 unsigned *whom);

/* crowd_join(): a newcomer takes the place at `at`, which was free. crowd_enter(): a
 * place changes its stage. */
void crowd_join(struct crowd_member *members, unsigned count, unsigned at,
		struct crowd_origin from, double now);
void crowd_enter(struct crowd_member *members, unsigned count, unsigned at,
		 enum crowd_stage stage, double now);

/* Sets the host that holds most places and returns their number; 0 when none is
 * held. */
unsigned crowd_largest(const struct crowd_member *members, unsigned count,
		       struct crowd_origin *whose);

#endif
