/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts of connections, with sockets made up: what a test with real ones cannot
 * bring about at will. */
#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/testing.h"
#include "collect/sockets/accounting.h"

static const struct collect_options small = {.max_sockets = 16, .max_destinations = 64};

static unsigned refreshes;

static void refresh(void *context)
{
	(void)context;
	refreshes++;
}

static struct socket_accounting *fresh(void)
{
	struct error err;
	struct socket_accounting *l = malloc(sizeof(*l));
	assert_int_equal(accounting_init(l, &small, 1, &err), 0);
	l->refresh_listeners = refresh;
	refreshes = 0;
	return l;
}

static void finish(struct socket_accounting *l)
{
	accounting_release(l);
	free(l);
}

static struct diag_socket a_socket(uint64_t cookie, const char *remote,
				   uint64_t tx_bytes)
{
	struct diag_socket s = {.cookie = cookie,
				.cgroup_id = 100,
				.tx_bytes = tx_bytes,
				.tx_segments = (uint32_t)(tx_bytes / 100),
				.local_port = 40000,
				.remote_port = 443,
				.state = STATE_ESTABLISHED,
				.opener = DIAG_OPENER_HERE,
				.has_counters = true};
	inet_pton(AF_INET6, "fd00::1", &s.local);
	inet_pton(AF_INET6, remote, &s.remote);
	return s;
}

static double now = 1700000000;

static void dump(struct socket_accounting *l, const struct diag_socket *sockets,
		 size_t count, bool complete)
{
	accounting_begin_dump(l);
	for (size_t i = 0; i < count; i++)
		accounting_live(l, &sockets[i]);
	now += 10;
	accounting_end_dump(l, complete, now);
}

static void destroy(struct socket_accounting *l, struct diag_socket s)
{
	s.state = STATE_CLOSE;
	s.cgroup_id = 0;
	accounting_begin_events(l);
	accounting_destroyed(l, &s);
	accounting_end_events(l);
}

CASE(a_dump_that_is_begun_anew_counts_nothing_twice)
{
	struct socket_accounting *l = fresh();
	struct diag_socket many[40];
	for (unsigned i = 0; i < 40; i++)
		many[i] = a_socket(i + 1, "fd00::2", 0);
	dump(l, many, 0, true);
	dump(l, many, 40, true);
	for (unsigned i = 0; i < 40; i++)
		many[i].tx_bytes = 1000;
	accounting_begin_dump(l);
	for (unsigned i = 0; i < 30; i++)
		accounting_live(l, &many[i]);
	dump(l, many, 40, true);
	assert_int_equal(l->tx_bytes, 40000);
	assert_int_equal(l->opened, 40);
	assert_int_equal(l->untracked, 24);
	finish(l);
}

CASE(a_partial_dump_is_made_up_for_by_the_next)
{
	struct socket_accounting *l = fresh();
	struct diag_socket many[40];
	for (unsigned i = 0; i < 40; i++)
		many[i] = a_socket(i + 1, "fd00::2", 500);
	dump(l, many, 40, true);
	assert_int_equal(l->tx_bytes, 0);
	for (unsigned i = 0; i < 40; i++)
		many[i].tx_bytes = 1500;
	dump(l, many, 10, false);
	assert_true(l->tx_bytes <= 40000);
	dump(l, many, 40, true);
	assert_int_equal(l->tx_bytes, 40000);
	finish(l);
}

/* Forty sockets, of which the table follows sixteen, each with 1,000 bytes counted. */
static struct socket_accounting *with_untracked(struct diag_socket many[40])
{
	struct socket_accounting *l = fresh();

	for (unsigned i = 0; i < 40; i++)
		many[i] = a_socket(i + 1, "fd00::2", 1000);
	dump(l, many, 0, true);
	dump(l, many, 40, true);
	assert_int_equal(l->untracked, 24);
	assert_int_equal(l->tx_bytes, 40000);
	return l;
}

CASE(an_untracked_socket_that_a_dump_misses_before_its_end_is_counted_once)
{
	struct diag_socket many[40];
	struct socket_accounting *l = with_untracked(many);

	dump(l, many, 16, true); /* the others have ended; the reports are late */
	assert_int_equal(l->tx_bytes, 40000);
	many[39].tx_bytes = 1500;
	for (unsigned i = 16; i < 40; i++)
		destroy(l, many[i]);
	dump(l, many, 16, true);
	assert_int_equal(l->tx_bytes, 40500);
	assert_int_equal(l->initiated_tx_bytes, 40500);
	assert_int_equal(l->opened, 40);
	finish(l);
}

/* Of the sockets that the table does not follow, these end in each round: missed by the
 * dump, reported so many dumps later. */
static void ends_told_late(unsigned dumps_late, double step)
{
	struct diag_socket many[40];
	struct socket_accounting *l = with_untracked(many);

	for (unsigned left = 40; left > 16; left -= 4) {
		dump(l, many, left - 4, true);
		now += step - 10;
	}
	for (unsigned i = 1; i < dumps_late; i++) {
		dump(l, many, 16, true);
		now += step - 10;
	}
	for (unsigned i = 40; i-- > 16;) {
		destroy(l, many[i]);
		if (i % 5 == 0)
			dump(l, many, 16, true);
	}
	dump(l, many, 16, true);
	assert_int_equal(l->tx_bytes, 40000);
	assert_int_equal(l->initiated_tx_bytes, 40000);
	assert_int_equal(l->opened, 40);
	assert_int_equal(l->opened_anywhere, 40);
	finish(l);
}

