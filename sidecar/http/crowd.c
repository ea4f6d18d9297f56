/* SPDX-License-Identifier: Apache-2.0 */
/* crowd.c - decides which connection yields when all places are taken. */
#include "crowd.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* A host that holds at least one in so many of all places is large. */
#define SHARE 8

/* A host that holds less than one in so many of all places may use the reserve. */
#define SMALL 16

static uint64_t leading_bytes(const uint8_t *bytes, unsigned count)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

static struct crowd_origin origin_of_ipv4(uint64_t address)
{
	if (address >> 24 == IN_LOOPBACKNET && address != INADDR_LOOPBACK)
		address = (uint64_t)IN_LOOPBACKNET << 24;
	return (struct crowd_origin){address, address >> 8};
}

struct crowd_origin crowd_origin_of(const struct sockaddr *from)
{
	struct sockaddr_in6 in6;
	const uint8_t *bytes = in6.sin6_addr.s6_addr;

	if (from->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof(in));
		return origin_of_ipv4(ntohl(in.sin_addr.s_addr));
	}
	if (from->sa_family != AF_INET6)
		return (struct crowd_origin){0, 0};
	memcpy(&in6, from, sizeof(in6));
	if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
		return origin_of_ipv4(leading_bytes(bytes + 12, 4));
	return (struct crowd_origin){leading_bytes(bytes, 8), leading_bytes(bytes, 6)};
}

/* A host of at most 32 bits is an IPv4 address: no /64 of the IPv6 Internet or of
 * private networks begins with 32 zero bits. */
void crowd_origin_print(struct crowd_origin origin, char *text, size_t size)
{
	uint64_t h = origin.host;

	if (h <= UINT32_MAX)
		snprintf(text, size, "%u.%u.%u.%u", (unsigned)(h >> 24 & 255),
			 (unsigned)(h >> 16 & 255), (unsigned)(h >> 8 & 255),
			 (unsigned)(h & 255));
	else
		snprintf(text, size, "%x:%x:%x:%x::/64", (unsigned)(h >> 48 & 0xffff),
			 (unsigned)(h >> 32 & 0xffff), (unsigned)(h >> 16 & 0xffff),
			 (unsigned)(h & 0xffff));
}

static bool holds(const struct crowd_member *m)
{
	return m->stage > STAGE_ENDING;
}

/* Adds `by` to the counts of all held places of the same host and the same network, and
 * updates the counts of the place at `at`. */
static void count_alike(struct crowd_member *members, unsigned count, unsigned at,
			int by)
{
	struct crowd_member *one = &members[at];

	for (unsigned i = 0; i < count; i++) {
		struct crowd_member *m = &members[i];

		if (i == at || !holds(m))
			continue;
		if (m->from.host == one->from.host) {
			m->of_host += (unsigned)by;
			one->of_host = m->of_host;
		}
		if (m->from.network == one->from.network) {
			m->of_network += (unsigned)by;
			one->of_network = m->of_network;
		}
	}
}

void crowd_join(struct crowd_member *members, unsigned count, unsigned at,
		struct crowd_origin from, double now)
{
	members[at] = (struct crowd_member){STAGE_NEW, now, from, 1, 1};
	count_alike(members, count, at, 1);
}

void crowd_enter(struct crowd_member *members, unsigned count, unsigned at,
		 enum crowd_stage stage, double now)
{
	bool held = holds(&members[at]);

	members[at].stage = stage;
	members[at].since = now;
	if (held && !holds(&members[at]))
		count_alike(members, count, at, -1);
}

/* The order in which a host's connections yield. RANK_LATE yields before those of all
 * hosts. */
enum rank { RANK_LATE, RANK_ARRIVING, RANK_IDLE, RANK_SLOW, RANK_SPARED };

static enum rank rank_of(const struct crowd_member *m, double now)
{
	double age = now - m->since;

