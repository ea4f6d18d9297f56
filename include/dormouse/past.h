/* SPDX-License-Identifier: Apache-2.0 */
/* past.h - what a pod, or a workload of many pods, has done so far, in numbers.
 *
 * The detector tells it of what it has learnt (detector_past) and takes it as what the
 * pod's siblings did (detector_adopt). As JSON it is the baseline document
 * (state/baseline_document.h), which outlives the pod.
 */
#ifndef DORMOUSE_PAST_H
#define DORMOUSE_PAST_H

#include "detect.h"
#include "sample.h"

/* The signals, and two series that derive from them: the bytes relayed, and the bytes
 * on connections that the pod opened per million bytes that it served. */
#define PAST_SERIES (SIGNAL_COUNT + 2)

/* The sums over 10 s, 1 min, 10 min, 1 h and 6 h, and the lowest amount in 10 s over
 * 1 min and over 10 min. */
#define PAST_WINDOWS 7

/* The shares of the intervals that stay below each quantile. */
#define PAST_QUANTILES 5
extern const double past_shares[PAST_QUANTILES];

#define PAST_DEPARTURES_MAX 32

/* A gauge is counted by interval, so it can be compared only if the intervals are about
 * the same: within this ratio. */
#define PAST_INTERVAL_RATIO 1.5

/* Names such as "tx_bytes", "relayed_bytes" and "10s", "steady-1m". Static. */
const char *past_series_name(unsigned series);
const char *past_window_name(unsigned window);

struct past_series {
	double watched_s;    /* of all pods; 0: nothing is known of it */
	double intervals;    /* of which mean and quantiles are; 0: none */
	double mean, stddev; /* per second; a gauge's per interval */
	double quantile[PAST_QUANTILES];
	/* Amounts in one window: the greatest, and the third and the tenth of the
	 * hours' greatest, or the last that there is. They show how far chance may
	 * go. `start` is the greatest of the pods' first minutes. */
	double greatest[PAST_WINDOWS], third[PAST_WINDOWS], tenth[PAST_WINDOWS];
	double start[PAST_WINDOWS];
};

/* A departure from what was usual, or several alike at the same hour. What came three
 * times is a routine: at its hour, or with others at any hour. What came less often is
 * kept because the next time may be in another pod. */
struct past_departure {
	struct routine_view view;               /* number 0: not expected so far */
	enum alert_kind kind;                   /* of the first, or a lower one */
	float reach[PAST_SERIES][PAST_WINDOWS]; /* the amounts that it reaches */
};

struct past {
	double since, until;  /* Unix seconds; 0: nothing is known */
	double watched_s;     /* of all pods */
	double longest_s;     /* of the pod that was watched longest */
	double judged_s;      /* after the learning period */
	double dormant_share; /* of judged_s */
	double start_s;       /* how long the first minutes lasted, at most */
	double interval_s;    /* between samples; 0: unknown, or pods differ */
	unsigned pods;
	struct past_series series[PAST_SERIES];
	unsigned departure_count;
	struct past_departure departure[PAST_DEPARTURES_MAX];
};

/* Fills in what the detector has learnt of its own pod, without what it has adopted.
 * What was an alert is not in it; a lasting level that was accepted as the baseline is
 * only a week later, so that there is time to object. */
void detector_past(const struct detector *d, struct past *past);

/* Takes the past of the pod's siblings. From the next sample on the pod is judged
 * against the greater of both pasts, and the learning period is over for each signal
 * that the siblings were watched for as long. After eight days of its own, what it
 * never reached itself counts for half as much each day. A later call replaces it; NULL
 * or a past without watched time takes it away. Does not keep the pointer. */
void detector_adopt(struct detector *d, const struct past *past);

/* Whether the detector judges by the past of siblings. */
bool detector_adopted(const struct detector *d);

/* Adds the past of other pods of the workload: the greatest of each window, pooled
 * quantiles, the departures of both. The result hardly depends on the order; the same
 * order gives the same result. */
void past_merge(struct past *past, const struct past *other);

#endif