CASE(ends_told_some_dumps_later_count_nothing_twice)
{
	for (unsigned dumps = 1; dumps < 20; dumps++)
		ends_told_late(dumps, 1);
	ends_told_late(3, 10);
}

/* Some have been reported when others are missed, so that the sum hides how many of
 * either there are. */
CASE(ends_that_are_told_while_others_are_missed_count_nothing_twice)
{
	struct diag_socket many[40];
	struct socket_accounting *l = with_untracked(many);

	for (unsigned left = 34; left >= 16; left -= 6) {
		dump(l, many, left, true);
		/* Of the six before all but one are told now. */
		for (unsigned i = left + 6; i < left + 11 && i < 40; i++)
			destroy(l, many[i]);
	}
	dump(l, many, 16, true);
	for (unsigned i = 16; i < 22; i++)
		destroy(l, many[i]);
	for (unsigned i = 27; i < 40; i += 6)
		destroy(l, many[i]);
	dump(l, many, 16, true);
	assert_int_equal(l->tx_bytes, 40000);
	assert_int_equal(l->opened, 40);
	finish(l);
}

/* The kernel's walk is no snapshot: it may skip a socket while others move, or list it
 * again, at once or after others of its chain. */
CASE(a_socket_that_one_dump_lists_twice_or_skips_is_counted_once)
{
	struct diag_socket many[40], listed[41];
	struct socket_accounting *l = with_untracked(many);

	dump(l, many, 38, true);
	dump(l, many, 40, true);
	for (unsigned behind = 0; behind < 8; behind++) {
		memcpy(listed, many, sizeof(many));
		memcpy(listed + 31, many + 30 - behind, 10 * sizeof(*many));
		dump(l, listed, 41, true);
		dump(l, many, 40, true);
	}
	assert_int_equal(l->tx_bytes, 40000);
	assert_int_equal(l->opened, 40);
	finish(l);
}

CASE(a_loopback_socket_that_is_listed_twice_is_seen_once)
{
	struct socket_accounting *l = fresh();
	struct diag_socket two[2] = {a_socket(1, "::1", 100), a_socket(1, "::1", 100)};

	dump(l, two, 0, true);
	dump(l, two, 2, true);
	dump(l, two, 1, true);
	assert_int_equal(l->opened_anywhere, 1);
	finish(l);
}

CASE(what_a_lost_end_owes_hides_no_later_traffic)
{
	struct diag_socket many[40];
	struct socket_accounting *l = with_untracked(many);

	accounting_events_lost(l, 24);
	dump(l, many, 16, true); /* the reports of the others are lost */
	dump(l, many, 16, true);
	many[0].tx_bytes = 5000;
	dump(l, many, 16, true);
	assert_int_equal(l->tx_bytes, 44000);
	assert_int_equal(l->opened, 40);
	finish(l);
}

/* The overrun is noticed after the dump that listed them still. */
CASE(an_end_that_was_lost_after_the_dump_is_forgiven_by_the_next)
{
	struct diag_socket many[40];
	struct socket_accounting *l = with_untracked(many);

	accounting_events_lost(l, UINT64_MAX);
	dump(l, many, 30, true);
	dump(l, many, 30, true);
	accounting_events_lost(l, 14);
	accounting_events_lost(l, UINT64_MAX);
	dump(l, many, 16, true);
	dump(l, many, 16, true);
	many[0].tx_bytes = 5000;
	dump(l, many, 16, true);
	assert_int_equal(l->tx_bytes, 44000);
	assert_int_equal(l->opened, 40);
	finish(l);
}

/* Of 24 ends 10 were lost, the others are late: no more than those ten can be counted
 * wrong. */
CASE(of_some_lost_and_some_late_ends_only_the_lost_are_forgiven)
{
	struct diag_socket many[40];
	struct socket_accounting *l = with_untracked(many);

	dump(l, many, 16, true);
	accounting_events_lost(l, 10);
	for (unsigned i = 0; i < 4; i++)
		dump(l, many, 16, true);
	assert_int_equal(l->owed.sockets, 14);
	for (unsigned i = 26; i < 40; i++)
		destroy(l, many[i]);
	dump(l, many, 16, true);
	assert_int_equal(l->tx_bytes, 40000);
	assert_int_equal(l->opened, 40);
	many[0].tx_bytes = 5000;
	dump(l, many, 16, true);
	assert_int_equal(l->tx_bytes, 44000);
	finish(l);
}

/* The lost reports were of others. */
CASE(a_loss_of_others_forgives_none_that_comes_soon)
{
	struct diag_socket many[40];
	struct socket_accounting *l = with_untracked(many);

	accounting_events_lost(l, 3);
	dump(l, many, 30, true);
	for (unsigned i = 30; i < 40; i++)
		destroy(l, many[i]);
	accounting_events_lost(l, 3);
	dump(l, many, 16, true);
	for (unsigned i = 16; i < 30; i++)
		destroy(l, many[i]);
	for (unsigned i = 0; i < 3; i++)
		dump(l, many, 16, true);
	assert_int_equal(l->tx_bytes, 40000);
	assert_int_equal(l->opened, 40);
	finish(l);
}

