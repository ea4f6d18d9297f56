/* SPDX-License-Identifier: Apache-2.0 */
/* alert.h - an alert's life: raised once, updated while it lasts, resolved when it has
 * been quiet for a while, remembered; with the evidence that was there.
 *
 * Pure like detect: time comes in as a parameter.
 */
#ifndef DORMOUSE_ALERT_H
#define DORMOUSE_ALERT_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "collect.h"
#include "config/identity.h"
#include "detect.h"

#define ALERTS_REMEMBERED    64
#define ALERT_FLOWS_MAX      10 /* destinations kept with an alert */
#define ALERT_CONTAINERS_MAX 4
#define ALERT_INTERFACES_MAX 4
#define ALERT_JSON_MAX       8192 /* no alert's JSON is longer */

#define ALERT_CELLS 16 /* see evidence.c */

struct alert_flow {
	struct flow flow;   /* since the onset; its container index is not used */
	uint64_t uncertain; /* bytes that it may have got before it was kept, at most */
	char container[32];
};

struct alert_evidence {
	struct alert_flow flows[ALERT_FLOWS_MAX]; /* most bytes first */
	unsigned flow_count;
	uint64_t other_bytes; /* of destinations that were not kept */
	uint32_t other_connections;
	struct unaccounted unaccounted; /* since the onset, as far as is remembered */
	uint64_t missed[ALERT_CELLS]; /* what they got, by a hash: at least that much */
	char containers[ALERT_CONTAINERS_MAX][32];
	unsigned container_count;
	char interfaces[ALERT_INTERFACES_MAX][IF_NAMESIZE];
	unsigned interface_count;
};

struct alert {
	uint64_t id; /* printed as 16 hex digits; differs between alerts and pods */
	/* The latest that showed it; kind, onset, baseline as when it was raised, and
	 * bytes since that onset. */
	struct verdict verdict;
	double peak;       /* highest value so far */
	double starts_at;  /* raised */
	double updated_at; /* last shown by a sample */
	double ends_at;    /* its traffic was last seen; 0 while firing */
	struct alert_evidence evidence;
};

enum alert_event {
	ALERT_RAISED,
	ALERT_UPDATED, /* shown again by a sample: one an interval, nothing for a log */
	ALERT_TAKEN_OVER, /* the same incident, now of a kind that says more */
	ALERT_REOPENED,   /* was resolved, and came back within the cool-down */
	ALERT_RESOLVED
};

/* What the sockets and links show at this sample; NULL members where they are not known
 * (replay). */
struct alert_surroundings {
	const struct collector *collector;
};

struct alert_book;

/* An empty book. `seed` makes ids of different pods differ. NULL on allocation failure.
 */
struct alert_book *alert_book_new(uint64_t seed);
void alert_book_free(struct alert_book *book);

/* Called at most once an alert and sample, oldest alert first. */
typedef void alert_listener(void *context, enum alert_event event,
			    const struct alert *alert);

/* Applies one sample's verdicts (detector_feed). A kind that is not firing is raised,
 * one that is firing is updated; one that no verdict has shown for a while is resolved,
 * with the time its traffic was last seen as its end. Traffic of one incident is one
 * alert: while one of the volume kinds (dormancy-break, egress-volume, egress-drift)
 * fires, the others of them are updates to it, and a kind that says more (proxy-relay,
 * connection-fanout) raised within the first minutes takes the incident over instead of
 * adding to it. What comes back soon after it was resolved is the same alert again, not
 * a new one. Evidence is gathered when it is raised and goes on growing with every
 * close look. */
void alert_book_apply(struct alert_book *book, double now, double interval_s,
		      const struct verdict *verdicts, size_t count,
		      const struct alert_surroundings *surroundings,
		      alert_listener *listener, void *context);

/* Raises an alert that is over as soon as it is known (monitor-gap). */
void alert_book_record(struct alert_book *book, double now,
		       const struct verdict *verdict,
		       const struct alert_surroundings *surroundings,
		       alert_listener *listener, void *context);

/* The index-th remembered alert, newest first; NULL past the last. Owned by the book.
 */
const struct alert *alert_book_at(const struct alert_book *book, size_t index);

bool alert_book_firing(const struct alert_book *book, enum alert_kind kind);
bool alert_book_any_firing(const struct alert_book *book);

/* How many alerts were raised as, or became, that kind; monotone. Coming back within
 * the cool-down does not count. */
uint64_t alert_book_raised(const struct alert_book *book, enum alert_kind kind);

/* Alerts pushed out of the book by newer ones. */
uint64_t alert_book_forgotten(const struct alert_book *book);

/* The severity for a risk: low under 40, medium under 60, high under 80, else critical.
 */
const char *alert_severity(unsigned risk);

/* Writes the alert as one JSON object, at most ALERT_JSON_MAX bytes. */
void alert_json(const struct alert *alert, const struct identity *pod,
		struct json_writer *w);

/* Appends the sentence that a person understands: what, how much, against what. */
void alert_summary(const struct alert *alert, struct text *t);

#endif
