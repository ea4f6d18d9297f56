/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as traffic when counters move, fall, wrap, appear and vanish. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../support/testing.h"
#include "collect/links/link_table.h"

static struct link_event event_of(int ifindex, const char *name, uint64_t bytes,
				  uint64_t packets)
{
	struct link_event event;

	memset(&event, 0, sizeof(event));
	event.ifindex = ifindex;
	snprintf(event.name, sizeof(event.name), "%s", name);
	event.has_reading = true;
	event.reading.tx_bytes = bytes;
	event.reading.tx_packets = packets;
	return event;
}

static struct link_reading reading_of(uint64_t bytes, uint64_t packets)
{
	struct link_reading reading;

	memset(&reading, 0, sizeof(reading));
	reading.tx_bytes = bytes;
	reading.tx_packets = packets;
	return reading;
}

/* A table with eth0, index 2, which had sent 1000 bytes in 10 packets when it opened.
 */
static void open_table(struct link_table *table)
{
	struct link_event event = event_of(2, "eth0", 1000, 10);

	link_table_open(table, "", 0);
	link_table_event(table, &event, LINK_AT_START, 0);
}

static void read_eth0(struct link_table *table, uint64_t bytes, uint64_t packets,
		      double now)
{
	struct link_reading reading = reading_of(bytes, packets);

	link_table_reading(table, 2, &reading, now);
}

CASE(what_a_link_carried_before_the_start_is_not_counted)
{
	struct link_table table;
	struct link_sums sums;

	open_table(&table);
	assert_int_equal(table.flowed.tx_bytes, 0);
	read_eth0(&table, 1500, 12, 10);
	assert_int_equal(table.flowed.tx_bytes, 500);
	assert_int_equal(table.flowed.tx_packets, 2);
	link_table_sums(&table, &sums);
	assert_int_equal(sums.tx_bytes, 1500);
}

CASE(a_reset_adds_what_flowed_since_and_never_takes_away)
{
	struct link_table table;

	open_table(&table);
	read_eth0(&table, 9000, 90, 10);
	read_eth0(&table, 400, 4, 20);
	assert_int_equal(table.flowed.tx_bytes, 8000);
	read_eth0(&table, 500, 5, 30);
	assert_int_equal(table.flowed.tx_bytes, 8500);
	assert_int_equal(table.flowed.tx_packets, 85);
	assert_int_equal(table.oddities.resets, 1);
	assert_int_equal(table.links[0].tx_bytes, 500);
}

CASE(a_lost_reading_is_neither_counted_nor_shown)
{
	struct link_table table;

	open_table(&table);
	read_eth0(&table, 100000000, 100000, 10);
	read_eth0(&table, 0, 0, 20);
	assert_int_equal(table.links[0].tx_bytes, 100000000);
	read_eth0(&table, 100000700, 100007, 30);
	assert_int_equal(table.flowed.tx_bytes, 100000700 - 1000);
	assert_int_equal(table.oddities.glitches, 1);
}

/* While a fall is in doubt only a dump settles it: a notification may be old. */
CASE(a_notification_settles_no_doubt)
{
	struct link_event old = event_of(2, "eth0", 9000, 90);
	struct link_table table;

	open_table(&table);
	read_eth0(&table, 9000, 90, 10);
	read_eth0(&table, 400, 4, 20);
	link_table_event(&table, &old, LINK_NOTIFIED, 21);
	read_eth0(&table, 500, 5, 30);
	assert_int_equal(table.flowed.tx_bytes, 8500);
}

CASE(a_link_that_goes_in_doubt_loses_nothing)
{
	struct link_event gone = event_of(2, "eth0", 700, 7);
	struct link_table table;

	open_table(&table);
	gone.gone = true;
	read_eth0(&table, 9000, 90, 10);
	read_eth0(&table, 400, 4, 20);
	link_table_event(&table, &gone, LINK_NOTIFIED, 21);
	assert_int_equal(table.flowed.tx_bytes, 8400);
	assert_int_equal(table.count, 0);
}

CASE(a_leap_beyond_the_wire_is_a_reset)
{
	struct link_table table;

	open_table(&table);
	read_eth0(&table, UINT64_C(1) << 50, 11, 10);
	assert_int_equal(table.flowed.tx_bytes, 0);
	read_eth0(&table, (UINT64_C(1) << 50) + 70, 12, 20);
	assert_int_equal(table.flowed.tx_bytes, 70);
}