/* A loss of others' reports forgives nothing that is missed long after it. */
CASE(a_loss_forgives_what_is_missed_soon_and_nothing_later)
{
	struct diag_socket many[40];
	struct socket_accounting *l = with_untracked(many);

	accounting_events_lost(l, 1000);
	for (unsigned i = 0; i < 3; i++)
		dump(l, many, 40, true);
	dump(l, many, 16, true);
	dump(l, many, 16, true);
	for (unsigned i = 16; i < 40; i++)
		destroy(l, many[i]);
	dump(l, many, 16, true);
	assert_int_equal(l->tx_bytes, 40000);
	assert_int_equal(l->opened, 40);
	finish(l);
}

/* Without a sign of a loss they are waited for, but not for ever. */
CASE(ends_that_are_never_told_are_not_waited_for_for_ever)
{
	struct diag_socket many[40];
	struct socket_accounting *l = with_untracked(many);

	for (double began = now; now - began < REPORT_LATE_S + 30;)
		dump(l, many, 16, true);
	many[0].tx_bytes = 5000;
	dump(l, many, 16, true);
	assert_int_equal(l->tx_bytes, 44000);
	assert_int_equal(l->opened, 40);
	finish(l);
}

/* Their reports come without the bytes, which the kernel has cleared. */
CASE(what_reset_sockets_had_sent_is_owed_no_longer_than_their_ends)
{
	struct diag_socket many[40];
	struct socket_accounting *l = with_untracked(many);

	dump(l, many, 16, true);
	dump(l, many, 16, true);
	for (unsigned i = 16; i < 40; i++) {
		many[i].tx_bytes = 0;
		destroy(l, many[i]);
	}
	dump(l, many, 16, true);
	many[0].tx_bytes = 5000;
	dump(l, many, 16, true);
	assert_int_equal(l->tx_bytes, 44000);
	assert_int_equal(l->opened, 40);
	finish(l);
}

CASE(a_socket_that_finds_a_place_later_is_not_counted_again)
{
	struct socket_accounting *l = fresh();
	struct diag_socket many[20];
	for (unsigned i = 0; i < 20; i++)
		many[i] = a_socket(i + 1, "fd00::2", 100);
	dump(l, many, 0, true);
	dump(l, many, 20, true);
	assert_int_equal(l->tx_bytes, 2000);
	for (unsigned i = 0; i < 10; i++)
		destroy(l, many[i]);
	many[19].tx_bytes = 150;
	dump(l, many + 10, 10, true);
	assert_int_equal(l->tx_bytes, 2050);
	assert_int_equal(l->opened, 20);
	assert_int_equal(l->table.count, 10);
	many[19].tx_bytes = 160;
	dump(l, many + 10, 10, true);
	assert_int_equal(l->tx_bytes, 2060);
	finish(l);
}

CASE(an_untracked_socket_whose_side_is_judged_anew_adds_no_bytes)
{
	struct socket_accounting *l = fresh();
	struct diag_socket many[17];
	for (unsigned i = 0; i < 17; i++)
		many[i] = a_socket(i + 1, "fd00::2", 100);
	dump(l, many, 0, true);
	dump(l, many, 17, true);
	many[16].opener = DIAG_OPENER_THERE;
	dump(l, many, 17, true);
	assert_int_equal(l->tx_bytes, 1700);
	assert_true(l->initiated_tx_bytes <= l->tx_bytes);
	many[16].opener = DIAG_OPENER_HERE;
	dump(l, many, 17, true);
	assert_int_equal(l->tx_bytes, 1700);
	assert_true(l->initiated_tx_bytes <= l->tx_bytes);
	finish(l);
}

CASE(a_socket_missing_from_one_dump_waits_for_its_event)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = a_socket(1, "fd00::2", 100);
	dump(l, &s, 0, true);
	dump(l, &s, 1, true);
	assert_int_equal(l->due, 0);
	dump(l, &s, 0, true);
	assert_int_equal(l->due, 1);
	assert_int_equal(l->table.count, 1);
	s.tx_bytes = 130;
	destroy(l, s);
	assert_int_equal(l->tx_bytes, 130);
	assert_int_equal(l->opened, 1);
	assert_int_equal(l->table.count, 0);
	finish(l);
}

CASE(segments_wrap_at_32_bits)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = a_socket(1, "fd00::2", 100);
	s.tx_segments = UINT32_MAX - 4;
	dump(l, &s, 1, true);
	s.tx_segments = 5;
	dump(l, &s, 1, true);
	assert_int_equal(l->tx_segments, 10);
	finish(l);
}

CASE(a_socket_that_is_connected_anew_counts_from_nothing)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = a_socket(1, "fd00::2", 1000);
	dump(l, &s, 1, true);
	s.tx_bytes = 60;
	dump(l, &s, 1, true);
	assert_int_equal(l->tx_bytes, 60);
	finish(l);
}

CASE(later_evidence_mends_who_opened)
{
	struct socket_accounting *l = fresh();
	struct diag_socket two[2] = {{.state = STATE_LISTEN, .local_port = 40000},
				     a_socket(1, "fd00::2", 100)};
	two[1].opener = DIAG_OPENER_UNKNOWN;
	dump(l, two, 0, true);
	dump(l, two, 2, true);
	assert_int_equal(l->initiated_tx_bytes, 0);
	assert_int_equal(l->opened, 0);
	two[1].opener = DIAG_OPENER_HERE;
	two[1].tx_bytes = 300;
	dump(l, two, 2, true);
	assert_int_equal(l->tx_bytes, 300);
	assert_int_equal(l->initiated_tx_bytes, 200);
	assert_int_equal(l->opened, 1);
	finish(l);
}

static struct diag_socket an_own_socket(uint64_t cookie, const char *remote)
{
	struct diag_socket s = a_socket(cookie, remote, 0);