	switch (m->stage) {
	case STAGE_NEW:
		return age >= CROWD_ARRIVES_S ? RANK_LATE : RANK_ARRIVING;
	case STAGE_IDLE:
		return RANK_IDLE;
	case STAGE_REQUEST:
		return age >= CROWD_ASKS_S ? RANK_SLOW : RANK_SPARED;
	case STAGE_FREE:
	case STAGE_ENDING:
		break;
	}
	return RANK_SPARED;
}

static bool is_small(unsigned of_host, unsigned max)
{
	return of_host * SMALL < max;
}

static bool is_large(unsigned of_host, unsigned max)
{
	return of_host * SHARE >= max;
}

/* A newcomer, and the number of places that its host holds. */
struct newcomer {
	struct crowd_origin from;
	unsigned of_host;
	bool large;    /* its host is large, or holds the maximum of one host */
	bool at_limit; /* its host holds the maximum of one host */
	double now;
};

/* Whether the newcomer may take this place. Connections of a large host can trade with
 * each other, but slowly, because each admission costs a handshake. */
static bool may_have(const struct newcomer *n, const struct crowd_member *m)
{
	enum rank rank = rank_of(m, n->now);

	if (rank == RANK_SPARED || (n->at_limit && m->from.host != n->from.host))
		return false;
	if (m->of_host > n->of_host)
		return true;
	if (rank == RANK_LATE)
		return !n->large || n->now - m->since >= CROWD_TRADES_S;
	return m->from.host == n->from.host && (rank == RANK_IDLE || rank == RANK_SLOW);
}

/* Whether the place's request may be on its way, and its host holds no more than the
 * newcomer's would: then the newcomer rather uses the reserve. */
static bool is_equal(const struct newcomer *n, const struct crowd_member *m)
{
	return rank_of(m, n->now) == RANK_ARRIVING && m->of_host <= n->of_host + 1;
}

/* Whether `a` yields before `b`. */
static bool yields_before(const struct crowd_member *a, const struct crowd_member *b,
			  double now)
{
	enum rank of_a = rank_of(a, now), of_b = rank_of(b, now);

	if ((of_a == RANK_LATE) != (of_b == RANK_LATE))
		return of_a == RANK_LATE;
	if (a->of_host != b->of_host)
		return a->of_host > b->of_host;
	if (a->of_network != b->of_network)
		return a->of_network > b->of_network;
	if (of_a != of_b)
		return of_a < of_b;
	return a->since < b->since;
}

enum crowd_judgement crowd_judge(const struct crowd_member *members, unsigned count,
				 const struct crowd_limits *limits,
				 struct crowd_origin newcomer, double now,
				 unsigned *whom)
{
	const struct crowd_member *best = NULL;
	struct newcomer n = {.from = newcomer, .now = now};
	unsigned held = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct crowd_member *m = &members[i];

		held += holds(m);
		n.of_host += holds(m) && m->from.host == newcomer.host;
	}
	n.at_limit = n.of_host >= limits->host_max;
	if (held < limits->max && !n.at_limit)
		return CROWD_ADMIT;
	n.large = n.at_limit || is_large(n.of_host, limits->max);
	for (unsigned i = 0; i < count; i++) {
		const struct crowd_member *m = &members[i];

		if (may_have(&n, m) && (!best || yields_before(m, best, now)))
			best = m;
	}
	if (held < limits->max + limits->reserve && !n.at_limit &&
	    is_small(n.of_host, limits->max) && (!best || is_equal(&n, best)))
		return CROWD_ADMIT;
	if (!best)
		return n.large ? CROWD_REFUSE_SHARE : CROWD_REFUSE_FULL;
	*whom = (unsigned)(best - members);
	return CROWD_REPLACE;
}

unsigned crowd_largest(const struct crowd_member *members, unsigned count,
		       struct crowd_origin *whose)
{
	unsigned most = 0;

	for (unsigned i = 0; i < count; i++)
		if (holds(&members[i]) && members[i].of_host > most) {
			most = members[i].of_host;
			*whose = members[i].from;
		}
	return most;
}