CASE(a_link_notified_of_later_counts_from_its_notification)
{
	struct link_event made = event_of(3, "net1", 0, 0);
	struct link_event moved = event_of(4, "net2", 777000, 777);
	struct link_reading later = reading_of(777100, 778);
	struct link_table table;

	open_table(&table);
	link_table_event(&table, &made, LINK_NOTIFIED, 5);
	link_table_event(&table, &moved, LINK_NOTIFIED, 5);
	link_table_reading(&table, 4, &later, 10);
	later = reading_of(50, 1);
	link_table_reading(&table, 3, &later, 10);
	assert_int_equal(table.flowed.tx_bytes, 150);
	assert_int_equal(table.count, 3);
}

CASE(a_link_that_goes_is_counted_to_its_last_byte)
{
	struct link_event gone = event_of(2, "eth0", 4000, 40);
	struct link_table table;

	open_table(&table);
	gone.gone = true;
	link_table_event(&table, &gone, LINK_NOTIFIED, 5);
	assert_int_equal(table.count, 0);
	assert_int_equal(table.flowed.tx_bytes, 3000);
	read_eth0(&table, 5000, 50, 10);
	assert_int_equal(table.flowed.tx_bytes, 3000);
}

CASE(what_a_vanishing_link_forgets_is_no_reset)
{
	struct link_event gone = event_of(2, "eth0", 4000, 40);
	struct link_reading reading = reading_of(2000, 20);
	struct link_table table;

	open_table(&table);
	reading.rx_bytes = 900;
	reading.rx_packets = 9;
	link_table_reading(&table, 2, &reading, 1);
	gone.gone = true;
	link_table_event(&table, &gone, LINK_NOTIFIED, 5);
	assert_int_equal(table.flowed.tx_bytes, 3000);
	assert_int_equal(table.flowed.rx_bytes, 900);
	assert_int_equal(table.oddities.resets, 0);
}

CASE(a_notification_overtaken_by_a_dump_is_out_of_date)
{
	struct link_event old = event_of(2, "eth0", 1100, 11);
	struct link_table table;

	open_table(&table);
	read_eth0(&table, 9000, 90, 10);
	link_table_event(&table, &old, LINK_NOTIFIED, 11);
	assert_int_equal(table.flowed.tx_bytes, 8000);
	assert_int_equal(table.links[0].tx_bytes, 9000);
	assert_int_equal(table.oddities.resets, 0);
}

CASE(a_renamed_link_keeps_its_count)
{
	struct link_event renamed = event_of(2, "wan0", 1200, 12);
	struct link_table table;
	uint64_t identity;

	open_table(&table);
	identity = link_table_identity(&table);
	link_table_event(&table, &renamed, LINK_NOTIFIED, 5);
	assert_string_equal(table.links[0].name, "wan0");
	assert_int_equal(table.flowed.tx_bytes, 200);
	assert_true(link_table_identity(&table) != identity);
}

CASE(renaming_a_link_out_of_the_list_ends_its_count)
{
	struct link_event first = event_of(2, "eth0", 1000, 10);
	struct link_event renamed = event_of(2, "other", 1200, 12);
	struct link_table table;

	link_table_open(&table, "eth*", 0);
	link_table_event(&table, &first, LINK_AT_START, 0);
	link_table_event(&table, &renamed, LINK_NOTIFIED, 5);
	assert_int_equal(table.count, 0);
	assert_int_equal(table.flowed.tx_bytes, 200);
	snprintf(renamed.name, sizeof(renamed.name), "eth7");
	renamed.reading = reading_of(5000, 50);
	link_table_event(&table, &renamed, LINK_NOTIFIED, 6);
	assert_int_equal(table.count, 1);
	assert_int_equal(table.flowed.tx_bytes, 200);
}

CASE(after_lost_notifications_new_links_count_from_nothing)
{
	struct link_event eth0 = event_of(2, "eth0", 1000, 10);
	struct link_event made = event_of(6, "net1", 600, 6);
	struct link_event made_too = event_of(5, "net2", 50, 1);
	struct link_table table;

	open_table(&table);
	link_table_lost(&table, 5);
	link_table_resync_begin(&table, 6);
	link_table_event(&table, &eth0, LINK_RESYNCED, 6);
	link_table_event(&table, &made, LINK_RESYNCED, 6);
	link_table_event(&table, &made_too, LINK_RESYNCED, 6);
	link_table_resync_end(&table, true);
	assert_int_equal(table.count, 3);
	assert_int_equal(table.flowed.tx_bytes, 650);
	assert_false(table.incomplete);
}