	s.local_port = 9477;
	s.remote_port = 40001;
	s.opener = DIAG_OPENER_UNKNOWN;
	s.timestamps = true;
	return s;
}

/* An answer of 1,000 bytes in two segments, acknowledged by two, and one without
 * payload each way. */
static void answer(struct diag_socket *s)
{
	s->tx_bytes += 1000;
	s->tx_segments += 3;
	s->tx_data_segments += 2;
	s->rx_bytes += 100;
	s->rx_segments += 3;
	s->rx_data_segments += 1;
}

CASE(the_monitors_own_are_known_by_cookie_and_by_nothing_else)
{
	struct socket_accounting *l = fresh();
	struct diag_socket own = an_own_socket(7, "fd00::2"), other = own;
	dump(l, &own, 0, true);
	accounting_own_listener(l, 5);
	assert_true(accounting_own_accepted(l, &own));
	answer(&own);
	other.cookie = 8; /* the same port, addresses and all */
	answer(&other);
	struct diag_socket both[] = {own, other};
	dump(l, both, 2, true);
	assert_int_equal(l->tx_bytes, 1000);
	assert_int_equal(l->initiated_tx_bytes, 1000);
	assert_int_equal(l->opened, 1);
	/* The SYN-ACK of 94 bytes, 1,000 in one packet at least, one without. */
	assert_int_equal(l->own.tx_bytes, 94 + 1000 + 2 * 86);
	assert_int_equal(l->own.tx_packets, 3);
	assert_int_equal(l->own.tcp_tx_packets, 4);
	finish(l);
}

CASE(the_monitors_own_count_to_their_end_whoever_tells_it)
{
	struct socket_accounting *l = fresh();
	struct diag_socket own = an_own_socket(7, "::ffff:10.0.0.1");
	dump(l, &own, 0, true);
	inet_pton(AF_INET6, "::ffff:10.0.0.9", &own.local);
	assert_true(accounting_own_accepted(l, &own));
	answer(&own);
	accounting_own_seen(l, &own);
	accounting_own_seen(l, &own); /* nothing new */
	uint64_t until_then = l->own.tx_bytes;
	assert_int_equal(until_then, 74 + 1000 + 2 * 66);
	own.tx_segments++; /* the FIN, after the last scan */
	destroy(l, own);
	assert_int_equal(l->own.tx_bytes, until_then + 66);
	assert_int_equal(l->table.count, 0);
	assert_int_equal(l->tx_bytes, 0);
	finish(l);
}

CASE(a_dump_before_it_was_accepted_changes_nothing)
{
	struct socket_accounting *l = fresh();
	struct diag_socket own = an_own_socket(7, "fd00::2");
	dump(l, &own, 0, true);
	dump(l, &own, 1, true);
	assert_true(accounting_own_accepted(l, &own));
	answer(&own);
	dump(l, &own, 1, true);
	destroy(l, own);
	dump(l, &own, 0, true);
	assert_int_equal(l->tx_bytes, 0);
	assert_true(l->own.tx_bytes > 1000);
	finish(l);
}

/* A reset by our side clears what the kernel reports. */
CASE(cleared_counters_take_nothing_off)
{
	struct socket_accounting *l = fresh();
	struct diag_socket own = an_own_socket(7, "fd00::2"), cleared = own;
	dump(l, &own, 0, true);
	assert_true(accounting_own_accepted(l, &own));
	answer(&own);
	accounting_own_seen(l, &own);
	struct own_traffic before = l->own;
	cleared.tx_segments = 1;
	destroy(l, cleared);
	assert_memory_equal(&before, &l->own, sizeof(before));
	finish(l);
}

CASE(the_pods_connections_leave_room_for_the_monitors)
{
	struct socket_accounting *l = fresh();
	struct diag_socket many[40];
	for (uint64_t i = 0; i < 40; i++)
		many[i] = a_socket(100 + i, "fd00::3", 10);
	dump(l, many, 0, true);
	dump(l, many, 40, true);
	assert_int_equal(l->untracked, 40 - small.max_sockets);
	struct diag_socket own = an_own_socket(7, "fd00::2");
	assert_true(accounting_own_accepted(l, &own));
	answer(&own);
	many[39] = own;
	dump(l, many, 40, true);
	assert_true(l->own.tx_bytes > 1000);
	assert_int_equal(l->tx_bytes, 400);
	finish(l);
}

CASE(a_listener_that_stopped_is_remembered_for_a_while)
{
	struct socket_accounting *l = fresh();
	struct diag_socket listener = {.state = STATE_LISTEN, .local_port = 40000};
	struct diag_socket s = a_socket(1, "fd00::2", 100);
	s.opener = DIAG_OPENER_UNKNOWN;
	dump(l, &listener, 1, true);
	dump(l, &listener, 0, true);
	destroy(l, s);
	assert_int_equal(l->opened, 0);
	for (int i = 0; i < LISTENER_SCANS_KEPT; i++)
		dump(l, &listener, 0, true);
	s.cookie = 2;
	destroy(l, s);
	assert_int_equal(l->opened, 1);
	finish(l);
}

CASE(listeners_are_looked_up_once_a_batch_and_only_when_in_doubt)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = a_socket(1, "fd00::2", 100);
	dump(l, &s, 0, true);
	destroy(l, s);
	assert_int_equal(refreshes, 0);
	s.opener = DIAG_OPENER_UNKNOWN;
	s.state = STATE_CLOSE;
	accounting_begin_events(l);
	for (s.cookie = 2; s.cookie < 10; s.cookie++)
		accounting_destroyed(l, &s);
	accounting_end_events(l);
	assert_int_equal(refreshes, 1);
	finish(l);
}

