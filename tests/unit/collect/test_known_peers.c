/* SPDX-License-Identifier: Apache-2.0 */
/* Known peers: which are kept, whatever arrives; how they are listed, joined to
 * networks, and kept across a restart. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/testing.h"
#include "collect/sockets/known_peers.h"

#define NOON 1700049600.0

static struct known_peers *peers_new(void)
{
	struct known_peers *k = malloc(sizeof(*k));

	assert_non_null(k);
	known_peers_init(k, 7);
	return k;
}

static struct flow to(const char *address, uint16_t port, uint64_t tx_bytes)
{
	struct flow f = {.port = port,
			 .protocol = IPPROTO_TCP,
			 .direction = FLOW_OPENED,
			 .container = 1,
			 .tx_bytes = tx_bytes,
			 .begun = 1};
	struct in_addr v4;

	if (inet_pton(AF_INET, address, &v4) == 1) {
		f.address.s6_addr[10] = f.address.s6_addr[11] = 0xff;
		memcpy(&f.address.s6_addr[12], &v4, sizeof(v4));
	} else {
		assert_int_equal(inet_pton(AF_INET6, address, &f.address), 1);
	}
	return f;
}

/* One of 2^24 hosts. */
static struct flow to_host(unsigned host, uint64_t tx_bytes)
{
	struct flow f = to("11.0.0.0", 443, tx_bytes);

	f.address.s6_addr[13] = (uint8_t)(host >> 16);
	f.address.s6_addr[14] = (uint8_t)(host >> 8);
	f.address.s6_addr[15] = (uint8_t)host;
	return f;
}

static void add(struct known_peers *k, struct flow f)
{
	known_peers_add(k, &f);
}

/* The peer of that flow, all zero when it is not known. */
static struct known_peer known(const struct known_peers *k, struct flow like)
{
	uint32_t numbers[PEERS_KNOWN_MAX];
	size_t count = known_peers_list(k, numbers);
	struct known_peer p;

	for (size_t i = 0; i < count; i++) {
		assert_true(known_peers_get(k, numbers[i], &p));
		if (IN6_ARE_ADDR_EQUAL(&p.address, &like.address) &&
		    p.port == like.port && p.protocol == like.protocol &&
		    p.direction == like.direction)
			return p;
	}
	return (struct known_peer){0};
}

static size_t count_of(const struct known_peers *k)
{
	uint32_t numbers[PEERS_KNOWN_MAX];

	return known_peers_list(k, numbers);
}

CASE(a_peer_has_the_sum_of_its_traffic_and_its_times)
{
	struct known_peers *k = peers_new();
	struct flow f = to("192.0.2.1", 443, 1000);

	f.rx_bytes = 30;
	add(k, f);
	known_peers_commit(k, NOON);
	f.begun = 0;
	f.container = 3;
	add(k, f);
	known_peers_commit(k, NOON + 70);
	const struct known_peer p = known(k, f);
	assert_int_equal(p.tx_bytes, 2000);
	assert_int_equal(p.rx_bytes, 60);
	assert_int_equal(p.connections, 1);
	assert_int_equal(p.first_seen, NOON);
	assert_int_equal(p.last_seen, NOON + 70);
	assert_int_equal(p.minutes, 2);
	assert_int_equal(p.containers, 1u << 1 | 1u << 3);
	free(k);
}

CASE(port_protocol_and_direction_tell_peers_apart)
{
	struct known_peers *k = peers_new();
	struct flow f = to("192.0.2.1", 443, 1);

	add(k, f);
	f.port = 80;
	add(k, f);
	f.protocol = IPPROTO_UDP;
	add(k, f);
	f.direction = FLOW_ACCEPTED;
	add(k, f);
	known_peers_commit(k, NOON);
	assert_int_equal(count_of(k), 4);
	free(k);
}

CASE(the_list_has_most_bytes_first)
{
	struct known_peers *k = peers_new();
	uint32_t numbers[PEERS_KNOWN_MAX];
	struct known_peer p;
	uint64_t before = UINT64_MAX;

	for (unsigned host = 0; host < 100; host++)
		add(k, to_host(host, host * 37 % 101));
	known_peers_commit(k, NOON);
	assert_int_equal(known_peers_list(k, numbers), 100);
	for (unsigned i = 0; i < 100; i++) {
		assert_true(known_peers_get(k, numbers[i], &p));
		assert_true(p.tx_bytes <= before);
		before = p.tx_bytes;
	}
	assert_false(known_peers_get(k, 1000, &p));
	free(k);
}

