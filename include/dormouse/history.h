/* SPDX-License-Identifier: Apache-2.0 */
/* history.h - what each signal did: each minute of the last day, and each quarter of an
 * hour of the last fourteen days, in fixed memory.
 *
 * Pure: time comes in with the samples. A time that nobody watched is a gap. Amounts
 * are exact to one part in a thousand, rounded up.
 */
#ifndef DORMOUSE_HISTORY_H
#define DORMOUSE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "sample.h"

#define HISTORY_MINUTES   1440         /* a day */
#define HISTORY_QUARTERS  1344         /* fourteen days */
#define HISTORY_QUARTER   15           /* minutes */
#define HISTORY_BYTES_MAX (100 * 1024) /* of the block of history_kept() */

struct history;

/* Creates an empty history; NULL on allocation failure. */
struct history *history_new(void);
void history_free(struct history *h);

/* Adds a sample. A counter's rise is spread evenly over the time since it was read
 * last; if that is longer than ten minutes, the time is a gap. A clock that was set
 * back discards what was noted for the times that come again. */
void history_feed(struct history *h, const struct sample *sample);

/* Some minutes of one signal. */
struct history_span {
	double seconds; /* how long they were watched */
	double amount;  /* a counter's rise; a gauge's mean times `seconds` */
	double peak;    /* the mean rate per second, or the gauge, of the greatest
			 * minute; of quarters up to a fifth more */
};

/* Fills in what the signal did in `minutes` minutes from `minute` on (Unix time divided
 * by 60). If both are multiples of HISTORY_QUARTER, it is told from the quarters, of
 * which the newest lacks the minute that goes on; else from the minutes. Returns false
 * if all of it is a gap. */
bool history_span(const struct history *h, enum signal signal, int64_t minute,
		  unsigned minutes, struct history_span *span);

/* Returns the minute that goes on (Unix time divided by 60); 0 before the first
 * sample. */
int64_t history_minute(const struct history *h);

/* The history, to be kept across a restart: one flat block without pointers. Owned by
 * the history, valid until its next call. history_layout() identifies its layout. */
const void *history_kept(const struct history *h, size_t *bytes);
uint32_t history_layout(void);

/* Continues with the block of an earlier run, unless there are samples already. Returns
 * a negative value for a block that is none; the history is then unchanged. */
int history_restore(struct history *h, const void *block, size_t bytes,
		    struct error *err);

#endif
