/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h - JSON answers, made a piece at a time.
 *
 * Sixty-four alerts may be half a megabyte, several clients may read them, and the
 * monitor has one megabyte for everything. So an answer is a stream that holds one
 * piece: the head, an alert or signal, the tail. Which alerts belong to it is fixed
 * when it is opened; one that the book forgets before its turn comes is left out.
 */
#ifndef DORMOUSE_SERVE_STREAM_H
#define DORMOUSE_SERVE_STREAM_H

#include "dormouse/serve.h"

#define STREAM_PIECE_MAX (ALERT_JSON_MAX + 64)

struct stream;

/* Writes the index-th piece of an answer; false when there is no such piece. A piece
 * may be empty. All of them, by one writer, are one document. */
typedef bool stream_piece(const struct stream *s, size_t index, struct json_writer *w);

struct stream {
	const struct serve_source *source;
	stream_piece *piece_at;
	size_t next; /* index of the piece after `piece` */

	uint64_t alerts[ALERTS_REMEMBERED]; /* ids, newest first */
	size_t alert_count;

	struct json_writer json; /* over piece */
	struct text piece;       /* over data */
	size_t taken;            /* of piece, by the reader */
	char data[STREAM_PIECE_MAX];
};

/* The answers. */
stream_piece alerts_piece;       /* /alerts */
stream_piece alertmanager_piece; /* /api/v2/alerts */
stream_piece alert_group_piece;  /* /api/v2/alerts/groups */
stream_piece silences_piece;     /* /api/v2/silences: there are none */
stream_piece baseline_piece;     /* /baseline */

/* Begins an answer; with `only_firing` the resolved alerts are not in it. */
void stream_open(struct stream *s, const struct serve_source *source,
		 stream_piece *piece_at, bool only_firing);

/* Copies at most `max` bytes. Returns how many, 0 at the end. */
size_t stream_read(struct stream *s, char *data, size_t max);

/* Everything into one text. */
void stream_render(struct stream *s, struct text *t);

/* The alert of that id, NULL if the book has forgotten it. */
const struct alert *stream_alert(const struct stream *s, size_t index);

/* Writes the pod, {} should it be absurdly long. */
void stream_pod(const struct stream *s, struct json_writer *w);

#endif