CASE(after_lost_notifications_vanished_links_are_dropped)
{
	struct link_event made = event_of(6, "net1", 0, 0);
	struct link_table table;

	open_table(&table);
	link_table_resync_begin(&table, 6);
	link_table_event(&table, &made, LINK_RESYNCED, 6);
	link_table_resync_end(&table, false);
	assert_int_equal(table.count, 2);
	assert_true(table.incomplete);
	link_table_resync_begin(&table, 7);
	link_table_event(&table, &made, LINK_RESYNCED, 7);
	link_table_resync_end(&table, true);
	assert_int_equal(table.count, 1);
	assert_string_equal(table.links[0].name, "net1");
}

/* Each of them sends, and all of it is in the sums, whether it is shown or not. */
CASE(links_beyond_those_shown_are_in_the_sums)
{
	static struct link_table table;
	struct link_event event;
	struct link_reading reading = reading_of(350, 3);
	int i;

	link_table_open(&table, "", 0);
	for (i = 1; i <= 500; i++) {
		event = event_of(i, "v", 100, 1);
		link_table_event(&table, &event, LINK_AT_START, 0);
	}
	for (i = 1; i <= 500; i++)
		assert_true(link_table_reading(&table, i, &reading, 10));
	assert_int_equal(table.flowed.tx_bytes, 500 * 250);
	assert_int_equal(table.count, 500);
	assert_int_equal(link_table_shown(&table), COLLECT_LINKS_MAX);
	assert_int_equal(table.untracked, 500 - COLLECT_LINKS_MAX);
	assert_false(table.overflowed);

	/* One goes; what was shown stays, and the first that was not is now. */
	event = event_of(1, "v", 350, 3);
	event.gone = true;
	link_table_event(&table, &event, LINK_NOTIFIED, 11);
	assert_int_equal(table.links[0].ifindex, 2);
	assert_int_equal(table.links[COLLECT_LINKS_MAX - 1].ifindex,
			 COLLECT_LINKS_MAX + 1);
	assert_int_equal(table.flowed.tx_bytes, 500 * 250);
}

CASE(links_beyond_the_bound_wait_for_a_place)
{
	static struct link_table table;
	struct link_event event;
	int i;

	link_table_open(&table, "", 0);
	for (i = 1; i <= LINKS_MAX + 2; i++) {
		event = event_of(i, "v", 100, 1);
		link_table_event(&table, &event, LINK_AT_START, 0);
	}
	assert_int_equal(table.count, LINKS_MAX);
	assert_true(table.overflowed);

	/* One goes; the one that waited is found by the next listing, and what it
	 * carried before it was watched is not counted. */
	event = event_of(1, "v", 100, 1);
	event.gone = true;
	link_table_event(&table, &event, LINK_NOTIFIED, 1);
	link_table_resync_begin(&table, 2);
	for (i = 2; i <= LINKS_MAX + 1; i++) {
		event = event_of(i, "v", 100, 1);
		link_table_event(&table, &event, LINK_RESYNCED, 2);
	}
	link_table_resync_end(&table, true);
	assert_int_equal(table.count, LINKS_MAX);
	assert_int_equal(table.flowed.tx_bytes, 0);
	assert_false(table.overflowed);
}

/* A VLAN, notified of after traffic: it counts no byte a second time. */
CASE(what_stands_on_another_link_is_counted_there)
{
	struct link_event vlan = event_of(7, "eth0.5", 0, 0);
	struct link_reading reading = reading_of(5000, 50);
	struct link_table table, named;

	vlan.place.below = 2;
	open_table(&table);
	link_table_event(&table, &vlan, LINK_NOTIFIED, 5);
	read_eth0(&table, 6500, 60, 10);
	link_table_reading(&table, 7, &reading, 10);
	assert_int_equal(table.flowed.tx_bytes, 5500);
	assert_int_equal(table.links[1].tx_bytes, 5000);
	assert_false(table.links[1].counted);

	/* What is meant by its name counts, whatever it stands on. */
	link_table_open(&named, "eth*", 0);
	vlan.reading = reading_of(0, 0);
	link_table_event(&named, &vlan, LINK_AT_START, 0);
	vlan = event_of(2, "eth0", 0, 0);
	link_table_event(&named, &vlan, LINK_AT_START, 0);
	read_eth0(&named, 5500, 60, 10);
	link_table_reading(&named, 7, &reading, 10);
	assert_int_equal(named.flowed.tx_bytes, 10500);
}

