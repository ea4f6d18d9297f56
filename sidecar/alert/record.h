/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - the life of one alert: raised, shown again, of another kind, ended, back.
 * Which verdicts are of one incident is the detector's to say (alert_kind_belonging());
 * an alert's record adds up what they show of it. */
#ifndef DORMOUSE_ALERT_RECORD_H
#define DORMOUSE_ALERT_RECORD_H

#include "dormouse/alert.h"

/* An incident is over when no sample has shown it for six intervals, and ten seconds at
 * least: traffic stutters, and what stutters is not over. Six intervals of the default
 * ten seconds are a minute; the ten seconds matter below an interval of two. */
#define HOLD_INTERVALS 6
#define HOLD_MIN_S     10.0

/* What comes back within half an hour of its end is the same incident: a beacon that
 * sends for ten seconds out of fifteen minutes is one alert. Unless it comes back far
 * stronger than it ever was: that is news, and whoever dismissed the first alert should
 * hear of it. */
#define COOL_DOWN_S 1800.0
#define ESCALATION  4.0

/* The detector goes on showing a departure while its longer windows are full of it. The
 * traffic itself is taken to be over since the last sample that sent at this share of
 * the incident's mean rate. */
#define FLOWING_SHARE 0.1

struct alert_record {
	struct alert alert;
	uint32_t kinds; /* bit 1u << kind: has been shown by a verdict of that kind */

	double flowed_at;  /* when its traffic was last seen */
	double seen_until; /* the last scan that is in the evidence */

	double signal_shown_at; /* when the alert's signal was last the verdict's */

	/* What the links had carried at the onset, as verdicts count it. */
	uint64_t sent_before, received_before;
};

/* How a verdict belongs to the incident that the record is of. */
enum belonging record_belonging(const struct alert_record *record,
				const struct verdict *v, double now, double interval_s);

/* Whether the verdict brings a resolved incident back rather than beginning another. */
bool record_comes_back(const struct alert_record *record, const struct verdict *v);

double record_hold_s(double interval_s);

/* A new incident. */
void record_begin(struct alert_record *record, uint64_t id, double now,
		  const struct verdict *v);

/* The incident is of the verdict's kind from now on; its id and begin stay. */
void record_take_over(struct alert_record *record, const struct verdict *v);

/* The incident is over, since its traffic was last seen; and fires again. */
void record_end(struct alert_record *record);
void record_reopen(struct alert_record *record, double now);

/* Takes in the verdicts that belong to it at this sample; at least one. What stands out
 * most may change from sample to sample: the alert stays with its signal, and goes over
 * to another, with its baseline, when its own was not shown for the hold time. */
void record_show(struct alert_record *record, double now, double hold_s,
		 const struct verdict *const shown[], size_t count);

#endif
