/* SPDX-License-Identifier: Apache-2.0 */
/* notes.h - what is said about an input besides its traces: what was left out,
 * converted or doubted. Each line is said once, and kept for the summary. */
#ifndef DORMOUSE_REPLAY_NOTES_H
#define DORMOUSE_REPLAY_NOTES_H

#include "base/text.h"
#include "dormouse/replay.h"

#define NOTES_KEPT_MAX 2048 /* bytes; further notes are said only */

struct notes {
	const char *name; /* of the input; it stands in front of each line */
	trace_complaint *complain;
	void *context;
	char kept[NOTES_KEPT_MAX]; /* a line each, without the name */
	size_t kept_length;
};

/* Says the line, unless it was said before. */
void notes_say(struct notes *n, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Keeps what another input said, under its name. */
void notes_take(struct notes *n, const struct notes *from);

#endif
