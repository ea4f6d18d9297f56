/* SPDX-License-Identifier: Apache-2.0 */
/* baseline_document.h - the past of a workload as a document that outlives its pods:
 * JSON, "dormouse.dev/baseline/v1". manifests/baseline.md describes each field,
 * manifests/baseline.schema.json is its JSON Schema.
 */
#ifndef DORMOUSE_STATE_BASELINE_DOCUMENT_H
#define DORMOUSE_STATE_BASELINE_DOCUMENT_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/json_writer.h"
#include "config/detect_options.h"
#include "config/identity.h"
#include "dormouse/past.h"
#include "dormouse/traffic.h"

#define BASELINE_FORMAT "dormouse.dev/baseline/v1"

/* The longest document that is read, and room for the longest that is written: a usual
 * one has five kilobytes. */
#define BASELINE_BYTES_MAX (128 * 1024)

#define BASELINE_NAME_MAX  320 /* "Kind/name", with the NUL */
#define BASELINE_PEERS_MAX 64

/* What a peer was used for, as the document has it. */
struct baseline_use {
	unsigned port;
	double bytes, connections;
};

struct baseline_document {
	char workload[BASELINE_NAME_MAX]; /* "Deployment/reports"; "" if unknown */
	char cluster[BASELINE_NAME_MAX];  /* "" if unknown */
	struct past past;
	unsigned peer_count;
	struct peer_prefix peer[BASELINE_PEERS_MAX]; /* most used first */
	double learn_s, dormant_after_s;             /* with what it was learnt */
	enum profile profile;
	enum sensitivity sensitivity;
	/* The document that was read, if it has members that this version does not
	 * know. They are written again. NULL: none. */
	cJSON *unknown;
};

/* Fills in what the detector has learnt, for that pod. No peers, nothing unknown. */
void baseline_document_begin(struct baseline_document *b, const struct detector *d,
			     const struct detect_options *options,
			     const struct identity *pod);

/* Releases what is unknown; accepts NULL. */
void baseline_document_end(struct baseline_document *b);

/* Writes the index-th chunk: the head, one series, one routine, one peer, or the tail.
 * Returns false when there is no such chunk. All chunks in order, with the same writer,
 * make the document, without what is unknown. */
bool baseline_put_chunk(const struct baseline_document *b, size_t index,
			struct json_writer *w);

/* Returns the whole document, with what is unknown, as text with line breaks for people
 * and for diff: the same document gives the same bytes. To be freed by the caller; NULL
 * with an error if there is no memory. */
char *baseline_document_text(const struct baseline_document *b, struct error *err);

/* Reads a document of `bytes` bytes; text[bytes] is NUL. Every number is checked.
 * Returns 0, or -1 with the reason; *b is then empty. Afterwards the caller owes
 * baseline_document_end(). */
int baseline_document_read(struct baseline_document *b, const char *text, size_t bytes,
			   struct error *err);

/* The same from a document that was parsed already, an object. Takes it over. */
int baseline_document_take(struct baseline_document *b, cJSON *document,
			   struct error *err);

/* The same from a file of at most `most` bytes, "-" is standard input. A file of
 * several documents, such as `replay --baseline-out` writes, gives them merged. */
int baseline_document_load(struct baseline_document *b, const char *path, size_t most,
			   struct error *err);

/* Whether both are the same network, port and protocol, however much was sent. */
bool baseline_same_peer(const struct peer_prefix *a, const struct peer_prefix *b);

/* Adds another pod's document, or another document of many pods: pasts are merged
 * (past_merge), peers united, the most used kept. Names and settings are those of the
 * first; a member that is unknown is kept from the first that has it. Takes over what
 * is unknown in `other`. */
void baseline_document_merge(struct baseline_document *b,
			     struct baseline_document *other);

#endif
