/* SPDX-License-Identifier: Apache-2.0 */
/* detect.h - the pod's own baseline, and what departs from it.
 *
 * Pure: no I/O, no clock, no allocation after detector_new(). Samples and their times
 * go in, verdicts come out; the same samples give the same verdicts on any machine, at
 * any speed, live or in replay.
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

/* The rows of detect/kinds.def. */
enum alert_kind {
#define KIND(id, ...) ALERT_##id,
#include "detect/kinds.def"
#undef KIND
	ALERT_KIND_COUNT
};

/* "learning"; "dormancy-break" and so on. Static. */
const char *pod_state_name(enum pod_state state);
const char *alert_kind_name(enum alert_kind kind);

#define VERDICTS_MAX     ALERT_KIND_COUNT /* most verdicts for one sample */
#define LEARNT_BYTES_MAX (256 * 1024)     /* most memory for everything learnt */

/* A signal against its baseline; all rates are per second except for the destinations
 * gauge, which is a count an interval. */
struct baseline_view {
	double mean, stddev, p99; /* of what was learnt; 0 with no samples */
	double threshold; /* above this the signal is judged out of the ordinary */
	uint64_t samples; /* intervals learnt */
	double since;     /* Unix seconds of the oldest of them, 0: none */
};

/* One kind of departure that this sample shows, or goes on showing. */
struct verdict {
	enum alert_kind kind;
	enum signal signal;       /* the one that shows it most clearly */
	double onset;             /* Unix seconds: when the traffic began */
	double value;             /* now, per second, over the window that shows it */
	double window_s;          /* that window */
	uint64_t bytes, received; /* link bytes sent and received since onset */
	/* Likewise since the detector's first sample: the difference between two
	 * verdicts is what flowed between them. */
	uint64_t sent_in_all, received_in_all;
	double sigmas;  /* (value - mean) / stddev, the floored stddev */
	unsigned risk;  /* 0 to 100: how far out, in how many signals, how long */
	double balance; /* received over sent since onset; 1 is a relay; < 0: unknown */
	struct baseline_view baseline; /* of the signal, as it was judged against */
};

/* How much a kind says: the higher of two tells what happened in one incident. 0 for
 * kinds that stand alone, since they are about a limit or the monitor and not about
 * what the pod does. */
#define ALERT_KIND_RANK_MAX 3
unsigned alert_kind_rank(enum alert_kind kind);

/* How a departure of some kind belongs to an incident that was reported as of another
 * kind `reported_s` seconds ago: it is part of it; it says more, and soon enough that
 * the incident is of its kind from now on; or it is another incident. A monitor gap is
 * always another. */
enum belonging { BELONGS_NOT, BELONGS, TAKES_OVER };
enum belonging alert_kind_belonging(enum alert_kind incident, enum alert_kind kind,
				    double reported_s, double interval_s);

/* The lesser of sent and received over the greater; -1 while there is neither. */
double verdict_balance(uint64_t sent, uint64_t received);

struct detector;

/* A detector with nothing learnt. NULL only on allocation failure. */
struct detector *detector_new(const struct detect_options *options);
void detector_free(struct detector *d);

/* Takes the next sample, in the order of time, and says what it shows: verdicts for
 * each kind that is out of the ordinary now, at most VERDICTS_MAX, at most one a kind.
 * A kind that is no longer among them has ended (the alert room decides when that
 * counts as resolved). Returns how many.
 *
 * A signal that is absent is not judged; when it comes back its increase is spread over
 * the time since it was last there. A value that fell is a reset: no increase is known.
 * Equal or earlier times are ignored, except that a clock set back by more than the
 * usual interval starts a new span. A gap (a sample much later than usual) is a gap:
 * its rate is judged, its shape is not learnt. The interval is taken from the times. */
size_t detector_feed(struct detector *d, const struct sample *sample,
		     struct verdict verdicts[VERDICTS_MAX]);

enum pod_state detector_state(const struct detector *d);

/* Since when the pod is in that state, Unix seconds; 0 before the first sample. */
double detector_state_since(const struct detector *d);

/* Whether something unusual has begun that is no verdict yet: a reason to scan the
 * sockets. */
bool detector_suspects(const struct detector *d);

/* Sent link bytes in `seconds` that are this pod's background and are no reason to scan
 * its sockets; 0 while it is being learnt. */
uint64_t detector_background_bytes(const struct detector *d, double seconds);

/* The latest value (per second; false when it was never judged) and the baseline. */
bool detector_value(const struct detector *d, enum signal signal, double *value);
void detector_baseline(const struct detector *d, enum signal signal,
		       struct baseline_view *view);

/* What flowed in a time that nobody watched: `bytes` link bytes sent over `seconds`
 * until `now`. Fills *verdict with a monitor-gap and returns true when that is more
 * than the baseline explains. */
bool detector_judge_gap(const struct detector *d, double now, double seconds,
			uint64_t bytes, uint64_t received, struct verdict *verdict);

/* Everything learnt, as one flat piece without pointers, at most LEARNT_BYTES_MAX, in
 * the machine's byte order; its layout is named by detector_layout(). Owned by d. */
const void *detector_learnt(const struct detector *d, size_t *bytes);
uint32_t detector_layout(void);

/* Takes back what detector_learnt() gave. Checks every number in it; on failure d has
 * learnt nothing. Time spent unwatched is a gap. */
int detector_restore(struct detector *d, const void *learnt, size_t bytes,
		     struct error *err);

#endif
