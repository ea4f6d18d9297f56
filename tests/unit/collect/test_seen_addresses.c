/* SPDX-License-Identifier: Apache-2.0 */
/* What the filter of addresses remembers, and what it takes for seen by mistake. */
#include <arpa/inet.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "../support/testing.h"
#include "collect/sockets/seen_addresses.h"

static struct seen_addresses seen, other;

static struct in6_addr of_text(const char *text)
{
	struct in6_addr address = {0};

	assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return address;
}

/* The i-th of many addresses of IPv4. */
static struct in6_addr of_number(uint32_t i)
{
	struct in6_addr address = of_text("::ffff:0.0.0.0");
	const uint32_t ordered = htonl(i);

	memcpy(&address.s6_addr[12], &ordered, sizeof(ordered));
	return address;
}

static bool is_new(const char *text)
{
	const struct in6_addr address = of_text(text);

	return seen_addresses_add(&seen, &address);
}

/* Adds `count` addresses from the first on; returns how many were new. */
static unsigned add_range(uint32_t first, uint32_t count)
{
	unsigned found_new = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct in6_addr address = of_number(first + i);

		found_new += seen_addresses_add(&seen, &address);
	}
	return found_new;
}

CASE(an_address_is_new_once)
{
	seen_addresses_init(&seen, 1);
	assert_true(is_new("::ffff:10.0.0.1"));
	assert_false(is_new("::ffff:10.0.0.1"));
	assert_true(is_new("::ffff:10.0.0.2"));
	assert_true(is_new("::ffff:10.0.1.1"));
}

CASE(addresses_of_one_ipv6_network_are_one)
{
	seen_addresses_init(&seen, 1);
	assert_true(is_new("2001:db8:0:1::1"));
	assert_false(is_new("2001:db8:0:1:ffff:ffff:ffff:ffff"));
	assert_true(is_new("2001:db8:0:2::1"));
}

/* Every address of the last full filter is remembered: none is ever reported twice. */
CASE(the_last_addresses_are_all_remembered)
{
	const uint32_t many = 20 * SEEN_CAPACITY;

	seen_addresses_init(&seen, 2);
	for (uint32_t i = 0; i < many; i += 64) {
		add_range(i, 64);
		const uint32_t back = i + 64 < SEEN_CAPACITY ? i + 64 : SEEN_CAPACITY;
		for (uint32_t j = i + 64 - back; j < i + 64; j += 13) {
			struct seen_addresses *copy = &other;
			const struct in6_addr address = of_number(j);

			*copy = seen;
			assert_false(seen_addresses_add(copy, &address));
		}
	}
}

CASE(a_peer_in_use_is_never_forgotten)
{
	seen_addresses_init(&seen, 3);
	assert_true(is_new("::ffff:192.0.2.1"));
	for (uint32_t i = 0; i < 10; i++) {
		add_range(i * SEEN_CAPACITY, SEEN_CAPACITY - 1);
		assert_false(is_new("::ffff:192.0.2.1"));
	}
}

CASE(an_address_long_unused_is_new_again)
{
	seen_addresses_init(&seen, 4);
	assert_true(is_new("::ffff:192.0.2.1"));
	add_range(0, 3 * SEEN_CAPACITY);
	assert_true(is_new("::ffff:192.0.2.1"));
}

/* The formula of the header, for both filters full: the newer one lacks one address. */
CASE(it_mistakes_as_many_for_seen_as_is_computed)
{
	const double full =
	    pow(1 - exp(-(double)SEEN_HASHES * SEEN_CAPACITY / SEEN_BITS), SEEN_HASHES);
	const double expected = 1 - (1 - full) * (1 - full);
	const uint32_t tries = 400000;
	unsigned mistaken = 0;

	assert_true(expected > 0.001 && expected < 0.0015);
	seen_addresses_init(&seen, 5);
	/* The mistakes of the filling itself do not count as added. */
	for (uint32_t i = 0; seen.count < SEEN_CAPACITY - 1 || i < SEEN_CAPACITY; i++)
		add_range(i, 1);
	for (uint32_t i = 0; i < tries; i++) {
		const struct in6_addr address = of_number(0x80000000u + i);

		other = seen;
		mistaken += !seen_addresses_add(&other, &address);
	}
	print_message("%u of %u mistaken, %.0f expected\n", mistaken, tries,
		      expected * tries);
	/* The standard deviation is 24; the bits that happen to be set vary as well. */
	assert_in_range(mistaken, (unsigned)(expected * tries * 0.8),
			(unsigned)(expected * tries * 1.2));
}

CASE(a_block_that_was_kept_goes_on)
{
	seen_addresses_init(&seen, 6);
	add_range(0, SEEN_CAPACITY + 100);
	other = seen;
	seen_addresses_init(&seen, 7);
	assert_true(seen_addresses_restore(&seen, &other, sizeof(other)));
	assert_int_equal(add_range(200, SEEN_CAPACITY - 100), 0);
	assert_true(is_new("::ffff:192.0.2.1"));
}

static void assert_refused(void)
{
	seen_addresses_init(&seen, 9);
	assert_false(seen_addresses_restore(&seen, &other, sizeof(other)));
	assert_int_equal(seen.count, 0);
	assert_true(is_new("::ffff:10.0.0.1"));
}

CASE(a_block_that_cannot_be_is_refused)
{
	seen_addresses_init(&seen, 8);
	assert_true(is_new("::ffff:10.0.0.1"));
	const struct seen_addresses good = seen;

	other = good;
	other.layout++;
	assert_refused();
	other = good;
	other.count = SEEN_CAPACITY;
	assert_refused();
	other = good; /* would know every address */
	memset(other.newer, 0xff, sizeof(other.newer));
	assert_refused();
	other = good;
	memset(other.older, 0xff, sizeof(other.older));
	assert_refused();
	other = good;
	assert_false(seen_addresses_restore(&seen, &other, sizeof(other) - 1));
	assert_false(seen_addresses_restore(&seen, NULL, 0));
	assert_true(seen_addresses_restore(&seen, &other, sizeof(other)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_is_new_once),
	    cmocka_unit_test(addresses_of_one_ipv6_network_are_one),
	    cmocka_unit_test(the_last_addresses_are_all_remembered),
	    cmocka_unit_test(a_peer_in_use_is_never_forgotten),
	    cmocka_unit_test(an_address_long_unused_is_new_again),
	    cmocka_unit_test(it_mistakes_as_many_for_seen_as_is_computed),
	    cmocka_unit_test(a_block_that_was_kept_goes_on),
	    cmocka_unit_test(a_block_that_cannot_be_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
