/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c - returns the chunks of an answer. */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

/* Bytes that a head needs in addition to the pod. */
#define HEAD_MAX 512

/* What has been learnt must not change between the chunks of one document. */
static struct baseline_document *document_of(const struct serve_source *source)
{
	struct baseline_document *b = malloc(sizeof(*b));

	if (!b)
		return NULL;
	baseline_document_begin(b, source->detector, source->detect, source->pod);
	if (source->collector)
		b->peer_count = (unsigned)collector_peer_prefixes(
		    source->collector, b->peer, BASELINE_PEERS_MAX);
	return b;
}

static void take_alerts(struct stream *s, bool only_firing)
{
	const struct alert *alert;

	for (size_t i = 0; s->alert_count < ALERTS_REMEMBERED &&
			   (alert = alert_store_at(s->source->alerts, i));
	     i++)
		if (!only_firing || alert->ends_at == 0)
			s->alerts[s->alert_count++] = alert->id;
}

struct stream *stream_open(const struct serve_source *source, stream_chunk *chunk_at,
			   bool only_firing)
{
	struct stream *s = malloc(sizeof(*s));

	if (!s)
		return NULL;
	s->source = source;
	s->chunk_at = chunk_at;
	s->next = 0;
	s->taken = 0;
	s->alert_count = 0;
	s->document = NULL;
	s->chunk = text_over(s->data, sizeof(s->data));
	s->json = json_writer_over(&s->chunk);
	take_alerts(s, only_firing);
	s->peer_count = chunk_at == destinations_chunk
			    ? collector_peers(source->collector, s->peers)
			    : 0;
	if (chunk_at == baseline_chunk && !(s->document = document_of(source))) {
		free(s);
		return NULL;
	}
	return s;
}

void stream_close(struct stream *s)
{
	if (s)
		free(s->document);
	free(s);
}

/* Writes the next chunk; returns false at the end. */
static bool advance(struct stream *s)
{
	s->chunk = text_over(s->data, sizeof(s->data));
	s->taken = 0;
	return s->chunk_at(s, s->next++, &s->json);
}

size_t stream_read(struct stream *s, char *data, size_t max)
{
	while (s->taken == s->chunk.length)
		if (!advance(s))
			return 0;

	size_t length = s->chunk.length - s->taken;
	if (length > max)
		length = max;
	memcpy(data, s->chunk.data + s->taken, length);
	s->taken += length;
	return length;
}

const struct alert *stream_alert(const struct stream *s, size_t index)
{
	const struct alert *alert;

	for (size_t i = 0; (alert = alert_store_at(s->source->alerts, i)); i++)
		if (alert->id == s->alerts[index])
			return alert;
	return NULL;
}

void stream_pod(const struct stream *s, struct json_writer *w)
{
	identity_json_within(s->source->pod, HEAD_MAX, w);
}
