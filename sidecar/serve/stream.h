/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h - JSON answers, written one chunk at a time.
 *
 * Sixty-four alerts may be half a megabyte, several clients may read them, and the
 * monitor has one megabyte in total. So an answer is a stream that holds one chunk: the
 * head, an alert, peer or signal, the tail. The alerts or peers of an answer are fixed
 * when it is opened; one that is forgotten before its turn is omitted.
 */
#ifndef DORMOUSE_SERVE_STREAM_H
#define DORMOUSE_SERVE_STREAM_H

#include "dormouse/serve.h"
#include "state/baseline_document.h"

#define STREAM_CHUNK_MAX (ALERT_JSON_MAX + 64)

struct stream;

/* Writes the index-th chunk of an answer; returns false when there is no such chunk. A
 * chunk may be empty. All chunks, written by one writer, form one document. */
typedef bool stream_chunk(const struct stream *s, size_t index, struct json_writer *w);

struct stream {
	const struct serve_source *source;
	stream_chunk *chunk_at;
	size_t next; /* index of the chunk after `chunk` */

	uint64_t alerts[ALERTS_REMEMBERED]; /* ids, newest first */
	size_t alert_count;
	struct baseline_document *document; /* of /baseline; else NULL */

	uint32_t peers[PEERS_KNOWN_MAX]; /* numbers, most bytes first */
	size_t peer_count;               /* only in an answer that has them */

	struct json_writer json; /* over chunk */
	struct text chunk;       /* over data */
	size_t taken;            /* of chunk, by the reader */
	char data[STREAM_CHUNK_MAX];
};

/* The answers. */
stream_chunk alerts_chunk;       /* /alerts */
stream_chunk alertmanager_chunk; /* /api/v2/alerts */
stream_chunk alert_group_chunk;  /* /api/v2/alerts/groups */
stream_chunk silences_chunk;     /* /api/v2/silences: always empty */
stream_chunk status_chunk;       /* /status */
stream_chunk baseline_chunk;     /* /baseline */
stream_chunk destinations_chunk; /* /destinations */

/* Begins an answer; `only_firing` excludes resolved alerts. The caller owns it. NULL
 * without memory. */
struct stream *stream_open(const struct serve_source *source, stream_chunk *chunk_at,
			   bool only_firing);

/* Accepts NULL. */
void stream_close(struct stream *s);

/* Copies at most `max` bytes. Returns the number of bytes, 0 at the end. */
size_t stream_read(struct stream *s, char *data, size_t max);

/* The index-th alert, NULL when the store has forgotten it. */
const struct alert *stream_alert(const struct stream *s, size_t index);

/* Writes the pod, or {} when it is too long. */
void stream_pod(const struct stream *s, struct json_writer *w);

#endif
