/* SPDX-License-Identifier: Apache-2.0 */
/* known_peers.c - the remote ends that the pod is known to exchange traffic with. */
#include "known_peers.h"

#include <string.h>

#include "base/hashing.h"
#include "flow_order.h"

#define DAY_S  86400u
#define WEEK_S (7 * DAY_S)

/* Only what comes after this time since the first commit is news, and for a day. */
#define NEWS_AFTER_S 3600u
#define NEWS_FOR_S   DAY_S

/* The peers that the pod chose, and its clients. */
enum { CHOSEN, CLIENTS, SHARES };
static const struct share {
	uint32_t first, places, proven;
} shares[SHARES] = {
    [CHOSEN] = {0, PEERS_CHOSEN, PEERS_CHOSEN - 32},
    [CLIENTS] = {PEERS_CHOSEN, PEERS_CLIENTS, PEERS_CLIENTS - 12},
};

static unsigned share_of(uint8_t direction)
{
	return direction == FLOW_ACCEPTED ? CLIENTS : CHOSEN;
}

static uint32_t *bucket_of(struct known_peers *k, const struct in6_addr *address,
			   uint16_t port)
{
	return &k->heads[hash_address(address, k->seed ^ port) % PEERS_KNOWN_MAX];
}

void known_peers_init(struct known_peers *k, uint64_t seed)
{
	memset(k, 0, sizeof(*k));
	memset(k->heads, 0xff, sizeof(k->heads)); /* NO_INDEX */
	k->kept.layout = PEERS_LAYOUT;
	k->seed = seed;
}

static uint64_t standing(const struct known_peer *p, uint32_t now)
{
	const uint32_t weeks =
	    now > p->last_seen && p->last_seen > 0 ? (now - p->last_seen) / WEEK_S : 0;

	return weeks < 64
		   ? (p->minutes + (p->tx_bytes >> 14) + (p->rx_bytes >> 18)) >> weeks
		   : 0;
}

static bool is_of(const struct known_peer *p, const struct flow *f)
{
	return p->port == f->port && p->protocol == f->protocol &&
	       p->direction == f->direction &&
	       IN6_ARE_ADDR_EQUAL(&p->address, &f->address);
}

static void link_place(struct known_peers *k, uint32_t at)
{
	struct peer_place *place = &k->kept.places[at];
	uint32_t *head = bucket_of(k, &place->peer.address, place->peer.port);

	place->next = *head;
	*head = at;
}

static void unlink_place(struct known_peers *k, uint32_t at)
{
	const struct peer_place *place = &k->kept.places[at];
	uint32_t *link = bucket_of(k, &place->peer.address, place->peer.port);

	while (*link != at)
		link = &k->kept.places[*link].next;
	*link = place->next;
}

/* Whether a has the lesser standing; of equals the one that moved longer ago. */
static bool is_lesser(const struct known_peers *k, uint32_t a, uint32_t b)
{
	const struct peer_place *pa = &k->kept.places[a], *pb = &k->kept.places[b];
	const uint64_t sa = standing(&pa->peer, k->now),
		       sb = standing(&pb->peer, k->now);

	return sa != sb ? sa < sb : k->touches - pa->touched > k->touches - pb->touched;
}

/* The proven peer, or the candidate, with the least standing. NO_INDEX: none. */
static uint32_t least_of(const struct known_peers *k, unsigned share, bool proven)
{
	const uint32_t first = shares[share].first, end = first + k->kept.used[share];
	uint32_t least = NO_INDEX;

	for (uint32_t i = first; i < end; i++)
		if (k->kept.places[i].is_proven == proven &&
		    (least == NO_INDEX || is_lesser(k, i, least)))
			least = i;
	return least;
}

static struct peer_place *take_place(struct known_peers *k, const struct flow *f)
{
	const unsigned share = share_of(f->direction);
	uint32_t *used = &k->kept.used[share], at;

	if (*used < shares[share].places) {
		at = shares[share].first + (*used)++;
	} else {
		at = least_of(k, share, false);
		unlink_place(k, at);
		k->displaced++;
	}
	struct peer_place *place = &k->kept.places[at];
	const bool proven = at - shares[share].first < shares[share].proven &&
			    *used <= shares[share].proven;
	*place = (struct peer_place){.peer = {.address = f->address,
					      .port = f->port,
					      .protocol = f->protocol,
					      .direction = f->direction},
				     .number = ++k->numbers,
				     .is_proven = proven};
	link_place(k, at);
	return place;
}

void known_peers_add(struct known_peers *k, const struct flow *moved)
{
	uint32_t at = *bucket_of(k, &moved->address, moved->port);

	while (at != NO_INDEX && !is_of(&k->kept.places[at].peer, moved))
		at = k->kept.places[at].next;
	struct peer_place *place =
	    at != NO_INDEX ? &k->kept.places[at] : take_place(k, moved);
	struct known_peer *p = &place->peer;
	p->tx_bytes += moved->tx_bytes;
	p->rx_bytes += moved->rx_bytes;
	p->connections += moved->begun;
	p->containers |= (uint16_t)(1u << moved->container);
	place->touched = ++k->touches;
	place->is_pending = true;
}

