/* SPDX-License-Identifier: Apache-2.0 */
/* looks.c - the last close looks, each with its own short span. */
#include "looks.h"

#include <string.h>

#include "evidence.h"

/* Keeps the foremost, and of UDP, which shows no bytes and so comes last, some in any
 * case; what is left becomes one flow of no protocol. */
static void keep_flows(struct look *look, const struct flow *flows, size_t count)
{
	struct flow *rest = &look->flows[LOOK_FLOWS_KEPT];

	look->count = 0;
	*rest = (struct flow){0};
	for (size_t i = 0; i < count; i++) {
		const struct flow *f = &flows[i];
		unsigned room = LOOK_FLOWS_KEPT - look->count;
		if (f->protocol != IPPROTO_UDP && count > LOOK_FLOWS_KEPT)
			room -= room < LOOK_UDP_KEPT ? room : LOOK_UDP_KEPT;
		if (room > 0 && f->protocol != 0) {
			look->flows[look->count++] = *f;
			continue;
		}
		rest->tx_bytes += f->tx_bytes;
		rest->connections += f->connections;
		rest->begun += f->begun;
	}
}

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
	look->unaccounted = *collector_unaccounted(c);
	keep_flows(look, flows, count);
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
		evidence_add(e, c, &look->flows[LOOK_FLOWS_KEPT], 1, signal);
	}
}

void looks_unaccounted(const struct looks *looks, double since,
		       struct alert_evidence *e)
{
	for (unsigned i = 0; i < looks->count; i++)
		if (look_at(looks, i)->until > since)
			evidence_unaccounted(e, &look_at(looks, i)->unaccounted);
}
