/* SPDX-License-Identifier: Apache-2.0 */
/* looks.h - the last close looks, each with its own short span.
 *
 * The collector remembers an hour of flows, but in steps of five minutes: too coarse
 * for a pod that talks to the same address every day and is judged within seconds.
 * These are fine, but reach back a few samples only. */
#ifndef DORMOUSE_ALERT_LOOKS_H
#define DORMOUSE_ALERT_LOOKS_H

#include "dormouse/alert.h"

#define LOOKS_KEPT      16
#define LOOK_FLOWS_KEPT 16 /* those with most bytes; the rest is one sum */
#define LOOK_UDP_KEPT   4  /* of them for UDP, whose bytes nobody counts */

struct look {
	double from, until; /* Unix seconds: what it saw moved between these */
	struct unaccounted unaccounted;
	unsigned count;
	struct flow flows[LOOK_FLOWS_KEPT + 1]; /* the last: the rest */
};

struct looks {
	unsigned next, count;
	double until; /* of the newest, 0: none yet */
	struct look ring[LOOKS_KEPT];
};

/* Keeps what the collector saw if it looked closely at this sample. */
void looks_note(struct looks *looks, const struct collector *c, double now);

/* Whether nothing that moved since then is forgotten. */
bool looks_reach(const struct looks *looks, double since);

/* Adds what the looks saw that ended after `since`. */
void looks_add_to(const struct looks *looks, double since, struct alert_evidence *e,
		  const struct collector *c, enum signal signal);

/* Adds what no socket accounted for, of the looks that ended after `since`. */
void looks_unaccounted(const struct looks *looks, double since,
		       struct alert_evidence *e);

#endif
