/* SPDX-License-Identifier: Apache-2.0 */
/* unaccounted.c - the kernel's own counters of packets that no socket accounts for. */
#include "unaccounted.h"

static uint64_t moved_of(struct counter_base *base, const struct protocol_counters *p,
			 enum protocol_counter counter)
{
	return protocol_has(p, counter) ? counter_moved(base, p->value[counter]) : 0;
}

void unaccounted_take(struct unaccounted_bases *bases,
		      const struct protocol_counters *p, uint64_t bytes,
		      uint64_t packets, struct unaccounted *moved)
{
	uint64_t forwarded = moved_of(&bases->forwarded, p, IP_FORWARDED) +
			     moved_of(&bases->forwarded6, p, IP6_FORWARDED);
	uint64_t ip = moved_of(&bases->ip, p, IP_OUT_REQUESTS) +
		      moved_of(&bases->ip6, p, IP6_OUT_REQUESTS) + forwarded;
	uint64_t all = counter_moved(&bases->packets, packets);
	bool ip_known = protocol_has(p, IP_OUT_REQUESTS);

	*moved = (struct unaccounted){.bytes = counter_moved(&bases->bytes, bytes)};
	moved->packets[UNACCOUNTED_ICMP] = moved_of(&bases->icmp, p, ICMP_OUT_MSGS) +
					   moved_of(&bases->icmp6, p, ICMP6_OUT_MSGS);
	moved->packets[UNACCOUNTED_FORWARDED] = forwarded;
	moved->packets[UNACCOUNTED_RESETS] = moved_of(&bases->resets, p, TCP_OUT_RSTS);
	moved->packets[UNACCOUNTED_NOT_IP] = ip_known && all > ip ? all - ip : 0;
}

void unaccounted_note(struct unaccounted_log *log, double time,
		      const struct unaccounted *moved)
{
	log->until[log->next] = time;
	log->ring[log->next] = *moved;
	log->next = (log->next + 1) % UNACCOUNTED_KEPT;
	if (log->count < UNACCOUNTED_KEPT)
		log->count++;
}

struct unaccounted unaccounted_since(const struct unaccounted_log *log, double since)
{
	struct unaccounted sum = {0};

	for (unsigned i = 0; i < log->count; i++) {
		if (log->until[i] <= since)
			continue;
		sum.bytes += log->ring[i].bytes;
		for (unsigned s = 0; s < UNACCOUNTED_SOURCE_COUNT; s++)
			sum.packets[s] += log->ring[i].packets[s];
	}
	return sum;
}