static const char *name_of(const struct socket_accounting *l, size_t index)
{
	assert_true(index < l->containers.count);
	return l->containers.known[index].name;
}

CASE(containers_are_told_apart_by_their_cgroups)
{
	struct socket_accounting *l = fresh();
	struct diag_socket three[3] = {
	    {.state = STATE_LISTEN, .cookie = 70, .local_port = 9477, .cgroup_id = 7},
	    a_socket(1, "fd00::2", 100),
	    a_socket(2, "fd00::3", 50)};
	three[2].cgroup_id = 200;
	accounting_own_listener(l, 70);
	dump(l, three, 0, true);
	dump(l, three, 3, true);
	assert_int_equal(l->containers.count, 2);
	assert_string_equal(name_of(l, 0), "cgroup-100");
	assert_int_equal(l->containers.known[0].tcp_tx_bytes, 100);
	assert_string_equal(name_of(l, 1), "cgroup-200");
	assert_int_equal(l->containers.known[1].tcp_tx_bytes, 50);

	struct diag_socket own = a_socket(3, "fd00::4", 0);
	own.cgroup_id = 7;
	assert_true(accounting_own_accepted(l, &own));
	own.tx_bytes = 999;
	dump(l, &own, 1, true);
	assert_int_equal(l->tx_bytes, 150);
	assert_string_equal(name_of(l, 2), "dormouse");
	assert_int_equal(l->containers.known[2].tcp_tx_bytes, 999);
	finish(l);
}

CASE(one_cgroup_for_all_is_not_called_the_monitors)
{
	struct socket_accounting *l = fresh();
	struct diag_socket two[2] = {
	    {.state = STATE_LISTEN, .cookie = 70, .local_port = 9477, .cgroup_id = 100},
	    a_socket(1, "fd00::2", 100)};
	accounting_own_listener(l, 70);
	dump(l, two, 0, true);
	dump(l, two, 2, true);
	dump(l, two, 2, true);
	assert_int_equal(l->containers.count, 1);
	assert_string_equal(name_of(l, 0), "cgroup-100");
	finish(l);
}

/* A listener that came late: the listening again after its port was taken. */
CASE(a_cgroup_that_sent_before_it_listened_is_not_called_the_monitors)
{
	struct socket_accounting *l = fresh();
	struct diag_socket two[2] = {
	    a_socket(1, "fd00::2", 100),
	    {.state = STATE_LISTEN, .cookie = 70, .local_port = 9477, .cgroup_id = 100},
	};
	dump(l, two, 0, true);
	dump(l, two, 1, true);
	accounting_own_listener(l, 70);
	dump(l, two, 2, true);
	assert_int_equal(l->containers.count, 1);
	assert_string_equal(name_of(l, 0), "cgroup-100");
	assert_int_equal(l->containers.known[0].tcp_tx_bytes, 100);
	/* Nor is a listener whose cgroup the kernel does not say. */
	two[1].cgroup_id = 0;
	dump(l, two, 2, true);
	assert_int_equal(l->containers.own_cgroup_id, 0);
	/* An end that was not seen alive is still the only container's. */
	struct diag_socket unseen = a_socket(2, "fd00::9", 5);
	destroy(l, unseen);
	assert_int_equal(l->containers.known[0].tcp_tx_bytes, 105);
	finish(l);
}

CASE(the_ninth_container_is_among_the_others)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = a_socket(1, "fd00::2", 10);
	dump(l, &s, 0, true);
	for (s.cookie = 1; s.cookie <= 12; s.cookie++) {
		s.cgroup_id = 1000 + s.cookie;
		dump(l, &s, 1, true);
	}
	assert_int_equal(l->containers.count, COLLECT_CONTAINERS_MAX + 1);
	assert_string_equal(name_of(l, 8), "other");
	assert_int_equal(l->containers.known[8].tcp_tx_bytes, 40);
	finish(l);
}

CASE(an_unseen_connection_is_the_only_containers)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = a_socket(1, "fd00::2", 10);
	dump(l, &s, 0, true);
	dump(l, &s, 1, true);
	struct diag_socket unseen = a_socket(2, "fd00::9", 5);
	destroy(l, unseen);
	assert_int_equal(l->containers.count, 1);
	assert_int_equal(l->containers.known[0].tcp_tx_bytes, 15);

	struct diag_socket another = a_socket(3, "fd00::2", 1);
	another.cgroup_id = 200;
	dump(l, &another, 1, true);
	unseen.cookie = 4;
	destroy(l, unseen);
	assert_string_equal(name_of(l, 2), "other");
	assert_int_equal(l->containers.known[2].tcp_tx_bytes, 5);
	finish(l);
}

CASE(events_before_the_first_complete_dump_count_nothing)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = a_socket(1, "fd00::2", 1000000);
	destroy(l, s);
	dump(l, &s, 1, false);
	destroy(l, s);
	assert_int_equal(l->tx_bytes, 0);
	assert_int_equal(l->opened, 0);
	finish(l);
}

/* Its last packet waits for an answer that does not come, and the kernel tells of its
 * end only when that is given up. */
