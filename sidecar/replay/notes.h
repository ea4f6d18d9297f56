/* SPDX-License-Identifier: Apache-2.0 */
/* notes.h - notes on an input: parts that were ignored or converted, and warnings. Each
 * line is reported once and kept for the summary. */
#ifndef DORMOUSE_REPLAY_NOTES_H
#define DORMOUSE_REPLAY_NOTES_H

#include "base/text.h"
#include "dormouse/replay.h"

#define NOTES_KEPT_MAX 2048 /* bytes; further notes are reported but not kept */

struct notes {
	const char *name; /* of the input; the prefix of each line */
	trace_complaint *complain;
	void *context;
	char kept[NOTES_KEPT_MAX]; /* one note per line, without the name */
	size_t kept_length;
};

/* Reports the line, unless it was reported before. */
void notes_say(struct notes *n, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Keeps the notes of another input, with its name as prefix. */
void notes_take(struct notes *n, const struct notes *from);

#endif
