/* SPDX-License-Identifier: Apache-2.0 */
/* replay.h - recorded counters in, the detector's alerts out.
 *
 * A trace is a row of samples: CSV, as `dormouse record` writes it, or the answer of a
 * Prometheus range query. Here is how it is read, and the replayer that drives detector
 * and alert store with it, in the way in which the monitor's loop drives them with live
 * samples: there is no other path from a sample to an alert.
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
#include "sample.h"

#define TRACE_LINE_MAX     (64 * 1024) /* longer lines of CSV are broken */
#define TRACE_COLUMNS_MAX  256
#define TRACE_COMPLAINTS   10  /* broken lines that are named; more are counted */
#define TRACE_LINES_JUDGED 100 /* from then on half of all lines must be sound */
#define TRACE_JSON_MAX     (256u << 20) /* bytes of a Prometheus answer */

/* What the readers return. */
enum {
	TRACE_SAMPLE = 1,   /* there is a sample */
	TRACE_END = 0,      /* there are no more */
	TRACE_FAILED = -1,  /* it could not be read */
	TRACE_INVALID = -2, /* it is not a trace */
};

/* Called with one line for each thing in a trace that was left out. */
typedef void trace_complaint(void *context, const char *line);

/* --- reading ---------------------------------------------------------------------- */

/* The traces of one input, which may be packed by gzip and written in UTF-16.
 *
 * CSV holds one: the first row names the columns, the time and signals, in any order;
 * others are ignored with one complaint. Commas, semicolons (then a comma may stand
 * before decimals) or tabs separate. Times are Unix seconds, milli-, micro- or
 * nanoseconds, told by their size, or ISO 8601, all in one form. An empty cell is a
 * signal absent from that sample. Comments (#), blank lines, quotes, CRLF and a byte
 * order mark are understood, and so are traces one behind the other, each with its
 * header. A broken line is complained of with its number and skipped. The rows are read
 * before the first is given out, up to about a million: in the order of time, each time
 * once. What is no one life of counters is refused: rates, rows of two pods.
 *
 * JSON, known by its first character, is the answer of a Prometheus range query, or
 * several: their series are one trace for each set of labels other than the name, which
 * says the signal. */
struct traces;

/* Reads from the descriptor, which stays the caller's; `name` is for complaints and
 * outlives the traces. NULL on failure, with TRACE_FAILED or TRACE_INVALID in *status.
 */
struct traces *traces_open(int fd, const char *name, trace_complaint *complain,
			   void *context, int *status, struct error *err);
void traces_close(struct traces *t);

/* What columns of CSV are called; before the first sample. The map outlives the traces.
 */
void traces_map_columns(struct traces *t, const struct column_map *map);

/* Whether the input is answers of Prometheus: such can be joined before a trace is
 * taken. Series of the same labels are then one life: a range query gives 11,000 points
 * at most, so that a month takes several. `from` is only to be closed afterwards. -1
 * when there are too many, or on allocation failure. */
bool traces_are_answers(const struct traces *t);
int traces_join(struct traces *into, struct traces *from, struct error *err);

/* Goes on to the next trace; the rest of the last one is skipped. Labels of a series
 * fill *pod, whose other members are kept; it borrows from the traces until the next
 * call. TRACE_SAMPLE when there is one, else TRACE_END. Whether it is of use, its first
 * sample says. */
int traces_next(struct traces *t, struct identity *pod);

/* Fills the trace's next sample: TRACE_SAMPLE, TRACE_END, TRACE_FAILED or
 * TRACE_INVALID.
 */
int traces_sample(struct traces *t, struct sample *sample, struct error *err);

/* Lines of the input that were broken so far. */
uint64_t traces_broken(const struct traces *t);

/* What was said of the input as a whole, a line each: what was ignored, converted, or
 * doubted by whoever answered. Owned by the traces. */
const char *traces_notes(const struct traces *t);

/* --- playing ---------------------------------------------------------------------- */

struct replayer;

/* A detector with nothing learnt and an empty alert store. `pod` outlives the replayer;
 * the ids of alerts are made from it, so that the same trace gives the same ids. NULL
 * on allocation failure. */
struct replayer *replayer_open(const struct detect_options *options,
			       const struct identity *pod, alert_listener *listener,
			       void *context);
void replayer_close(struct replayer *p);

/* Called after each sample was judged. */
typedef void replayer_watcher(void *context, const struct replayer *p,
			      const struct sample *sample);
void replayer_watch(struct replayer *p, replayer_watcher *watcher, void *context);

/* Takes the next sample. The first few are held back until they have told the interval,
 * which a live monitor knows from its flags. */
void replayer_feed(struct replayer *p, const struct sample *sample);

/* The last sample was fed: judges what is still held back. What fires goes on firing.
 */
void replayer_finish(struct replayer *p);

const struct detector *replayer_detector(const struct replayer *p);
const struct alert_store *replayer_alerts(const struct replayer *p);

/* Seconds between samples, their median over the first few; 0 when not known yet. */
double replayer_interval(const struct replayer *p);

/* Judges recorded counters; writes counters down. See config/program.h. */
int replay_main(int argc, char **argv);
int record_main(int argc, char **argv);

#endif
