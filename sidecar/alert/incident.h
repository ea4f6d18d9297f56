/* SPDX-License-Identifier: Apache-2.0 */
/* incident.h - what makes several verdicts one incident, and what an incident adds up
 * to. An incident is one alert with the marks that its bookkeeping needs. */
#ifndef DORMOUSE_ALERT_INCIDENT_H
#define DORMOUSE_ALERT_INCIDENT_H

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

/* How long after it was raised an alert may change into one of a kind that says more.
 * The kinds that say more take minutes to be sure; later they are news of their own. */
#define TAKEOVER_S 600.0

/* The detector goes on showing a departure while its longer windows are full of it. The
 * traffic itself is taken to be over since the last sample that sent at this share of
 * the incident's mean rate. */
#define FLOWING_SHARE 0.1

struct incident {
	struct alert alert;
	uint32_t kinds; /* bit 1u << kind: has been shown by a verdict of that kind */

	double flowed_at;  /* when its traffic was last seen */
	double seen_until; /* the last scan that is in the evidence */

	double signal_shown_at; /* when the alert's signal was last the verdict's */

	/* What the links had carried at the onset, as verdicts count it. */
	uint64_t sent_before, received_before;
};

/* How a verdict belongs to an incident. */
enum belonging { BELONGS_NOT, BELONGS, TAKES_OVER };

/* How much a kind says: the higher of two tells the story of one incident. 0 for kinds
 * that stand alone, since they are about a limit or the monitor and not about what the
 * pod does. */
#define KIND_RANK_MAX 3
unsigned kind_rank(enum alert_kind kind);

enum belonging incident_belonging(const struct incident *in, const struct verdict *v,
				  double now);

/* Whether the verdict brings a resolved incident back rather than beginning another. */
bool incident_comes_back(const struct incident *in, const struct verdict *v);

double incident_hold_s(double interval_s);

/* A new incident. */
void incident_begin(struct incident *in, uint64_t id, double now,
		    const struct verdict *v);

/* The incident is of the verdict's kind from now on; its id and begin stay. */
void incident_take_over(struct incident *in, const struct verdict *v);

/* The incident is over, since its traffic was last seen; and fires again. */
void incident_end(struct incident *in);
void incident_reopen(struct incident *in, double now);

/* Takes in the verdicts that belong to it at this sample; at least one. What stands out
 * most may change from sample to sample: the alert stays with its signal, and goes over
 * to another, with its baseline, when its own was not shown for the hold time. */
void incident_show(struct incident *in, double now, double hold_s,
		   const struct verdict *const shown[], size_t count);

#endif
