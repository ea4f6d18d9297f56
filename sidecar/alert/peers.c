/* SPDX-License-Identifier: Apache-2.0 */
/* peers.c - whether traffic goes to the destinations that an alert named, or
 * elsewhere. */
#include "peers.h"

#include "base/address.h"

static bool names_all(const struct alert_evidence *e)
{
	return e->flow_count > 0 && e->flow_count < ALERT_FLOWS_MAX;
}

static bool is_named(const struct alert_evidence *e, const struct in6_addr *address)
{
	for (unsigned i = 0; i < e->flow_count; i++)
		if (!e->flows[i].late &&
		    address_same_network(&e->flows[i].flow.address, address))
			return true;
	return false;
}

void peers_add(struct peers_sent *sent, const struct alert_evidence *named,
	       const struct traffic_span *span)
{
	if (!names_all(named))
		return;
	for (size_t i = 0; i < span->flow_count; i++) {
		const struct flow *f = &span->flows[i];
		if (f->direction != FLOW_OPENED || f->protocol == 0)
			continue; /* clients come and go; 0: the sum of many */
		sent->all += f->tx_bytes;
		if (!is_named(named, &f->address))
			sent->elsewhere += f->tx_bytes;
	}
}

bool peers_moved(const struct peers_sent *sent)
{
	return sent->elsewhere >= ELSEWHERE_MIN && sent->elsewhere >= sent->all / 2;
}