CASE(what_comes_before_the_clock_is_known_gets_the_time_of_the_next_scan)
{
	struct known_peers *k = peers_new();

	add(k, to_host(1, 5));
	known_peers_commit(k, 0);
	assert_int_equal(count_of(k), 0);
	known_peers_commit(k, NOON);
	assert_int_equal(known(k, to_host(1, 0)).first_seen, NOON);
	free(k);
}

/* Uses the peers of a quiet pod in two minutes: DNS, which has no bytes, and a metrics
 * endpoint with few. */
static struct flow use_quietly(struct known_peers *k, double time)
{
	struct flow dns = to("10.96.0.10", 53, 0);

	dns.protocol = IPPROTO_UDP;
	for (int minute = 0; minute < 2; minute++) {
		add(k, dns);
		add(k, to("10.1.2.3", 9090, 200));
		known_peers_commit(k, time + 60 * minute);
	}
	return dns;
}

CASE(a_flood_of_one_packet_addresses_displaces_no_peer_in_use)
{
	struct known_peers *k = peers_new();

	/* The table is full of such addresses before the pod's peers come. */
	for (unsigned host = 0; host < 1000; host++)
		add(k, to_host(host, 60));
	const struct flow dns = use_quietly(k, NOON);
	for (unsigned host = 1000; host < 300000; host++) {
		add(k, to_host(host, 60));
		if (host % 500 == 0)
			known_peers_commit(k, NOON + 200 + host / 500.0 * 10);
	}
	known_peers_commit(k, NOON + 8000);
	assert_int_equal(known(k, dns).minutes, 2);
	assert_int_equal(known(k, to("10.1.2.3", 9090, 0)).tx_bytes, 400);
	assert_int_equal(count_of(k), PEERS_CHOSEN);
	assert_int_equal(k->displaced, 300002 - PEERS_CHOSEN);
	free(k);
}

CASE(a_theft_within_a_flood_gets_its_place)
{
	struct known_peers *k = peers_new();

	for (unsigned host = 0; host < 5000; host++)
		add(k, to_host(host, 60));
	known_peers_commit(k, NOON);
	add(k, to("192.0.2.66", 443, 100000));
	for (unsigned host = 5000; host < 20000; host++)
		add(k, to_host(host, 60));
	known_peers_commit(k, NOON + 10);
	for (unsigned host = 20000; host < 40000; host++)
		add(k, to_host(host, 60));
	known_peers_commit(k, NOON + 20);
	assert_int_equal(known(k, to("192.0.2.66", 443, 0)).tx_bytes, 100000);
	free(k);
}

CASE(among_peers_in_use_a_new_one_that_is_used_more_becomes_proven)
{
	struct known_peers *k = peers_new();
	const struct flow late = to("192.0.2.77", 443, 10);

	for (int minute = 0; minute < 5; minute++) {
		for (unsigned host = 0; host < PEERS_CHOSEN; host++)
			add(k, to_host(host, 100));
		known_peers_commit(k, NOON + 60 * minute);
	}
	for (int minute = 5; minute < 20; minute++) {
		add(k, late);
		known_peers_commit(k, NOON + 60 * minute);
	}
	for (unsigned host = 1000; host < 9000; host++)
		add(k, to_host(host, 60));
	known_peers_commit(k, NOON + 1300);
	assert_int_equal(known(k, late).minutes, 15);
	free(k);
}

CASE(clients_displace_no_destination_and_destinations_no_client)
{
	struct known_peers *k = peers_new();

	add(k, to("192.0.2.1", 443, 1));
	for (unsigned host = 0; host < 5000; host++) {
		struct flow client = to_host(host, 1 << 20);
		client.direction = FLOW_ACCEPTED;
		add(k, client);
	}
	known_peers_commit(k, NOON);
	assert_int_equal(known(k, to("192.0.2.1", 443, 0)).tx_bytes, 1);
	assert_int_equal(count_of(k), 1 + PEERS_CLIENTS);
	free(k);
}

CASE(a_place_that_was_not_used_for_months_goes_to_others)
{
	struct known_peers *k = peers_new();
	const double later = NOON + 200 * 86400.0;

	for (unsigned host = 0; host < PEERS_CHOSEN; host++)
		add(k, to_host(host, 1 << 24));
	known_peers_commit(k, NOON);
	known_peers_commit(k, later - 60);
	for (int minute = 0; minute < 3; minute++) {
		for (unsigned host = 1000; host < 1100; host++)
			add(k, to_host(host, 10));
		known_peers_commit(k, later + 60 * minute);
	}
	unsigned kept = 0;
	for (unsigned host = 1000; host < 1100; host++)
		kept += known(k, to_host(host, 0)).minutes > 0;
	assert_true(kept >= 90); /* the candidates alone are 32 */
	free(k);
}

