/* SPDX-License-Identifier: Apache-2.0 */
/* keeper.h - when the learnt state is loaded and saved, and what is logged of it. */
#ifndef DORMOUSE_KEEPER_H
#define DORMOUSE_KEEPER_H

#include <stdbool.h>

#include "dormouse/collect.h"
#include "dormouse/detect.h"
#include "dormouse/state.h"
#include "metrics/run_stats.h"

struct keeper {
	const char *path; /* "": nothing is kept */
	struct detector *detector;
	struct collector *collector;
	struct run_stats *stats; /* counts the saves */

	/* What is kept, see keeper.c. */
	struct state_section sections[STATE_SECTIONS_MAX];
	struct state_table table;

	struct state_mark mark;  /* as loaded from the file */
	bool has_mark;           /* not yet compared with the counters of now */
	bool unread;             /* there is a file, but it could not be read so far */
	bool failing;            /* said: saving fails */
	double began_at, due_at; /* monotonic seconds */
};

/* Loads the file. If it cannot be read now (EMFILE, EIO, EACCES), keeper_tick() tries
 * again for five minutes, and nothing is saved over it meanwhile. The first call of
 * keeper_tick() saves, so that a folder that cannot be written is reported at the
 * start. */
void keeper_load(struct keeper *k);

/* Call it after each sample: saves every five minutes, or every ten while saving
 * fails. The failure is logged once, and so is its end. */
void keeper_tick(struct keeper *k);

/* Saves for the last time. A file that could not be read is left as it is. */
void keeper_end(struct keeper *k);

#endif
