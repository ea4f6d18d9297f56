/* SPDX-License-Identifier: Apache-2.0 */
/* destinations.c - /destinations: the peers that the pod is known to have. */
#include <string.h>

#include "collect/flow_words.h"
#include "stream.h"

static void put_head(const struct stream *s, struct json_writer *w)
{
	const struct peers_noted noted = collector_peers_noted(s->source->collector);

	json_object(w, NULL);
	json_name(w, "pod");
	stream_pod(s, w);
	json_time_or_null(w, "since", noted.since);
	json_unsigned(w, "displaced", noted.displaced);
	json_array(w, "destinations");
}

static void put_containers(const struct stream *s, const struct known_peer *p,
			   struct json_writer *w)
{
	size_t count;
	const struct container_counters *containers =
	    collector_containers(s->source->collector, &count);

	json_array(w, "containers");
	for (size_t i = 0; i < count; i++)
		if (p->containers >> i & 1)
			json_string(w, NULL, containers[i].name);
	json_end(w);
}

static void put_peer(const struct stream *s, uint32_t number, struct json_writer *w)
{
	struct known_peer p;

	if (!collector_peer(s->source->collector, number, &p))
		return;
	json_object(w, NULL);
	flow_json_end(w, &p.address, p.port, p.protocol);
	json_string(w, "direction", flow_direction_name(p.direction));
	json_unsigned(w, "bytes", p.tx_bytes);
	json_unsigned(w, "received", p.rx_bytes);
	json_unsigned(w, "connections", p.connections);
	json_time_or_null(w, "firstSeen", p.first_seen);
	json_time_or_null(w, "lastSeen", p.last_seen);
	json_bool(w, "new", p.is_new);
	put_containers(s, &p, w);
	json_end(w);
}

static void put_network(const struct peer_prefix *n, struct json_writer *w)
{
	char words[FLOW_PREFIX_MAX];
	struct text t = text_over(words, sizeof(words));

	flow_put_prefix(&t, n);
	json_object(w, NULL);
	json_string(w, "prefix", words);
	json_unsigned(w, "port", n->port);
	json_string(w, "protocol", flow_protocol_name(n->protocol));
	json_unsigned(w, "bytes", n->bytes);
	json_unsigned(w, "connections", n->connections);
	json_end(w);
}

/* The destinations again, as networks. */
static void put_tail(const struct stream *s, struct json_writer *w)
{
	struct peer_prefix networks[PEER_PREFIXES_MAX];
	const size_t count =
	    collector_peer_prefixes(s->source->collector, networks, PEER_PREFIXES_MAX);

	json_end(w);
	json_array(w, "networks");
	for (size_t i = 0; i < count; i++)
		put_network(&networks[i], w);
	json_end(w);
	json_end(w);
	json_end_line(w);
}

bool destinations_chunk(const struct stream *s, size_t index, struct json_writer *w)
{
	if (index == 0) {
		put_head(s, w);
	} else if (index <= s->peer_count) {
		put_peer(s, s->peers[index - 1], w);
	} else if (index == s->peer_count + 1) {
		put_tail(s, w);
	} else {
		return false;
	}
	return true;
}