CASE(new_is_what_came_in_the_last_day_but_not_in_the_first_hour)
{
	struct known_peers *k = peers_new();

	add(k, to_host(1, 1));
	known_peers_commit(k, NOON);
	add(k, to_host(2, 1));
	known_peers_commit(k, NOON + 3600);
	add(k, to_host(3, 1));
	known_peers_commit(k, NOON + 3700);
	assert_false(known(k, to_host(1, 0)).is_new);
	assert_false(known(k, to_host(2, 0)).is_new);
	assert_true(known(k, to_host(3, 0)).is_new);
	known_peers_commit(k, NOON + 3700 + 86399);
	assert_true(known(k, to_host(3, 0)).is_new);
	known_peers_commit(k, NOON + 3700 + 86400);
	assert_false(known(k, to_host(3, 0)).is_new);
	free(k);
}

static void say(const struct peer_prefix *p, char *text, size_t size)
{
	char address[INET6_ADDRSTRLEN];

	inet_ntop(p->family, p->address, address, sizeof(address));
	snprintf(text, size, "%s/%u %u %s %u %u", address, p->length, p->port,
		 p->protocol == IPPROTO_TCP ? "tcp" : "udp", (unsigned)p->bytes,
		 (unsigned)p->connections);
}

CASE(networks_join_neighbours_and_leave_out_clients)
{
	static const char *const expected[] = {
	    "10.96.0.10/32 53 udp 0 1",       "192.0.2.0/24 443 tcp 60 3",
	    "2001:db8:0:1::/64 443 tcp 30 2", "203.0.113.7/32 22 tcp 20 1",
	    "198.51.100.1/32 80 tcp 9 1",     "198.51.100.2/32 80 tcp 8 1",
	    "192.0.2.1/32 80 tcp 1 1"};
	struct known_peers *k = peers_new();
	struct peer_prefix out[PEER_PREFIXES_MAX];
	struct flow client = to("198.51.100.9", 8080, 1 << 20);
	struct flow dns = use_quietly(k, NOON);
	char text[96];

	known_peers_init(k, 7);
	dns.tx_bytes = 0;
	add(k, dns);
	known_peers_commit(k, NOON);
	dns.begun = 0;
	add(k, dns);
	known_peers_commit(k, NOON + 60 * 30);
	add(k, dns);
	known_peers_commit(k, NOON + 60 * 31);
	add(k, dns);
	client.direction = FLOW_ACCEPTED;
	add(k, client);
	add(k, to("192.0.2.1", 443, 10));
	add(k, to("192.0.2.2", 443, 20));
	add(k, to("192.0.2.3", 443, 30));
	add(k, to("192.0.2.1", 80, 1));
	add(k, to("2001:db8:0:1::5", 443, 10));
	add(k, to("2001:db8:0:1:ffff::6", 443, 20));
	add(k, to("203.0.113.7", 22, 20));
	add(k, to("198.51.100.1", 80, 9));
	add(k, to("198.51.100.2", 80, 8));
	known_peers_commit(k, NOON + 60 * 32);
	const size_t count = known_peers_prefixes(k, out, PEER_PREFIXES_MAX);
	assert_int_equal(count, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < count; i++) {
		say(&out[i], text, sizeof(text));
		assert_string_equal(text, expected[i]);
	}
	assert_int_equal(known_peers_prefixes(k, out, 2), 2);
	free(k);
}

CASE(more_networks_than_asked_for_are_the_most_used_ones)
{
	struct known_peers *k = peers_new();
	struct peer_prefix out[PEER_PREFIXES_MAX];

	for (unsigned host = 0; host < 150; host++)
		add(k, to_host(host << 8 | 1, 1 + host * 37 % 151));
	known_peers_commit(k, NOON);
	assert_int_equal(known_peers_prefixes(k, out, PEER_PREFIXES_MAX),
			 PEER_PREFIXES_MAX);
	for (size_t i = 0; i < PEER_PREFIXES_MAX; i++)
		assert_true(out[i].bytes > 150 - PEER_PREFIXES_MAX);
	free(k);
}

