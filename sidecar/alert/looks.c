/* SPDX-License-Identifier: Apache-2.0 */
/* looks.c - the last close looks, each with its own short span. */
#include "looks.h"

#include <string.h>

#include "evidence.h"

void looks_note(struct looks *looks, const struct collector *c, double now)
{
	size_t count;

	if (!collector_looked_closely(c))
		return;
	const struct flow *flows = collector_flows(c, &count);
	struct look *look = &looks->ring[looks->next];
	/* The first look of all saw what moved since the collector was opened. */
	look->from = looks->until;
	look->until = looks->until = now;
	look->count = count < LOOK_FLOWS_KEPT ? (unsigned)count : LOOK_FLOWS_KEPT;
	if (look->count > 0)
		memcpy(look->flows, flows, look->count * sizeof(*flows));
	look->other_bytes = 0;
	look->other_connections = 0;
	for (size_t i = look->count; i < count; i++) {
		look->other_bytes += flows[i].tx_bytes;
		look->other_connections += flows[i].connections;
	}
	looks->next = (looks->next + 1) % LOOKS_KEPT;
	if (looks->count < LOOKS_KEPT)
		looks->count++;
}

/* The index-th look that is kept, oldest first. */
static const struct look *look_at(const struct looks *looks, unsigned index)
{
	return &looks->ring[(looks->next + LOOKS_KEPT - looks->count + index) %
			    LOOKS_KEPT];
}

bool looks_reach(const struct looks *looks, double since)
{
	return looks->count > 0 && look_at(looks, 0)->from <= since;
}

void looks_add_to(const struct looks *looks, double since, struct alert_evidence *e,
		  const struct collector *c, enum signal signal)
{
	for (unsigned i = 0; i < looks->count; i++) {
		const struct look *look = look_at(looks, i);
		if (look->until <= since)
			continue;
		evidence_add(e, c, look->flows, look->count, signal);
		e->other_bytes += look->other_bytes;
		e->other_connections += look->other_connections;
	}
}
