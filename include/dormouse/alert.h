/* SPDX-License-Identifier: Apache-2.0 */
/* alert.h - the life of an alert: it is raised once, updated while it lasts, resolved
 * when its traffic has stopped for a while, and kept with its evidence.
 *
 * Pure like detect: the caller passes the time as a parameter.
 */
#ifndef DORMOUSE_ALERT_H
#define DORMOUSE_ALERT_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json_writer.h"
#include "config/identity.h"
#include "detect.h"
#include "traffic.h"

#define ALERTS_REMEMBERED    64
#define ALERT_FLOWS_MAX      10 /* destinations kept with an alert */
#define ALERT_CONTAINERS_MAX 4
#define ALERT_INTERFACES_MAX 4
#define ALERT_JSON_MAX       8192 /* maximum length of an alert's JSON */

#define ALERT_CELLS 16 /* see evidence.c */

struct alert_flow {
	struct flow flow;   /* since the onset; its container index is unused */
	uint64_t uncertain; /* maximum bytes before it was kept */
	bool late;          /* first seen after the incident's first minutes */
	char container[32];
};

struct alert_evidence {
	struct alert_flow flows[ALERT_FLOWS_MAX]; /* most bytes first */
	unsigned flow_count;
	bool settled;         /* destinations that are added now are late ones */
	uint64_t other_bytes; /* bytes to destinations that are not kept */
	uint32_t other_connections;
	struct unaccounted unaccounted; /* since the onset, within the history */
	uint64_t missed[ALERT_CELLS];   /* bytes not kept, by hash: upper bounds */
	char containers[ALERT_CONTAINERS_MAX][32];
	unsigned container_count;
	char interfaces[ALERT_INTERFACES_MAX][IF_NAMESIZE];
	unsigned interface_count;
};

struct alert {
	uint64_t id; /* printed as 16 hex digits; differs between alerts and pods */
	/* The latest verdict of this alert. Kind, onset and baseline stay as they were
	 * when the alert was raised; bytes count from that onset. */
	struct verdict verdict;
	double peak;       /* highest value so far */
	double starts_at;  /* when it was raised */
	double updated_at; /* last sample that showed it */
	double ends_at;    /* when its traffic was last seen; 0 while firing */
	bool end_unseen;   /* the monitor was down then: it may have ended later */
	/* Later incidents like this one, which were not reported anew: their number,
	 * the onset of the last one (Unix seconds, 0: none) and the link bytes sent in
	 * them. */
	uint64_t occurrences;
	double last_occurrence;
	uint64_t occurrence_bytes;
	struct alert_evidence evidence;
};

enum alert_event {
	ALERT_RAISED,
	ALERT_UPDATED,    /* shown again, once per interval: not logged */
	ALERT_TAKEN_OVER, /* the same incident changes to a kind of higher rank */
	ALERT_REOPENED,   /* was resolved and returned within the cool-down, or goes on
			   * after a restart of the monitor */
	ALERT_RECURRED,   /* a later incident like it began */
	ALERT_RESOLVED
};

struct alert_store;

/* Creates an empty store. `seed` makes the ids of different pods differ. Returns NULL
 * on allocation failure. */
struct alert_store *alert_store_new(uint64_t seed);
void alert_store_free(struct alert_store *store);

/* Called at most once per alert and sample, oldest alert first. */
typedef void alert_listener(void *context, enum alert_event event,
			    const struct alert *alert);

/* Finds which past traffic the store needs when it applies this verdict. When the
 * verdict raises or reopens an alert, or begins an occurrence, returns true and sets
 * *since to the onset. *seen_until is the last scan that a reopened alert has in its
 * evidence (0: none). The caller puts the traffic since then from its history into
 * traffic_view.moved_since. Returns false when an alert fires already, because that
 * alert has received each scan. */
bool alert_store_lacks(const struct alert_store *store, const struct verdict *verdict,
		       double *since, double *seen_until);

/* Applies one sample's verdicts (detector_feed). Each incident is one alert. It is
 * raised by the incident's first verdict and updated by the others; a kind of higher
 * rank takes the place of the one before. It is resolved without verdicts for a while;
 * the end is when its traffic was last seen. If the incident goes on soon after that,
 * the same alert is reopened.
 *
 * A recurrence counts as an occurrence of the alert that it repeats. But if most of its
 * bytes go to other destinations, it is an alert of its own. So is an incident whose
 * traffic moves to other destinations later.
 *
 * Evidence is the traffic since the onset and grows with every socket scan. `traffic`
 * is what this sample showed beside its signals, NULL when unknown (replay); the store
 * reads it only during the call. */
void alert_store_apply(struct alert_store *store, double now, double interval_s,
		       const struct verdict *verdicts, size_t count,
		       const struct traffic_view *traffic, alert_listener *listener,
		       void *context);

/* Raises an alert and resolves it at once (monitor-gap). */
void alert_store_record(struct alert_store *store, double now,
			const struct verdict *verdict,
			const struct traffic_view *traffic, alert_listener *listener,
			void *context);

#define ALERTS_BYTES_MAX (112 * 1024) /* of the block of alert_store_kept() */

/* The alerts, to be kept across a restart: one flat block without pointers, 0 bytes if
 * there are none. Owned by the store, valid until its next call.
 * alert_store_layout() identifies its layout. */
const void *alert_store_kept(const struct alert_store *store, size_t *bytes);
uint32_t alert_store_layout(void);

/* Continues with the alerts of an earlier run and checks every number in them. Ids and
 * evidence stay; the counts of alerts begin anew. An alert that fired goes on if one of
 * the next samples shows the same: an incident of its sort, to the destinations that it
 * named. If none does within the time after which an alert is resolved, or if it was
 * shown last more than half an hour before `now`, it is resolved: with the time when
 * its traffic was last seen, and end_unseen. Nothing is changed if there are alerts
 * already. Returns a negative value on failure; the store is then unchanged. */
int alert_store_restore(struct alert_store *store, const void *block, size_t bytes,
			double now, struct error *err);

/* Returns the index-th remembered alert, newest first; NULL past the last. The store
 * owns it. */
const struct alert *alert_store_at(const struct alert_store *store, size_t index);

bool alert_store_firing(const struct alert_store *store, enum alert_kind kind);
bool alert_store_any_firing(const struct alert_store *store);

/* Returns how many alerts were raised as that kind or changed to it. The count never
 * falls. A reopened alert is not counted again. */
uint64_t alert_store_raised(const struct alert_store *store, enum alert_kind kind);

/* Returns how many recurrences there were. */
uint64_t alert_store_recurrences(const struct alert_store *store);

/* Returns how many old alerts newer ones have replaced. */
uint64_t alert_store_forgotten(const struct alert_store *store);

/* Returns the severity for a risk: low under 40, medium under 60, high under 80, else
 * critical. */
const char *alert_severity(unsigned risk);

/* Writes the alert as one JSON object, at most ALERT_JSON_MAX bytes. */
void alert_json(const struct alert *alert, const struct identity *pod,
		struct json_writer *w);

/* Appends a sentence for people: what happened, how much, compared with what. */
void alert_summary(const struct alert *alert, struct text *t);

#endif
