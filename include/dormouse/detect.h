/* SPDX-License-Identifier: Apache-2.0 */
/* detect.h - learns a pod's traffic baseline and reports departures from it.
 *
 * Pure: no I/O, no clock, no allocation after detector_new(). The caller passes samples
 * with their times and receives verdicts. The same samples give the same verdicts on
 * any machine, at any speed, live or in replay.
 */
#ifndef DORMOUSE_DETECT_H
#define DORMOUSE_DETECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/detect_options.h"
#include "sample.h"

enum pod_state { POD_LEARNING, POD_DORMANT, POD_ACTIVE, POD_STATE_COUNT };

/* One for each row of detect/kinds.def. */
enum alert_kind {
#define KIND(id, ...) ALERT_##id,
#include "detect/kinds.def"
#undef KIND
	ALERT_KIND_COUNT
};

/* Returns a name such as "learning" or "dormancy-break". The string is static. */
const char *pod_state_name(enum pod_state state);
const char *alert_kind_name(enum alert_kind kind);

#define INCIDENTS_OPEN_MAX 8 /* departures that go on at the same time */
#define VERDICTS_MAX       (INCIDENTS_OPEN_MAX + 1) /* for one sample: and the budget */
#define LEARNT_BYTES_MAX   (224 * 1024) /* maximum size of the learnt state */

/* A signal's baseline. Rates are per second; the destinations gauge is a count per
 * interval. */
struct baseline_view {
	double mean, stddev, p99; /* of the learnt intervals; 0 without samples */
	double threshold;         /* a signal above this is unusual */
	uint64_t samples;         /* number of learnt intervals */
	double since;             /* oldest learnt interval, Unix seconds; 0: none */
	/* Too little is known of this pod: the numbers but the threshold are those of
	 * its workload's other pods. */
	bool of_workload;
};

/* A departure that starts or continues in this sample. */
struct verdict {
	enum alert_kind kind;
	enum signal signal; /* the signal that shows it most clearly */
	uint32_t incident;  /* number of the incident; 0: budget or gap have none */
	/* The incident is like one that was reported before, recently or at this time
	 * of day. `repeats` is the onset of that one, Unix seconds. A recurrence that
	 * grows beyond it is a new incident. */
	bool recurs;
	double repeats;
	double onset;             /* Unix seconds: when the traffic began */
	double value;             /* current rate per second, mean over window_s */
	double window_s;          /* length of the window, seconds */
	uint64_t bytes, received; /* link bytes sent and received since onset */
	/* The same counts since the detector's first sample. The difference between two
	 * verdicts is the traffic between them. */
	uint64_t sent_in_all, received_in_all;
	double sigmas;  /* (value - mean) / stddev; the stddev has a minimum */
	double balance; /* verdict_balance() since onset; 1: relay; < 0: unknown */
	unsigned risk;  /* 0 to 100: see detect/risk.c */
	struct baseline_view baseline; /* of the signal, as used for this verdict */
};

/* The rank of a kind. The kind with the highest rank that an incident has shown names
 * it. Rank 0 means that such an alert stands alone: it is about a limit or about the
 * monitor, not about the pod's behaviour. */
#define ALERT_KIND_RANK_MAX 3
unsigned alert_kind_rank(enum alert_kind kind);

/* Returns the smaller of sent and received divided by the larger; -1 if both are 0. */
double verdict_balance(uint64_t sent, uint64_t received);

struct detector;

/* Creates a detector that has learnt nothing. Returns NULL only on allocation failure.
 * The caller frees it with detector_free(). */
struct detector *detector_new(const struct detect_options *options);
void detector_free(struct detector *d);

/* Processes the next sample and fills in a verdict for each departure that goes on now,
 * oldest incident first: at most VERDICTS_MAX, one for each incident, and one for the
 * budget. Returns their number. An incident without a verdict pauses or has ended (the
 * alert room decides when it counts as resolved).
 *
 * While an incident is open, its own level is the provisional baseline: well beyond
 * that, or another signal, begins another incident.
 *
 * An absent signal is not judged. When it returns, its increase is spread over the time
 * since its last reading. A counter that falls was reset: its increase is unknown.
 * Samples must be in time order: an equal or earlier time is ignored, but a clock set
 * back by more than the usual interval starts a new time span. A sample much later than
 * usual is a gap: its rate is judged, its shape is not learnt. The detector computes
 * the interval from the times. */
size_t detector_feed(struct detector *d, const struct sample *sample,
		     struct verdict verdicts[VERDICTS_MAX]);