CASE(after_a_restart_it_goes_on_without_the_containers)
{
	struct known_peers *k = peers_new(), *next = peers_new();
	struct flow f = to("192.0.2.1", 443, 1000);

	for (unsigned host = 0; host < 1000; host++)
		add(k, to_host(host, 60));
	add(k, f);
	known_peers_commit(k, NOON);
	next->seed = 99;
	assert_true(known_peers_restore(next, &k->kept, sizeof(k->kept)));
	assert_int_equal(count_of(next), PEERS_CHOSEN);
	assert_int_equal(known(next, f).tx_bytes, 1000);
	assert_int_equal(known(next, f).containers, 0);
	add(next, f);
	add(next, to("192.0.2.9", 443, 1));
	known_peers_commit(next, NOON + 7200);
	assert_int_equal(known(next, f).tx_bytes, 2000);
	assert_int_equal(known(next, f).first_seen, NOON);
	assert_true(known(next, to("192.0.2.9", 443, 0)).is_new);
	for (unsigned host = 2000; host < 9000; host++)
		add(next, to_host(host, 60));
	known_peers_commit(next, NOON + 7210);
	assert_int_equal(known(next, f).tx_bytes, 2000);
	free(next);
	free(k);
}

/* Whether a block with that change is refused, and leaves no peer known. */
static bool refused(const struct peers_kept *sound, size_t at, uint8_t value)
{
	struct known_peers *k = peers_new();
	struct peers_kept *block = malloc(sizeof(*block));

	*block = *sound;
	((uint8_t *)block)[at] = value;
	const bool taken = known_peers_restore(k, block, sizeof(*block));
	assert_true(taken || count_of(k) == 0);
	/* It goes on, whatever it was given. */
	for (unsigned host = 0; host < 600; host++)
		add(k, to_host(host, 60));
	known_peers_commit(k, NOON + 10);
	free(block);
	free(k);
	return !taken;
}

CASE(a_block_that_cannot_be_is_refused)
{
	struct known_peers *k = peers_new();
	const size_t place = offsetof(struct peers_kept, places[0].peer);

	for (unsigned host = 0; host < 20; host++)
		add(k, to_host(host, 60));
	known_peers_commit(k, NOON);
	const struct peers_kept *sound = &k->kept;
	assert_true(refused(sound, offsetof(struct peers_kept, layout), 9));
	assert_true(refused(sound, offsetof(struct peers_kept, used[0]) + 1, 9));
	assert_true(refused(sound, offsetof(struct peers_kept, used[1]), 200));
	assert_true(refused(sound, place + offsetof(struct known_peer, protocol), 1));
	assert_true(refused(sound, place + offsetof(struct known_peer, direction), 1));
	assert_true(refused(sound, place + offsetof(struct known_peer, direction), 7));
	assert_true(
	    refused(sound, place + offsetof(struct known_peer, first_seen) + 3, 0xff));
	assert_false(
	    refused(sound, place + offsetof(struct known_peer, tx_bytes) + 7, 0xff));
	assert_false(known_peers_restore(k, NULL, 0));
	free(k);
}

CASE(no_byte_of_a_block_is_trusted)
{
	struct known_peers *k = peers_new();

	for (unsigned host = 0; host < 600; host++) {
		struct flow f = to_host(host, 60);
		f.direction = host % 3 == 0 ? FLOW_ACCEPTED : FLOW_OPENED;
		add(k, f);
	}
	known_peers_commit(k, NOON);
	for (size_t at = 0; at < 16 + 3 * sizeof(struct peer_place); at++)
		refused(&k->kept, at, 0xff);
	free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_peer_has_the_sum_of_its_traffic_and_its_times),
	    cmocka_unit_test(port_protocol_and_direction_tell_peers_apart),
	    cmocka_unit_test(the_list_has_most_bytes_first),
	    cmocka_unit_test(
		what_comes_before_the_clock_is_known_gets_the_time_of_the_next_scan),
	    cmocka_unit_test(a_flood_of_one_packet_addresses_displaces_no_peer_in_use),
	    cmocka_unit_test(a_theft_within_a_flood_gets_its_place),
	    cmocka_unit_test(
		among_peers_in_use_a_new_one_that_is_used_more_becomes_proven),
	    cmocka_unit_test(
		clients_displace_no_destination_and_destinations_no_client),
	    cmocka_unit_test(a_place_that_was_not_used_for_months_goes_to_others),
	    cmocka_unit_test(
		new_is_what_came_in_the_last_day_but_not_in_the_first_hour),
	    cmocka_unit_test(networks_join_neighbours_and_leave_out_clients),
	    cmocka_unit_test(more_networks_than_asked_for_are_the_most_used_ones),
	    cmocka_unit_test(after_a_restart_it_goes_on_without_the_containers),
	    cmocka_unit_test(a_block_that_cannot_be_is_refused),
	    cmocka_unit_test(no_byte_of_a_block_is_trusted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
