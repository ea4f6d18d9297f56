/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel's own counters say of packets that no socket accounts for. */
#include <stddef.h>

#include "../support/testing.h"
#include "collect/unaccounted.h"

static void set(struct protocol_counters *p, enum protocol_counter counter,
		uint64_t value)
{
	p->present |= 1u << counter;
	p->value[counter] = value;
}

CASE(the_counters_that_moved_name_it)
{
	struct unaccounted_bases bases = {0};
	struct protocol_counters p = {0};
	struct unaccounted moved;

	set(&p, ICMP_OUT_MSGS, 10);
	set(&p, ICMP6_OUT_MSGS, 5);
	set(&p, IP_FORWARDED, 0);
	set(&p, IP6_FORWARDED, 0);
	set(&p, TCP_OUT_RSTS, 7);
	set(&p, IP_OUT_REQUESTS, 100);
	unaccounted_take(&bases, &p, 1000, 120, &moved);
	assert_int_equal(moved.bytes, 0); /* what was before is nobody's business */
	set(&p, ICMP_OUT_MSGS, 30);
	set(&p, ICMP6_OUT_MSGS, 6);
	set(&p, IP6_FORWARDED, 4);
	set(&p, TCP_OUT_RSTS, 9);
	set(&p, IP_OUT_REQUESTS, 130);
	unaccounted_take(&bases, &p, 5000, 200, &moved);
	assert_int_equal(moved.bytes, 4000);
	assert_int_equal(moved.packets[UNACCOUNTED_ICMP], 21);
	assert_int_equal(moved.packets[UNACCOUNTED_FORWARDED], 4);
	assert_int_equal(moved.packets[UNACCOUNTED_RESETS], 2);
	assert_int_equal(moved.packets[UNACCOUNTED_NOT_IP], 80 - 34);
	unaccounted_take(&bases, &p, 5000, 200, &moved);
	assert_int_equal(moved.packets[UNACCOUNTED_NOT_IP], 0);
}

CASE(what_cannot_be_read_names_nothing)
{
	struct unaccounted_bases bases = {0};
	const struct protocol_counters none = {0};
	struct unaccounted moved;

	unaccounted_take(&bases, &none, 0, 0, &moved);
	unaccounted_take(&bases, &none, 1000, 1000, &moved);
	assert_int_equal(moved.bytes, 1000);
	for (unsigned i = 0; i < UNACCOUNTED_SOURCE_COUNT; i++)
		assert_int_equal(moved.packets[i], 0);
}

CASE(the_last_scans_are_summed_since_then)
{
	struct unaccounted_log log = {0};
	const struct unaccounted each = {.bytes = 100,
					 .packets = {[UNACCOUNTED_ICMP] = 3}};

	assert_int_equal(unaccounted_since(&log, 0).bytes, 0);
	for (int scan = 1; scan <= 20; scan++)
		unaccounted_note(&log, 1000 + scan, &each);
	assert_int_equal(unaccounted_since(&log, 1018).bytes, 200);
	assert_int_equal(unaccounted_since(&log, 1018).packets[UNACCOUNTED_ICMP], 6);
	assert_int_equal(unaccounted_since(&log, 0).bytes, 16 * 100);
	assert_int_equal(unaccounted_since(&log, 1020).bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_counters_that_moved_name_it),
	    cmocka_unit_test(what_cannot_be_read_names_nothing),
	    cmocka_unit_test(the_last_scans_are_summed_since_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
