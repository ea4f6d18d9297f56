/* SPDX-License-Identifier: Apache-2.0 */
/* test_crowd.c - whoever comes with fewer connections than others gets a place,
 * whatever the others do. */
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <string.h>

#include "../support/testing.h"
#include "http/crowd.h"

#define PLACES 32
#define SPARE  4
#define ALL    (PLACES + SPARE)

static struct crowd_origin at_ip(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return crowd_origin_of((struct sockaddr *)&in);
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return crowd_origin_of((struct sockaddr *)&in6);
}

static void assert_same_host(const char *a, const char *b, bool same, bool near)
{
	assert_int_equal(at_ip(a).host == at_ip(b).host, same);
	assert_int_equal(at_ip(a).network == at_ip(b).network, near);
}

CASE(hosts_and_networks_are_told_apart)
{
	assert_same_host("10.1.2.3", "10.1.2.3", true, true);
	assert_same_host("10.1.2.3", "10.1.2.4", false, true);
	assert_same_host("10.1.2.3", "10.1.3.3", false, false);
	assert_same_host("::ffff:10.1.2.3", "10.1.2.3", true, true);
	assert_same_host("fd00:1:2:3::1", "fd00:1:2:3:ffff::2", true, true);
	assert_same_host("fd00:1:2:3::1", "fd00:1:2:4::1", false, true);
	assert_same_host("fd00:1:2:3::1", "fd00:1:3:3::1", false, false);
	/* Any program of the pod has all addresses of loopback. */
	assert_same_host("127.0.0.2", "127.1.2.3", true, true);
	assert_same_host("::ffff:127.0.0.9", "127.0.0.3", true, true);
	assert_same_host("127.0.0.1", "127.0.0.1", true, true);
	assert_same_host("127.0.0.1", "127.0.0.2", false, true);
	assert_same_host("127.0.0.1", "::1", false, false);
	assert_same_host("128.0.0.2", "128.0.0.3", false, true);
	char text[64];
	crowd_origin_print(at_ip("10.1.2.3"), text, sizeof(text));
	assert_string_equal(text, "10.1.2.3");
	crowd_origin_print(at_ip("fd00:1:2:3::7"), text, sizeof(text));
	assert_string_equal(text, "fd00:1:2:3::/64");
}

struct crowd {
	struct crowd_member members[ALL];
	double now;
	uint64_t random;
	unsigned host_max, reserve;
};

static uint32_t below(struct crowd *c, uint32_t bound)
{
	c->random = c->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(c->random >> 33) % bound;
}

static unsigned held(const struct crowd *c)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < ALL; i++)
		sum += c->members[i].stage > STAGE_ENDING;
	return sum;
}

static unsigned held_by(const struct crowd *c, struct crowd_origin who)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < ALL; i++)
		sum += c->members[i].stage > STAGE_ENDING &&
		       c->members[i].from.host == who.host;
	return sum;
}

static void check_counts(const struct crowd *c)
{
	for (unsigned i = 0; i < ALL; i++) {
		const struct crowd_member *m = &c->members[i];
		unsigned near = 0;

		if (m->stage <= STAGE_ENDING)
			continue;
		for (unsigned j = 0; j < ALL; j++)
			near += c->members[j].stage > STAGE_ENDING &&
				c->members[j].from.network == m->from.network;
		assert_int_equal(m->of_host, held_by(c, m->from));
		assert_int_equal(m->of_network, near);
	}
}

/* Closes those that were told to end, as the library does a turn later. */
static void close_ending(struct crowd *c)
{
	for (unsigned i = 0; i < ALL; i++)
		if (c->members[i].stage == STAGE_ENDING)
			crowd_enter(c->members, ALL, i, STAGE_FREE, c->now);
}

/* Returns the place it got, or -1. */
static int knock(struct crowd *c, struct crowd_origin who, struct crowd_member *lost)
{
	const struct crowd_limits limits = {PLACES, c->host_max, c->reserve};
	unsigned whom = ALL, at = 0;

	*lost = (struct crowd_member){0};
	switch (crowd_judge(c->members, ALL, &limits, who, c->now, &whom)) {
	case CROWD_ADMIT:
		break;
	case CROWD_REPLACE:
		assert_true(whom < ALL);
		*lost = c->members[whom];
		crowd_enter(c->members, ALL, whom, STAGE_ENDING, c->now);
		break;
	case CROWD_REFUSE_SHARE:
	case CROWD_REFUSE_FULL:
		return -1;
	}
	while (at < ALL && c->members[at].stage != STAGE_FREE)
		at++;
	assert_true(at < ALL);
	crowd_join(c->members, ALL, at, who, c->now);
	close_ending(c);
	return (int)at;
}

static struct crowd_origin attacker(struct crowd *c, unsigned hosts)
{
	uint64_t host = 0x0a000000 + below(c, hosts);

	return (struct crowd_origin){host, host >> 8};
}

