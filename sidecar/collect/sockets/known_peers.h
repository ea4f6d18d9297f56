/* SPDX-License-Identifier: Apache-2.0 */
/* known_peers.h - the remote ends that the pod is known to exchange traffic with, in
 * fixed memory, across restarts. Pure.
 *
 * A peer is an address with port, protocol and direction. Peers that the pod chose and
 * clients that chose the pod have places of their own, so that no crowd of clients
 * displaces a destination.
 *
 * Most places are for proven peers, the rest is for candidates. A new peer takes a free
 * place, else that of the candidate with the least standing. A candidate becomes proven
 * when its standing exceeds that of a proven peer, which becomes a candidate instead.
 * So a flood of addresses that are used once only displaces other candidates, however
 * long it lasts, while a new peer that is used again and again, or with many bytes,
 * gets a lasting place. (The idea is that of segmented LRU: Karedla, Love, Wherry,
 * "Caching strategies to improve disk system performance", 1994.)
 *
 * Standing: the minutes in which a peer was used, and one for each 16 KiB sent or 256
 * KiB received; halved for each week without use.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_KNOWN_PEERS_H
#define DORMOUSE_COLLECT_SOCKETS_KNOWN_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dormouse/collect.h"

#define PEERS_CHOSEN  208 /* places for peers that the pod chose; the rest: clients */
#define PEERS_CLIENTS (PEERS_KNOWN_MAX - PEERS_CHOSEN)

struct peer_place {
	struct known_peer peer;
	uint32_t number;  /* of the peer, never given to another */
	uint32_t touched; /* when it last moved, in additions */
	uint32_t next;    /* in its bucket */
	bool is_proven;
	bool is_pending; /* it moved since the last commit */
};

/* The block that is kept in the state file as it is. */
struct peers_kept {
	uint32_t layout; /* PEERS_LAYOUT; change it with these structs */
	uint32_t began;  /* Unix seconds of the first commit; 0: none yet */
	uint32_t used[2];
	struct peer_place places[PEERS_KNOWN_MAX];
};
_Static_assert(sizeof(struct peers_kept) <= PEERS_BYTES_MAX, "within the budget");

struct known_peers {
	struct peers_kept kept;
	uint64_t seed;
	uint32_t heads[PEERS_KNOWN_MAX]; /* of the buckets */
	uint32_t numbers;                /* given so far */
	uint32_t touches;                /* additions so far */
	uint32_t now;                    /* of the last commit */
	uint64_t displaced;
};

void known_peers_init(struct known_peers *k, uint64_t seed);

/* Adds traffic. It has the time of the next commit. `connections` is ignored, `begun`
 * counts. */
void known_peers_add(struct known_peers *k, const struct flow *moved);

/* Dates the traffic added since the last commit: `time` in Unix seconds, not before the
 * last one; at 0 it waits for the next commit. Candidates become proven here. */
void known_peers_commit(struct known_peers *k, double time);

/* As collector_peers(), collector_peer() and collector_peer_prefixes(). */
size_t known_peers_list(const struct known_peers *k, uint32_t numbers[PEERS_KNOWN_MAX]);
bool known_peers_get(const struct known_peers *k, uint32_t number,
		     struct known_peer *peer);
size_t known_peers_prefixes(const struct known_peers *k, struct peer_prefix *out,
			    size_t max);

/* Continues with a block that was kept. Returns false, and nothing is known yet, if it
 * has another layout or length, or values that known_peers_add() cannot make. The
 * containers of an earlier run are not known. */
bool known_peers_restore(struct known_peers *k, const void *block, size_t bytes);

#endif