static void date(struct known_peer *p, uint32_t now)
{
	if (p->first_seen == 0)
		p->first_seen = now;
	if (now / 60 > p->last_seen / 60)
		p->minutes++;
	if (now > p->last_seen)
		p->last_seen = now;
}

/* Gives the candidate the place of a proven peer with less standing. */
static void promote(struct known_peers *k, unsigned share, uint32_t candidate)
{
	const uint32_t least = least_of(k, share, true);
	struct peer_place *places = k->kept.places;

	if (standing(&places[candidate].peer, k->now) <=
	    standing(&places[least].peer, k->now))
		return;
	places[candidate].is_proven = true;
	places[least].is_proven = false;
}

static void commit_share(struct known_peers *k, unsigned share)
{
	const uint32_t first = shares[share].first, end = first + k->kept.used[share];

	for (uint32_t i = first; i < end; i++) {
		struct peer_place *place = &k->kept.places[i];
		if (!place->is_pending)
			continue;
		place->is_pending = false;
		date(&place->peer, k->now);
		if (!place->is_proven)
			promote(k, share, i);
	}
}

void known_peers_commit(struct known_peers *k, double time)
{
	if (!(time >= 1) || time >= (double)UINT32_MAX)
		return;
	k->now = (uint32_t)time;
	if (k->kept.began == 0)
		k->kept.began = k->now;
	for (unsigned share = 0; share < SHARES; share++)
		commit_share(k, share);
}

static struct flow_amount amount_of(const struct known_peer *p)
{
	const uint64_t most = UINT32_MAX;

	return (struct flow_amount){
	    p->tx_bytes, p->rx_bytes,
	    (uint32_t)(p->connections < most ? p->connections : most)};
}

size_t known_peers_list(const struct known_peers *k, uint32_t numbers[PEERS_KNOWN_MAX])
{
	uint32_t order[PEERS_KNOWN_MAX];
	size_t count = 0;

	for (uint32_t i = 0; i < PEERS_KNOWN_MAX; i++) {
		const struct known_peer *p = &k->kept.places[i].peer;
		size_t at = count;
		if (p->first_seen == 0) /* free, or not dated yet */
			continue;
		for (; at > 0; at--) {
			const struct known_peer *above =
			    &k->kept.places[order[at - 1]].peer;
			if (!amount_comes_before(amount_of(p), amount_of(above)))
				break;
			order[at] = order[at - 1];
		}
		order[at] = i;
		count++;
	}
	for (size_t i = 0; i < count; i++)
		numbers[i] = k->kept.places[order[i]].number;
	return count;
}

bool known_peers_get(const struct known_peers *k, uint32_t number,
		     struct known_peer *peer)
{
	for (uint32_t i = 0; i < PEERS_KNOWN_MAX; i++) {
		if (k->kept.places[i].number != number)
			continue;
		*peer = k->kept.places[i].peer;
		peer->is_new = peer->first_seen > k->kept.began + NEWS_AFTER_S &&
			       k->now - peer->first_seen < NEWS_FOR_S;
		return true;
	}
	return false;
}

/* Whether the place is one of those that known_peers_add() makes in that share. */
static bool is_sound(const struct peer_place *place, unsigned share, bool is_used)
{
	const struct known_peer *p = &place->peer;

	if (!is_used)
		return p->first_seen == 0;
	return (p->protocol == IPPROTO_TCP || p->protocol == IPPROTO_UDP) &&
	       p->direction <= FLOW_UNKNOWN && share_of(p->direction) == share &&
	       p->first_seen <= p->last_seen;
}

/* Checks the places of a share and links them. A bool of a foreign block may have any
 * value, so all of these are written before they are read. */
static bool take_share(struct known_peers *k, unsigned share)
{
	const struct share *s = &shares[share];
	const uint32_t used = k->kept.used[share];

	if (used > s->places)
		return false;
	for (uint32_t i = 0; i < s->places; i++) {
		struct peer_place *place = &k->kept.places[s->first + i];
		if (!is_sound(place, share, i < used))
			return false;
		place->is_pending = place->peer.is_new = false;
		place->is_proven = i < used && i < s->proven;
		place->peer.containers = 0;
		place->touched = 0;
		place->number = i < used ? ++k->numbers : 0;
		if (i < used)
			link_place(k, s->first + i);
	}
	return true;
}

/* Who is proven follows from the standing. */
static void prove_share(struct known_peers *k, unsigned share)
{
	const uint32_t first = shares[share].first, end = first + k->kept.used[share];

	for (uint32_t i = first + shares[share].proven; i < end; i++)
		promote(k, share, i);
}

bool known_peers_restore(struct known_peers *k, const void *block, size_t bytes)
{
	const uint64_t seed = k->seed;

	known_peers_init(k, seed);
	if (bytes == sizeof(k->kept)) {
		memcpy(&k->kept, block, sizeof(k->kept));
		if (k->kept.layout == PEERS_LAYOUT && take_share(k, CHOSEN) &&
		    take_share(k, CLIENTS)) {
			prove_share(k, CHOSEN);
			prove_share(k, CLIENTS);
			return true;
		}
	}
	known_peers_init(k, seed);
	return false;
}