/* Attackers knock, shake hands, ask and go as they like. */
static void rage(struct crowd *c, unsigned hosts, unsigned steps)
{
	struct crowd_member lost;

	for (unsigned i = 0; i < steps; i++) {
		unsigned at = below(c, ALL);
		bool theirs = c->members[at].stage > STAGE_ENDING &&
			      c->members[at].from.host >> 24 == 0x0a;

		c->now += below(c, 100) * 0.001;
		if (below(c, 3) > 0)
			knock(c, attacker(c, hosts), &lost);
		else if (theirs)
			crowd_enter(c->members, ALL, at,
				    (enum crowd_stage)(STAGE_FREE + below(c, 4) + 1) %
					(STAGE_REQUEST + 1),
				    c->now);
		close_ending(c);
		assert_true(held(c) <= PLACES);
	}
	check_counts(c);
}

/* An honest client has at most `own` connections, shakes hands and asks at once. Of few
 * hosts, nobody cuts it short meanwhile. */
static void honest_gets_in(unsigned hosts, unsigned own, bool few)
{
	struct crowd c = {
	    .now = 1000, .random = hosts * 1000 + own, .host_max = PLACES};
	const struct crowd_origin honest = {0xc0a80001, 0xc0a800};
	struct crowd_member lost;

	for (unsigned round = 0; round < 3000; round++) {
		rage(&c, hosts, 1 + below(&c, 60));
		unsigned mine = held_by(&c, honest);
		unsigned most = 0;
		struct crowd_origin whose = {0, 0};
		most = crowd_largest(c.members, ALL, &whose);
		int at = knock(&c, honest, &lost);
		/* Their requests may be on their way for a moment. */
		for (int tries = 0; at < 0 && tries < 3; tries++) {
			c.now += 0.5;
			at = knock(&c, honest, &lost);
		}
		if (mine < most || mine < own)
			assert_true(at >= 0);
		if (at < 0)
			continue;
		for (unsigned i = 0; few && i < 20; i++) {
			c.now += 0.01;
			knock(&c, attacker(&c, hosts), &lost);
			if (held_by(&c, honest) < most)
				assert_true(c.members[at].stage == STAGE_NEW);
		}
		crowd_enter(c.members, ALL, (unsigned)at, STAGE_REQUEST, c.now);
		knock(&c, attacker(&c, hosts), &lost);
		assert_int_equal(c.members[at].stage, STAGE_REQUEST);
		crowd_enter(c.members, ALL, (unsigned)at,
			    held_by(&c, honest) > own ? STAGE_FREE : STAGE_IDLE, c.now);
		check_counts(&c);
	}
}

CASE(an_honest_client_gets_in_whatever_few_do)
{
	honest_gets_in(1, 3, true);
	honest_gets_in(4, 3, true);
	honest_gets_in(8, 1, true);
}

CASE(an_honest_client_gets_in_whatever_many_do)
{
	honest_gets_in(1000, 1, false);
	honest_gets_in(100, 1, false);
}

CASE(what_waits_without_asking_goes_first)
{
	struct crowd c = {.now = 1000, .host_max = PLACES};
	struct crowd_origin quiet = at_ip("10.0.0.1"), busy = at_ip("10.0.1.1");
	struct crowd_member lost;

	for (unsigned i = 0; i < PLACES; i++) {
		int at = knock(&c, i % 2 ? quiet : busy, &lost);
		assert_int_equal(at, i);
		if (i % 2 == 0)
			crowd_enter(c.members, ALL, i, STAGE_IDLE, c.now);
		c.now += 0.001;
	}
	/* Both hold as much: who has not asked goes first, and the first of them. */
	assert_true(knock(&c, at_ip("10.0.2.1"), &lost) >= 0);
	assert_int_equal(lost.from.host, quiet.host);
	assert_true(lost.since == 1000.001);
	/* Who holds as much as the others can take none but of its own. */
	assert_true(knock(&c, quiet, &lost) >= 0);
	assert_int_equal(lost.from.host, busy.host);
	assert_int_equal(knock(&c, quiet, &lost), -1);
	c.now += 1;
	assert_int_equal(knock(&c, quiet, &lost), -1);
	c.now += 1;
	assert_true(knock(&c, quiet, &lost) >= 0);
	assert_int_equal(lost.from.host, quiet.host);
}

CASE(a_crowd_from_one_network_yields_to_one_from_another)
{
	struct crowd c = {.now = 1000, .host_max = PLACES};
	struct crowd_member lost;

	for (unsigned i = 0; i < PLACES - 1; i++)
		knock(&c, (struct crowd_origin){0x0a000000 + i, 0x0a0000}, &lost);
	knock(&c, at_ip("10.9.9.9"), &lost);
	assert_true(knock(&c, at_ip("10.0.2.1"), &lost) >= 0);
	assert_int_equal(lost.from.network, 0x0a0000);
}