/* On which days a routine comes. Names are such as "daily" or "month-end". */
enum routine_days {
	ROUTINE_NO_FIXED_TIME, /* at any hour, on any day */
	ROUTINE_SOME_DAYS,     /* at its hour, but no rule for its days is known */
	ROUTINE_DAILY,
	ROUTINE_WEEKDAYS,  /* Monday to Friday */
	ROUTINE_WEEKLY,    /* on `weekday` */
	ROUTINE_INTERVAL,  /* each `every_days` days */
	ROUTINE_MONTHLY,   /* on `month_day` */
	ROUTINE_MONTH_END, /* on a month's last day */
	ROUTINE_DAYS_COUNT
};

/* A departure that came three separate times. From then on it is expected: at its hour
 * when it has one, else at any time, up to its size and spread. */
struct routine_view {
	uint32_t number;    /* of the routine, 1 for the first that the pod had */
	enum signal signal; /* that showed it most clearly at first */
	uint32_t times;     /* separate occasions that were departures */
	double first, last; /* onsets of the first and the last, Unix seconds */
	double typical_bytes, most_bytes; /* link bytes sent in one occasion */
	enum routine_days days;
	unsigned second_of_day; /* UTC: when it begins; not if it has no fixed time */
	unsigned every_days;    /* between two, 1 or more; 0: no rule */
	unsigned weekday;       /* 0: Monday */
	unsigned month_day;     /* 1 to 31 */
};

#define ROUTINES_MAX 40 /* places for routines */

/* Fills in the routine at a place, 0 to ROUTINES_MAX - 1. Returns false when none is
 * there. A routine keeps its place unless it is forgotten. */
bool detector_routine_at(const struct detector *d, size_t place,
			 struct routine_view *view);

/* Takes the next routine that was learnt and that this function has not returned yet.
 * Call it after detector_feed() until it returns false. Each routine is returned once,
 * also over a restart. */
bool detector_routine_learnt(struct detector *d, struct routine_view *view);

/* Returns how many routines were learnt since the baseline began. */
uint64_t detector_routines_learnt(const struct detector *d);

/* Sets the day of the week and of the month to those of the last occasion. */
void routine_view_days(struct routine_view *view);

/* Returns a name such as "weekly". The string is static. */
const char *routine_days_name(enum routine_days days);

/* routine_calendar_words() appends the routine's calendar, "each night around 02:10
 * UTC"; routine_sentence() appends one sentence with the calendar, the occasions and
 * the sizes. */
struct text;
void routine_calendar_words(const struct routine_view *view, struct text *t);
void routine_sentence(const struct routine_view *view, struct text *t);

enum pod_state detector_state(const struct detector *d);

/* Returns when this state began, Unix seconds; 0 before the first sample. */
double detector_state_since(const struct detector *d);

/* Returns how many incidents ended early because more than INCIDENTS_OPEN_MAX were
 * open. */
uint64_t detector_displaced(const struct detector *d);

/* Returns true when traffic is unusual but there may be no verdict yet: a reason to
 * scan the sockets. */
bool detector_suspects(const struct detector *d);

/* Returns how many link bytes the pod normally sends in `seconds` as background. This
 * amount is no reason for a socket scan. Returns 0 while the pod is learning. */
uint64_t detector_background_bytes(const struct detector *d, double seconds);

/* detector_value() gets the latest value per second; it returns false when the signal
 * has no value yet. detector_baseline() fills in the signal's baseline. */
bool detector_value(const struct detector *d, enum signal signal, double *value);
void detector_baseline(const struct detector *d, enum signal signal,
		       struct baseline_view *view);

/* Judges the time when the monitor was not running: `bytes` link bytes sent and
 * `received` link bytes received over `seconds` until `now`. Returns true and fills
 * *verdict with a monitor-gap when the bytes sent are more than the baseline
 * explains. */
bool detector_judge_gap(const struct detector *d, double now, double seconds,
			uint64_t bytes, uint64_t received, struct verdict *verdict);

/* Returns the learnt state: one flat block without pointers, at most LEARNT_BYTES_MAX,
 * in the machine's byte order. detector_layout() identifies its layout. The detector
 * owns it. */
const void *detector_learnt(const struct detector *d, size_t *bytes);
uint32_t detector_layout(void);

/* Restores what detector_learnt() returned and checks every number in it. Returns a
 * negative value on failure; the detector has then learnt nothing. The time since the
 * state was saved is a gap. */
int detector_restore(struct detector *d, const void *learnt, size_t bytes,
		     struct error *err);

#endif