/* A kernel that notifies of links without counters, and counts them elsewhere. */
CASE(a_link_without_counters_counts_from_its_first_reading)
{
	struct link_event event = event_of(2, "eth0", 0, 0);
	struct link_table table;

	event.has_reading = false;
	link_table_open(&table, "", 0);
	link_table_event(&table, &event, LINK_AT_START, 0);
	assert_int_equal(table.count, 1);
	read_eth0(&table, 7000, 70, 10);
	assert_int_equal(table.flowed.tx_bytes, 0);
	read_eth0(&table, 7300, 73, 20);
	assert_int_equal(table.flowed.tx_bytes, 300);
}

CASE(what_is_here_and_not_meant_is_named)
{
	struct link_event z0 = event_of(2, "z0", 0, 0), lo = event_of(1, "lo", 0, 0);
	struct link_table table;

	lo.loopback = true;
	link_table_open(&table, "eth0", 0);
	link_table_event(&table, &z0, LINK_AT_START, 0);
	link_table_event(&table, &lo, LINK_AT_START, 0);
	assert_int_equal(table.count, 0);
	assert_string_equal(table.unwatched, "z0");
	z0.gone = true;
	link_table_event(&table, &z0, LINK_NOTIFIED, 1);
	assert_string_equal(table.unwatched, "");
}

CASE(the_identity_does_not_depend_on_order)
{
	struct link_event a = event_of(2, "eth0", 0, 0), b = event_of(3, "net1", 0, 0);
	struct link_table one, other;

	link_table_open(&one, "", 0);
	link_table_open(&other, "", 0);
	link_table_event(&one, &a, LINK_AT_START, 0);
	link_table_event(&one, &b, LINK_AT_START, 0);
	link_table_event(&other, &b, LINK_AT_START, 0);
	link_table_event(&other, &a, LINK_AT_START, 0);
	assert_int_equal(link_table_identity(&one), link_table_identity(&other));
	b.address_length = 6;
	b.address[5] = 1;
	link_table_event(&other, &b, LINK_NOTIFIED, 0);
	assert_true(link_table_identity(&one) != link_table_identity(&other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_a_link_carried_before_the_start_is_not_counted),
	    cmocka_unit_test(a_reset_adds_what_flowed_since_and_never_takes_away),
	    cmocka_unit_test(a_lost_reading_is_neither_counted_nor_shown),
	    cmocka_unit_test(a_notification_settles_no_doubt),
	    cmocka_unit_test(a_link_that_goes_in_doubt_loses_nothing),
	    cmocka_unit_test(a_leap_beyond_the_wire_is_a_reset),
	    cmocka_unit_test(a_link_notified_of_later_counts_from_its_notification),
	    cmocka_unit_test(a_link_that_goes_is_counted_to_its_last_byte),
	    cmocka_unit_test(what_a_vanishing_link_forgets_is_no_reset),
	    cmocka_unit_test(a_notification_overtaken_by_a_dump_is_out_of_date),
	    cmocka_unit_test(a_renamed_link_keeps_its_count),
	    cmocka_unit_test(renaming_a_link_out_of_the_list_ends_its_count),
	    cmocka_unit_test(after_lost_notifications_new_links_count_from_nothing),
	    cmocka_unit_test(after_lost_notifications_vanished_links_are_dropped),
	    cmocka_unit_test(links_beyond_those_shown_are_in_the_sums),
	    cmocka_unit_test(links_beyond_the_bound_wait_for_a_place),
	    cmocka_unit_test(what_stands_on_another_link_is_counted_there),
	    cmocka_unit_test(a_link_without_counters_counts_from_its_first_reading),
	    cmocka_unit_test(what_is_here_and_not_meant_is_named),
	    cmocka_unit_test(the_identity_does_not_depend_on_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