CASE(a_socket_whose_end_is_told_late_is_one_connection)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = a_socket(1, "fd00::2", 0);
	s.state = STATE_SYN_SENT;
	dump(l, &s, 0, true);
	dump(l, &s, 1, true);
	for (int i = 0; i < 100; i++)
		dump(l, &s, 0, true);
	destroy(l, s);
	dump(l, &s, 0, true);
	assert_int_equal(l->opened, 1);
	assert_int_equal(l->table.count, 0);
	finish(l);
}

CASE(a_socket_whose_end_was_lost_is_forgotten)
{
	struct socket_accounting *l = fresh();
	struct diag_socket two[] = {a_socket(1, "fd00::2", 0),
				    a_socket(2, "fd00::2", 0)};
	dump(l, two, 0, true);
	dump(l, two, 2, true);
	accounting_events_lost(l, 1);
	for (double began = now; now - began <= 2 * REPORT_LATE_S;)
		dump(l, two, 1, true);
	dump(l, two, 1, true);
	assert_int_equal(l->table.count, 1);
	/* What was alive after the loss will be told of. */
	for (int i = 0; i < 10; i++)
		dump(l, two, 0, true);
	assert_int_equal(l->table.count, 1);
	finish(l);
}

/* Others' reports were lost; its own is only late. */
CASE(a_socket_whose_end_is_late_after_a_loss_is_counted_once)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = a_socket(1, "fd00::2", 100);

	dump(l, &s, 0, true);
	dump(l, &s, 1, true);
	accounting_events_lost(l, 500);
	for (unsigned i = 0; i < 5; i++)
		dump(l, &s, 0, true);
	assert_int_equal(l->due, 0); /* it may be among the lost */
	s.tx_bytes = 130;
	destroy(l, s);
	dump(l, &s, 0, true);
	assert_int_equal(l->tx_bytes, 130);
	assert_int_equal(l->opened, 1);
	assert_int_equal(l->table.count, 0);
	finish(l);
}

static const struct flow *flow_of(struct socket_accounting *l, const char *remote)
{
	struct in6_addr address;
	size_t count;
	const struct flow *flows = flows_last(l->flows, &count);

	inet_pton(AF_INET6, remote, &address);
	for (size_t i = 0; i < count; i++)
		if (IN6_ARE_ADDR_EQUAL(&flows[i].address, &address))
			return &flows[i];
	return NULL;
}

CASE(idle_connections_do_not_hide_one_that_sends)
{
	struct socket_accounting *l = fresh();
	struct diag_socket many[41];
	for (unsigned i = 0; i < 40; i++)
		many[i] = a_socket(i + 1, "fd00::2", i);
	dump(l, many, 0, true);
	dump(l, many, 40, true);
	many[40] = a_socket(99, "fd00::99", 5000000);
	dump(l, many, 41, true);
	const struct flow *theft = flow_of(l, "fd00::99");
	assert_non_null(theft);
	assert_int_equal(theft->tx_bytes, 5000000);
	many[40].tx_bytes += 70000;
	dump(l, many, 41, true);
	assert_int_equal(flow_of(l, "fd00::99")->tx_bytes, 70000);
	assert_int_equal(l->tx_bytes, 40 * 39 / 2 + 5070000);
	assert_int_equal(l->opened, 41);
	finish(l);
}

static uint64_t next_random(uint64_t *random)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return *random >> 33;
}

/* Sockets that open, send and end at random, many more than the table holds. */
CASE(totals_are_exact_whoever_leaves_the_table)
{
	enum { SOCKETS = 60 };
	struct socket_accounting *l = fresh();
	struct diag_socket live[SOCKETS];
	uint64_t random = 5, sent = 0, opened = 0, cookie = 0;
	size_t count = 0;
	dump(l, live, 0, true);
	for (int scan = 0; scan < 3000; scan++) {
		for (size_t i = 0; i < count; i++) {
			uint64_t bytes = next_random(&random) % 3 == 0
					     ? next_random(&random) % 100000
					     : 0;
			live[i].tx_bytes += bytes;
			sent += bytes;
		}
		while (count > 0 && next_random(&random) % 3 == 0) {
			size_t at = next_random(&random) % count;
			destroy(l, live[at]);
			live[at] = live[--count];
		}
		while (count < SOCKETS && next_random(&random) % 4 > 0) {
			live[count++] = a_socket(++cookie, "fd00::2", 0);
			opened++;
		}
		dump(l, live, count, true);
		assert_int_equal(l->tx_bytes, sent);
		assert_int_equal(l->initiated_tx_bytes, sent);
		assert_int_equal(l->opened, opened);
	}
	finish(l);
}

static struct diag_socket udp_socket(uint64_t cookie, uint16_t local, uint16_t remote)
{
	struct diag_socket s = a_socket(cookie, "fd00::2", 0);
	s.protocol = IPPROTO_UDP;
	s.has_counters = false;
	s.opener = DIAG_OPENER_UNKNOWN;
	s.local_port = local;
	s.remote_port = remote;
	return s;
}

static void udp_scan(struct socket_accounting *l, const struct diag_socket *sockets,
		     size_t count)
{
	accounting_begin_dump(l);
	for (size_t i = 0; i < count; i++)
		accounting_udp(l, &sockets[i]);
	now += 10;
	accounting_end_dump(l, true, now);
}

static void udp_destroy(struct socket_accounting *l, const struct diag_socket *s)
{
	accounting_begin_events(l);
	accounting_udp_destroyed(l, s);
	accounting_end_events(l);
}

