/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - the life of one alert: raised, shown again, changed to another kind,
 * resolved, reopened. The detector decides which verdicts belong to one incident. The
 * record adds up what they show. */
#ifndef DORMOUSE_ALERT_RECORD_H
#define DORMOUSE_ALERT_RECORD_H

#include "dormouse/alert.h"
#include "peers.h"

/* An incident is over when no sample has shown it for six intervals, and for at least
 * ten seconds. Traffic often pauses briefly, and such a pause is not the end. Six
 * intervals of the default ten seconds are a minute. The ten seconds apply when the
 * interval is below two seconds. */
#define HOLD_INTERVALS 6
#define HOLD_MIN_S     10.0

/* An incident that goes on within half an hour of its alert's end reopens that alert: a
 * beacon that sends for ten seconds every fifteen minutes is one alert. Later it is a
 * new one. */
#define COOL_DOWN_S 1800.0

/* The detector shows a departure as long as its longer windows contain it. The traffic
 * itself ended at the last sample that sent at least this share of the incident's mean
 * rate. */
#define FLOWING_SHARE 0.1

struct alert_record {
	struct alert alert;
	uint32_t incident;  /* the detector's number of it, 0: none */
	double told_onset;  /* the onset in the first verdict; recurrences name it */
	uint32_t recurring; /* the incident that is its last occurrence, 0: none */
	uint64_t recurred;  /* link bytes of that occurrence */

	struct peers_sent peers; /* since period_at */
	double period_at;        /* Unix seconds */
	uint64_t period_bytes;   /* link bytes since the onset, until then */
	unsigned moves;          /* times that the incident has moved elsewhere */

	double flowed_at;  /* when its traffic was last seen */
	double seen_until; /* the last socket scan in the evidence */

	double signal_shown_at; /* when a verdict last had the alert's signal */
	bool left_behind; /* fired when the monitor ended; not shown again since */

	/* The links' totals at the onset, as in verdicts. */
	uint64_t sent_before, received_before;
};

/* Whether the verdict is about the record's incident. An alert that stands alone (rank
 * 0) is about its kind, and numbers its own incidents. One that was left behind is
 * about none yet. */
bool record_is_of(const struct alert_record *record, const struct verdict *v);

/* Whether the verdict's kind takes the place of the record's. */
bool record_changes_kind(const struct alert_record *record, const struct verdict *v);

/* Whether the verdict reopens the record, which is resolved and of its incident.
 * Otherwise it begins a new alert. */
bool record_comes_back(const struct alert_record *record, const struct verdict *v);

/* Counts a recurrence of the record's alert. Returns whether it has just begun. */
bool record_recur(struct alert_record *record, const struct verdict *v);

double record_hold_s(double interval_s);

/* A firing alert's destinations are compared with earlier ones after this time. An
 * incident that moves on and on is not news each time. */
#define PEERS_PERIOD_S 300.0
#define MOVES_MAX      3

/* Whether the incident, which goes on, has moved to other destinations since the period
 * began. Begins the next period when it is time. */
bool record_moved(struct alert_record *record, double now,
		  const struct traffic_span *scan);

/* Begins a new alert of the same incident for the traffic that moved elsewhere. Takes
 * those destinations out of the evidence of `from`. */
void record_move(struct alert_record *record, struct alert_record *from, uint64_t id,
		 double now, const struct verdict *v);

/* Begins a new alert. */
void record_begin(struct alert_record *record, uint64_t id, double now,
		  const struct verdict *v);

/* Changes the incident to the verdict's kind; its id and start stay. */
void record_take_over(struct alert_record *record, const struct verdict *v);

/* record_end() ends the incident at the time its traffic was last seen; record_reopen()
 * makes it fire again. */
void record_end(struct alert_record *record);
void record_reopen(struct alert_record *record, double now);

/* After a restart: the detector numbers its incidents anew, and no longer knows which
 * were open. If the record fires and was shown within the cool-down, its incident may
 * go on: the record is left behind, and keeps firing if it may. Else it is ended.
 * Returns whether it fires. */
bool record_left_behind(struct alert_record *record, double now, bool may_fire);

/* Whether the verdict may be of the incident of a record that was left behind: of the
 * same sort (to many others, or not), and not after the cool-down. */
bool record_may_resume(const struct alert_record *record, const struct verdict *v);

/* Goes on with the verdict's incident: its bytes are added to those so far. */
void record_resume(struct alert_record *record, double now, const struct verdict *v);

/* Adds the sample's verdict of the incident. The strongest signal may change from
 * sample to sample. The alert keeps its signal until no verdict has shown that signal
 * for hold_s seconds. Then it changes to the new signal and its baseline. */
void record_show(struct alert_record *record, double now, double hold_s,
		 const struct verdict *v);

#endif
