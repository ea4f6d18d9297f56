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
#include "config/identity.h"
#include "detect.h"
#include "traffic.h"

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

struct alert_store;

/* An empty store. `seed` makes ids of different pods differ. NULL on allocation
 * failure.
 */
struct alert_store *alert_store_new(uint64_t seed);
void alert_store_free(struct alert_store *store);

/* Called at most once an alert and sample, oldest alert first. */
typedef void alert_listener(void *context, enum alert_event event,
			    const struct alert *alert);

/* Of which time the store will lack the traffic when this verdict is applied: since its
 * onset, when it raises an alert or brings one back; of the latter it has seen what
 * moved until *seen_until (0: nothing). Whoever has a history of traffic puts what
 * moved then into traffic_view.moved_since. Returns false when it lacks nothing, since
 * an alert that fires already was given what each scan found. */
bool alert_store_lacks(const struct alert_store *store, double now,
		       const struct verdict *verdict, double *since,
		       double *seen_until);

/* Applies one sample's verdicts (detector_feed). A kind that is not firing is raised,
 * one that is firing is updated; one that no verdict has shown for a while is resolved,
 * with the time its traffic was last seen as its end. Traffic of one incident is one
 * alert: while one of the volume kinds (dormancy-break, egress-volume, egress-drift)
 * fires, the others of them are updates to it, and a kind that says more (proxy-relay,
 * connection-fanout) raised within the first minutes takes the incident over instead of
 * adding to it. What comes back soon after it was resolved is the same alert again, not
 * a new one. Evidence is what moved since the onset, and goes on growing with every
 * scan of the sockets. `traffic` is what this sample showed beside its signals; NULL
 * where that is not known (replay). It is read during the call only. */
void alert_store_apply(struct alert_store *store, double now, double interval_s,
		       const struct verdict *verdicts, size_t count,
		       const struct traffic_view *traffic, alert_listener *listener,
		       void *context);

/* Raises an alert that is over as soon as it is known (monitor-gap). */
void alert_store_record(struct alert_store *store, double now,
			const struct verdict *verdict,
			const struct traffic_view *traffic, alert_listener *listener,
			void *context);

/* The index-th remembered alert, newest first; NULL past the last. Owned by the store.
 */
const struct alert *alert_store_at(const struct alert_store *store, size_t index);

bool alert_store_firing(const struct alert_store *store, enum alert_kind kind);
bool alert_store_any_firing(const struct alert_store *store);

/* How many alerts were raised as, or became, that kind; monotone. Coming back within
 * the cool-down does not count. */
uint64_t alert_store_raised(const struct alert_store *store, enum alert_kind kind);

/* Alerts pushed out of the store by newer ones. */
uint64_t alert_store_forgotten(const struct alert_store *store);

/* The severity for a risk: low under 40, medium under 60, high under 80, else critical.
 */
const char *alert_severity(unsigned risk);

/* Writes the alert as one JSON object, at most ALERT_JSON_MAX bytes. */
void alert_json(const struct alert *alert, const struct identity *pod,
		struct json_writer *w);

/* Appends the sentence that a person understands: what, how much, against what. */
void alert_summary(const struct alert *alert, struct text *t);

#endif