CASE(a_short_udp_socket_is_a_destination)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = udp_socket(1, 40000, 53), never = s, home = s;
	memset(&never.remote, 0, sizeof(never.remote));
	home.remote = home.local;
	udp_scan(l, &s, 0);
	for (s.cookie = 1; s.cookie <= 3; s.cookie++)
		udp_destroy(l, &s);
	udp_destroy(l, &never);
	udp_destroy(l, &home);
	udp_scan(l, &s, 0);
	const struct flow *flow = flow_of(l, "fd00::2");
	assert_int_equal(flow->protocol, IPPROTO_UDP);
	assert_int_equal(flow->port, 53);
	assert_int_equal(flow->direction, FLOW_OPENED);
	assert_int_equal(flow->connections, 3);
	assert_int_equal(l->destination_count, 1);
	size_t count;
	flows_last(l->flows, &count);
	assert_int_equal(count, 1);
	finish(l);
}

CASE(a_udp_socket_that_was_seen_alive_is_not_counted_again)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = udp_socket(1, 40000, 53);
	struct flow hour[2];
	udp_scan(l, &s, 0);
	udp_scan(l, &s, 1);
	udp_scan(l, &s, 1);
	udp_scan(l, &s, 0); /* gone; word of it comes later */
	udp_scan(l, &s, 0);
	udp_scan(l, &s, 0);
	udp_destroy(l, &s);
	udp_scan(l, &s, 0);
	assert_int_equal(flows_since(l->flows, now - 600, 0, hour, 2), 1);
	assert_int_equal(hour[0].connections, 1);
	assert_int_equal(l->udp.count, 0);
	finish(l);
}

/* Who spoke first between two UDP sockets is told by nothing but, sometimes, ports. */
CASE(of_udp_no_more_is_said_than_is_known)
{
	static const struct {
		uint16_t local, remote;
		enum flow_direction direction;
	} cases[] = {
	    {40000, 53, FLOW_OPENED},   {60999, 443, FLOW_OPENED},
	    {5353, 5353, FLOW_UNKNOWN}, {53, 40000, FLOW_UNKNOWN},
	    {7000, 53, FLOW_UNKNOWN},   {40000, 50000, FLOW_UNKNOWN},
	    {61000, 443, FLOW_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct socket_accounting *l = fresh();
		struct diag_socket s = udp_socket(1, cases[i].local, cases[i].remote);
		udp_scan(l, &s, 0);
		udp_scan(l, &s, 1);
		const struct flow *flow = flow_of(l, "fd00::2");
		assert_int_equal(flow->direction, cases[i].direction);
		assert_int_equal(flow->port, cases[i].remote);
		finish(l);
	}
}

CASE(a_connection_from_before_counts_where_it_moves_bytes)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = a_socket(1, "fd00::2", 1000);
	struct flow hour[2];
	dump(l, &s, 1, true);
	for (int i = 0; i < 100; i++) {
		s.tx_bytes += 119000;
		dump(l, &s, 1, true);
		assert_int_equal(flow_of(l, "fd00::2")->connections, 1);
		assert_int_equal(flow_of(l, "fd00::2")->begun, 0);
	}
	assert_int_equal(flows_since(l->flows, now - 100, 0, hour, 2), 1);
	assert_int_equal(hour[0].connections, 1);
	assert_int_equal(l->opened, 0);
	finish(l);
}

static struct diag_socket attempt(uint64_t cookie, const char *remote)
{
	struct diag_socket s = a_socket(cookie, remote, 0);

	s.opener = DIAG_OPENER_UNKNOWN;
	return s;
}

CASE(a_socket_that_ends_without_a_connection_failed)
{
	struct socket_accounting *l = fresh();
	struct diag_socket connected = a_socket(9, "fd00::2", 100);
	struct diag_socket waiting = attempt(1, "fd00::2");
	struct diag_socket accepted = attempt(2, "fd00::2");

	connected.was_established = true;
	waiting.state = STATE_SYN_SENT;
	accepted.opener = DIAG_OPENER_THERE;
	dump(l, NULL, 0, true);
	dump(l, &waiting, 1, true);
	destroy(l, connected);
	destroy(l, accepted);
	assert_int_equal(l->failed, 0);
	destroy(l, waiting); /* known from a dump */
	destroy(l, attempt(3, "fd00::3"));
	assert_int_equal(l->failed, 2);
	destroy(l, attempt(4, "::1"));
	destroy(l, attempt(5, "fd00::1")); /* the pod's own address */
	assert_int_equal(l->failed, 2);
	assert_int_equal(l->failed_loopback, 2);
	finish(l);
}

CASE(an_address_is_a_new_destination_once)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = a_socket(1, "fd00:0:0:2::1", 100);

	dump(l, NULL, 0, true);
	dump(l, &s, 1, true);
	assert_int_equal(l->new_destinations, 1);
	s.tx_bytes = 200;
	dump(l, &s, 1, true);
	destroy(l, a_socket(2, "fd00:0:0:2::2", 100)); /* the same /64 */
	assert_int_equal(l->new_destinations, 1);
	destroy(l, a_socket(3, "fd00:0:0:3::1", 100));
	destroy(l, attempt(4, "::ffff:10.0.0.1"));
	destroy(l, attempt(5, "::1"));
	assert_int_equal(l->new_destinations, 3);
	finish(l);
}

CASE(a_client_of_the_pod_is_no_destination)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = a_socket(1, "fd00:0:0:2::1", 100);

	s.opener = DIAG_OPENER_THERE;
	dump(l, NULL, 0, true);
	dump(l, &s, 1, true);
	assert_int_equal(l->new_destinations, 0);
	finish(l);
}

