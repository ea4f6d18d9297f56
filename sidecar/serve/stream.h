/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h - JSON answers, made a chunk at a time.
 *
 * Sixty-four alerts may be half a megabyte, several clients may read them, and the
 * monitor has one megabyte for everything. So an answer is a stream that holds one
 * chunk: the head, an alert or signal, the tail. Which alerts belong to it is fixed
 * when it is opened; one that the store forgets before its turn comes is left out.
 */
#ifndef DORMOUSE_SERVE_STREAM_H
#define DORMOUSE_SERVE_STREAM_H

#include "dormouse/serve.h"

#define STREAM_CHUNK_MAX (ALERT_JSON_MAX + 64)

struct stream;

/* Writes the index-th chunk of an answer; false when there is no such chunk. A chunk
 * may be empty. All of them, by one writer, are one document. */
typedef bool stream_chunk(const struct stream *s, size_t index, struct json_writer *w);

struct stream {
	const struct serve_source *source;
	stream_chunk *chunk_at;
	size_t next; /* index of the chunk after `chunk` */

	uint64_t alerts[ALERTS_REMEMBERED]; /* ids, newest first */
	size_t alert_count;

	struct json_writer json; /* over chunk */
	struct text chunk;       /* over data */
	size_t taken;            /* of chunk, by the reader */
	char data[STREAM_CHUNK_MAX];
};

/* The answers. */
stream_chunk alerts_chunk;       /* /alerts */
stream_chunk alertmanager_chunk; /* /api/v2/alerts */
stream_chunk alert_group_chunk;  /* /api/v2/alerts/groups */
stream_chunk silences_chunk;     /* /api/v2/silences: there are none */
stream_chunk baseline_chunk;     /* /baseline */

/* Begins an answer; with `only_firing` the resolved alerts are not in it. */
void stream_open(struct stream *s, const struct serve_source *source,
		 stream_chunk *chunk_at, bool only_firing);

/* Copies at most `max` bytes. Returns how many, 0 at the end. */
size_t stream_read(struct stream *s, char *data, size_t max);

/* Everything into one text. */
void stream_render(struct stream *s, struct text *t);

/* The alert of that id, NULL if the store has forgotten it. */
const struct alert *stream_alert(const struct stream *s, size_t index);

/* Writes the pod, {} should it be absurdly long. */
void stream_pod(const struct stream *s, struct json_writer *w);

#endif
