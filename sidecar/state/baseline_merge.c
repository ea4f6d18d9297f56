/* SPDX-License-Identifier: Apache-2.0 */
/* baseline_merge.c - documents of several pods become one. */
#include <stdlib.h>
#include <string.h>

#include "baseline_document.h"
#include "baseline_names.h"

bool baseline_same_peer(const struct peer_prefix *a, const struct peer_prefix *b)
{
	return a->family == b->family && a->length == b->length && a->port == b->port &&
	       a->protocol == b->protocol &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

/* By bytes, then by connections, then by address: the order of files decides nothing.
 */
static int by_use(const void *first, const void *second)
{
	const struct peer_prefix *a = first, *b = second;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	if (a->connections != b->connections)
		return a->connections > b->connections ? -1 : 1;
	const int order = memcmp(a->address, b->address, sizeof(a->address));
	return order ? order : (int)a->port - (int)b->port;
}

static void unite_peers(struct baseline_document *b,
			const struct baseline_document *other)
{
	struct peer_prefix all[2 * BASELINE_PEERS_MAX];
	unsigned count = b->peer_count, at;

	memcpy(all, b->peer, count * sizeof(all[0]));
	for (unsigned i = 0; i < other->peer_count; i++) {
		for (at = 0;
		     at < count && !baseline_same_peer(&all[at], &other->peer[i]); at++)
			;
		if (at == count) {
			all[count++] = other->peer[i];
			continue;
		}
		all[at].bytes += other->peer[i].bytes;
		all[at].connections += other->peer[i].connections;
	}
	qsort(all, count, sizeof(all[0]), by_use);
	b->peer_count = count < BASELINE_PEERS_MAX ? count : BASELINE_PEERS_MAX;
	memcpy(b->peer, all, b->peer_count * sizeof(all[0]));
}

void baseline_document_merge(struct baseline_document *b,
			     struct baseline_document *other)
{
	if (!b->workload[0])
		memcpy(b->workload, other->workload, sizeof(b->workload));
	if (!b->cluster[0])
		memcpy(b->cluster, other->cluster, sizeof(b->cluster));
	if (!(b->past.watched_s > 0)) {
		b->learn_s = other->learn_s;
		b->dormant_after_s = other->dormant_after_s;
		b->profile = other->profile;
		b->sensitivity = other->sensitivity;
	}
	past_merge(&b->past, &other->past);
	unite_peers(b, other);
	if (!b->unknown) {
		b->unknown = other->unknown;
		other->unknown = NULL;
	} else if (other->unknown) {
		baseline_keep_unknown(b->unknown, other->unknown);
	}
}