CASE(while_the_past_is_unknown_addresses_are_learnt)
{
	struct socket_accounting *l = fresh();

	dump(l, NULL, 0, true);
	l->seen_unknown = true;
	destroy(l, a_socket(1, "fd00:0:0:2::1", 100));
	assert_int_equal(l->new_destinations, 0);
	l->seen_unknown = false;
	destroy(l, a_socket(2, "fd00:0:0:2::1", 100));
	assert_int_equal(l->new_destinations, 0);
	destroy(l, a_socket(3, "fd00:0:0:3::1", 100));
	assert_int_equal(l->new_destinations, 1);
	finish(l);
}

/* The first dump comes before an earlier run's addresses are restored. */
CASE(udp_peers_of_the_first_dump_are_counted_by_the_second)
{
	struct socket_accounting *l = fresh();
	struct diag_socket s = a_socket(1, "fd00:0:0:2::1", 0);

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(l->new_destinations, 0);
		accounting_begin_dump(l);
		accounting_udp(l, &s);
		accounting_end_dump(l, true, now += 10);
	}
	assert_int_equal(l->new_destinations, 1);
	finish(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_dump_that_is_begun_anew_counts_nothing_twice),
	    cmocka_unit_test(a_partial_dump_is_made_up_for_by_the_next),
	    cmocka_unit_test(a_socket_that_finds_a_place_later_is_not_counted_again),
	    cmocka_unit_test(
		an_untracked_socket_whose_side_is_judged_anew_adds_no_bytes),
	    cmocka_unit_test(
		an_untracked_socket_that_a_dump_misses_before_its_end_is_counted_once),
	    cmocka_unit_test(ends_told_some_dumps_later_count_nothing_twice),
	    cmocka_unit_test(
		ends_that_are_told_while_others_are_missed_count_nothing_twice),
	    cmocka_unit_test(
		a_socket_that_one_dump_lists_twice_or_skips_is_counted_once),
	    cmocka_unit_test(a_loopback_socket_that_is_listed_twice_is_seen_once),
	    cmocka_unit_test(what_a_lost_end_owes_hides_no_later_traffic),
	    cmocka_unit_test(
		an_end_that_was_lost_after_the_dump_is_forgiven_by_the_next),
	    cmocka_unit_test(
		of_some_lost_and_some_late_ends_only_the_lost_are_forgiven),
	    cmocka_unit_test(a_loss_of_others_forgives_none_that_comes_soon),
	    cmocka_unit_test(a_loss_forgives_what_is_missed_soon_and_nothing_later),
	    cmocka_unit_test(ends_that_are_never_told_are_not_waited_for_for_ever),
	    cmocka_unit_test(
		what_reset_sockets_had_sent_is_owed_no_longer_than_their_ends),
	    cmocka_unit_test(a_socket_missing_from_one_dump_waits_for_its_event),
	    cmocka_unit_test(segments_wrap_at_32_bits),
	    cmocka_unit_test(a_socket_that_is_connected_anew_counts_from_nothing),
	    cmocka_unit_test(later_evidence_mends_who_opened),
	    cmocka_unit_test(the_monitors_own_are_known_by_cookie_and_by_nothing_else),
	    cmocka_unit_test(the_monitors_own_count_to_their_end_whoever_tells_it),
	    cmocka_unit_test(a_dump_before_it_was_accepted_changes_nothing),
	    cmocka_unit_test(cleared_counters_take_nothing_off),
	    cmocka_unit_test(the_pods_connections_leave_room_for_the_monitors),
	    cmocka_unit_test(a_listener_that_stopped_is_remembered_for_a_while),
	    cmocka_unit_test(
		listeners_are_looked_up_once_a_batch_and_only_when_in_doubt),
	    cmocka_unit_test(containers_are_told_apart_by_their_cgroups),
	    cmocka_unit_test(one_cgroup_for_all_is_not_called_the_monitors),
	    cmocka_unit_test(
		a_cgroup_that_sent_before_it_listened_is_not_called_the_monitors),
	    cmocka_unit_test(the_ninth_container_is_among_the_others),
	    cmocka_unit_test(an_unseen_connection_is_the_only_containers),
	    cmocka_unit_test(events_before_the_first_complete_dump_count_nothing),
	    cmocka_unit_test(a_socket_whose_end_is_told_late_is_one_connection),
	    cmocka_unit_test(a_socket_whose_end_was_lost_is_forgotten),
	    cmocka_unit_test(a_socket_whose_end_is_late_after_a_loss_is_counted_once),
	    cmocka_unit_test(idle_connections_do_not_hide_one_that_sends),
	    cmocka_unit_test(totals_are_exact_whoever_leaves_the_table),
	    cmocka_unit_test(a_short_udp_socket_is_a_destination),
	    cmocka_unit_test(a_udp_socket_that_was_seen_alive_is_not_counted_again),
	    cmocka_unit_test(of_udp_no_more_is_said_than_is_known),
	    cmocka_unit_test(a_connection_from_before_counts_where_it_moves_bytes),
	    cmocka_unit_test(a_socket_that_ends_without_a_connection_failed),
	    cmocka_unit_test(an_address_is_a_new_destination_once),
	    cmocka_unit_test(a_client_of_the_pod_is_no_destination),
	    cmocka_unit_test(while_the_past_is_unknown_addresses_are_learnt),
	    cmocka_unit_test(udp_peers_of_the_first_dump_are_counted_by_the_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