CASE(one_host_has_a_limit_of_its_own)
{
	struct crowd c = {.now = 1000, .host_max = 8};
	struct crowd_origin many = at_ip("10.0.0.1"), one = at_ip("10.0.1.1");
	struct crowd_member lost;

	assert_true(knock(&c, one, &lost) >= 0);
	for (unsigned i = 0; i < 8; i++)
		assert_true(knock(&c, many, &lost) >= 0);
	assert_int_equal(knock(&c, many, &lost), -1);
	assert_int_equal(held_by(&c, many), 8);
	/* Places are left for others, and its own may be replaced when they are idle:
	 * those of others are not, however long they have waited. */
	assert_true(knock(&c, one, &lost) >= 0);
	c.now += 10;
	assert_true(knock(&c, many, &lost) >= 0);
	assert_int_equal(lost.from.host, many.host);
	assert_int_equal(held_by(&c, many), 8);
	assert_int_equal(held_by(&c, one), 2);
}

/* Requests in their first second are not cut: a crowd that renews them holds all
 * places. Hosts that hold few still get in. */
CASE(renewed_requests_keep_nobody_out)
{
	struct crowd c = {.now = 1000, .host_max = PLACES, .reserve = SPARE};
	struct crowd_member lost;

	for (unsigned i = 0; i < PLACES; i++) {
		int at = knock(&c, (struct crowd_origin){0x0a000000 + i % 4, 0}, &lost);
		assert_true(at >= 0);
		crowd_enter(c.members, ALL, (unsigned)at, STAGE_REQUEST, c.now);
	}
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(
		    knock(&c, (struct crowd_origin){0x0a000000 + i, 0}, &lost), -1);
	for (unsigned i = 0; i < SPARE; i++) {
		int at = knock(&c, (struct crowd_origin){0xc0a80000 + i, 0}, &lost);
		assert_true(at >= 0);
		assert_int_equal(lost.stage, STAGE_FREE);
		crowd_enter(c.members, ALL, (unsigned)at, STAGE_REQUEST, c.now);
	}
	assert_int_equal(held(&c), PLACES + SPARE);
	assert_int_equal(knock(&c, at_ip("192.168.9.9"), &lost), -1);
	/* The reserve is free again as soon as one of them is answered. */
	crowd_enter(c.members, ALL, PLACES, STAGE_FREE, c.now);
	assert_true(knock(&c, at_ip("192.168.9.9"), &lost) >= 0);
}

/* Who has just come is not cut for a host of a crowd that happens to hold nothing. */
CASE(an_arriving_client_is_kept_while_there_is_reserve)
{
	struct crowd c = {.now = 1000, .host_max = PLACES, .reserve = SPARE};
	struct crowd_origin honest = at_ip("192.168.9.9");
	struct crowd_member lost;

	for (unsigned i = 0; i < PLACES - 1; i++) {
		int at = knock(&c, at_ip("10.0.0.1"), &lost);
		crowd_enter(c.members, ALL, (unsigned)at, STAGE_REQUEST, c.now);
	}
	assert_true(knock(&c, honest, &lost) >= 0);
	for (unsigned i = 0; i < SPARE; i++) {
		assert_true(
		    knock(&c, (struct crowd_origin){0x0a000100 + i, 1}, &lost) >= 0);
		assert_int_equal(held_by(&c, honest), 1);
	}
}

CASE(the_reserve_is_no_way_round_a_limit_of_its_own)
{
	struct crowd c = {.now = 1000, .host_max = 1, .reserve = SPARE};
	struct crowd_member lost;
	int at = knock(&c, at_ip("10.0.0.1"), &lost);

	crowd_enter(c.members, ALL, (unsigned)at, STAGE_REQUEST, c.now);
	assert_int_equal(knock(&c, at_ip("10.0.0.1"), &lost), -1);
}

/* The newest of a host goes before those of its own that are stuck. */
CASE(a_host_may_trade_its_own_slow_requests)
{
	struct crowd c = {.now = 1000, .host_max = 2};
	struct crowd_origin host = at_ip("10.0.0.1");
	struct crowd_member lost;

	for (unsigned i = 0; i < 2; i++)
		crowd_enter(c.members, ALL, (unsigned)knock(&c, host, &lost),
			    STAGE_REQUEST, c.now += 0.1);
	assert_int_equal(knock(&c, host, &lost), -1);
	c.now += CROWD_ASKS_S;
	assert_true(knock(&c, host, &lost) >= 0);
	assert_int_equal(lost.stage, STAGE_REQUEST);
	assert_true(lost.since == 1000.1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hosts_and_networks_are_told_apart),
	    cmocka_unit_test(an_honest_client_gets_in_whatever_few_do),
	    cmocka_unit_test(an_honest_client_gets_in_whatever_many_do),
	    cmocka_unit_test(what_waits_without_asking_goes_first),
	    cmocka_unit_test(a_crowd_from_one_network_yields_to_one_from_another),
	    cmocka_unit_test(one_host_has_a_limit_of_its_own),
	    cmocka_unit_test(renewed_requests_keep_nobody_out),
	    cmocka_unit_test(an_arriving_client_is_kept_while_there_is_reserve),
	    cmocka_unit_test(the_reserve_is_no_way_round_a_limit_of_its_own),
	    cmocka_unit_test(a_host_may_trade_its_own_slow_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
