/* SPDX-License-Identifier: Apache-2.0 */
/* replay.h - replays recorded counters through the detector and the alert store.
 *
 * A trace is a sequence of samples: CSV, as `dormouse record` writes it, or the answer
 * of a Prometheus range query. This header declares the reader of traces and the
 * replayer. The replayer drives detector and alert store in the same way as the
 * monitor's loop drives them with live samples: there is no other path from a sample to
 * an alert.
 */
#ifndef DORMOUSE_REPLAY_H
#define DORMOUSE_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert.h"
#include "base/error.h"
#include "config/columns.h"
#include "config/identity.h"
#include "detect.h"
#include "past.h"
#include "sample.h"

#define TRACE_LINE_MAX     (64 * 1024) /* a longer line of CSV is broken */
#define TRACE_COLUMNS_MAX  256
#define TRACE_COMPLAINTS   10  /* broken lines reported; the rest are only counted */
#define TRACE_LINES_JUDGED 100 /* from this line on, half of them must be valid */
#define TRACE_JSON_MAX     (256u << 20) /* bytes of a Prometheus answer */

/* What the readers return. */
enum {
	TRACE_SAMPLE = 1,   /* the sample was filled */
	TRACE_END = 0,      /* no more samples */
	TRACE_FAILED = -1,  /* the input could not be read */
	TRACE_INVALID = -2, /* the input is not a trace */
};

/* Called with one line of text for each part of a trace that is ignored. */
typedef void trace_complaint(void *context, const char *line);

/* --- reading ---------------------------------------------------------------------- */

/* The traces of one input, which may be compressed with gzip and encoded in UTF-16.
 *
 * CSV holds one trace. The first row names the columns: the time and signals, in any
 * order. Other columns are ignored with one complaint. The separator is a comma, a
 * semicolon (then a comma may be the decimal point) or a tab. Times are Unix seconds,
 * milli-, micro- or nanoseconds, recognised by their size, or ISO 8601; all times have
 * the same form. An empty cell means that the sample lacks the signal. Comments (#),
 * blank lines, quotes, CRLF and a byte order mark are accepted, and also concatenated
 * traces, each with its header. A broken line is reported with its number and skipped.
 * The reader reads all rows, up to about a million, before it returns the first one. It
 * sorts them by time and keeps one row for each time. It rejects rows that are not the
 * counters of one pod: rates, or rows of two pods.
 *
 * JSON is recognised by its first character. It is the answer of a Prometheus range
 * query, or several answers. Each set of labels, without the metric name, is one trace;
 * the metric name selects the signal.
 */
struct traces;

/* Reads from the descriptor, which the caller keeps and closes. `name` is for
 * complaints and outlives the traces. On failure returns NULL, with TRACE_FAILED or
 * TRACE_INVALID in *status. */
struct traces *traces_open(int fd, const char *name, trace_complaint *complain,
			   void *context, int *status, struct error *err);
void traces_close(struct traces *t);

/* Sets other names for CSV columns; call it before the first sample. The map outlives
 * the traces. */
void traces_map_columns(struct traces *t, const struct column_map *map);

/* Whether the input is answers of Prometheus. Such inputs can be joined before the
 * first trace is taken; series with the same labels become one. This is needed
 * because a range query gives at most 11,000 points, so a month takes several queries.
 * After the call, `from` can only be closed. traces_join() returns 0,
 * TRACE_INVALID when there are too many series or points, or TRACE_FAILED without
 * memory. */
bool traces_are_answers(const struct traces *t);
int traces_join(struct traces *into, struct traces *from, struct error *err);

/* Moves to the next trace and skips the rest of the current one. Sets the members of
 * *pod that the series' labels name, and keeps the others; *pod borrows from the traces
 * until the next call. Returns TRACE_SAMPLE when there is a trace, else TRACE_END. An
 * invalid trace is reported only when its first sample is read. */
int traces_next(struct traces *t, struct identity *pod);

/* Fills the trace's next sample. Returns TRACE_SAMPLE, TRACE_END, TRACE_FAILED or
 * TRACE_INVALID. */
int traces_sample(struct traces *t, struct sample *sample, struct error *err);

/* The number of broken lines so far. */
uint64_t traces_broken(const struct traces *t);

/* The notes on the input as a whole, one per line: ignored or converted parts, and
 * warnings in Prometheus' answers. Owned by the traces. */
const char *traces_notes(const struct traces *t);

/* --- replaying -------------------------------------------------------------------- */

struct replayer;

/* Creates an untrained detector and an empty alert store. `pod` outlives the replayer;
 * the ids of alerts are derived from it, so the same trace gives the same ids. Returns
 * NULL on allocation failure. */
struct replayer *replayer_open(const struct detect_options *options,
			       const struct identity *pod, alert_listener *listener,
			       void *context);
void replayer_close(struct replayer *p);

/* As detector_adopt(). Call it before the first sample. */
void replayer_adopt(struct replayer *p, const struct past *past);

/* Called after each sample is judged. */
typedef void replayer_watcher(void *context, const struct replayer *p,
			      const struct sample *sample);
void replayer_watch(struct replayer *p, replayer_watcher *watcher, void *context);

/* Takes the next sample. The first few samples are held back until the interval is
 * known from them; a live monitor knows it from its flags. */
void replayer_feed(struct replayer *p, const struct sample *sample);

/* Call it after the last sample: judges the samples that are still held back. Alerts
 * that fire stay firing. */
void replayer_finish(struct replayer *p);

const struct detector *replayer_detector(const struct replayer *p);

/* As detector_routine_learnt(). */
bool replayer_routine_learnt(struct replayer *p, struct routine_view *view);

const struct alert_store *replayer_alerts(const struct replayer *p);

/* The interval between samples in seconds: the median over the first few; 0 while
 * unknown. */
double replayer_interval(const struct replayer *p);

/* The commands `dormouse replay` and `dormouse record`; see config/program.h. */
int replay_main(int argc, char **argv);
int record_main(int argc, char **argv);

#endif
