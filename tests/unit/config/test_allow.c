/* SPDX-License-Identifier: Apache-2.0 */
/* The destinations that a pod may send to: what is read, and what they match. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "../support/testing.h"
#include "config/allow.h"

static struct in6_addr address_of(const char *text)
{
	struct in6_addr a = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

	if (inet_pton(AF_INET, text, &a.s6_addr[12]) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static bool permits(const char *list, const char *address, uint16_t port)
{
	struct allow_rules rules = {.count = 0};
	const struct in6_addr a = address_of(address);

	assert_int_equal(allow_parse(list, &rules), 0);
	return allow_permits(&rules, &a, port);
}

CASE(valid_lists_are_read)
{
	static const char *const lists[] = {
	    "none",
	    "10.0.0.0/8",
	    "10.1.2.3",
	    "0.0.0.0/0,::/0",
	    "192.0.2.7:443",
	    "192.0.2.0/24:65535",
	    "10.1.2.3/8:0001",
	    "::",
	    "2001:db8::/32",
	    "[2001:db8::/32]:443",
	    "[2001:db8::1]:443",
	    "[2001:db8::1]",
	    "[::/0]",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128]:65535",
	    "10.0.0.0/8,192.0.2.7:443,[2001:db8::/32]:443,2001:db8::1",
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct allow_rules rules = {.count = 0};
		if (allow_parse(lists[i], &rules) < 0 || !rules.is_set)
			fail_msg("%s is refused", lists[i]);
	}
}

CASE(invalid_entries_are_refused_and_named)
{
	static const char *const entries[] = {
	    "",
	    " ",
	    "x",
	    "None",
	    "none ",
	    "10",
	    "10.0.0",
	    "10.0.0.0.0",
	    "256.0.0.0",
	    "10.0.0.0/",
	    "10.0.0.0/33",
	    "10.0.0.0/-1",
	    "10.0.0.0/8/8",
	    "10.0.0.0/8:",
	    "10.0.0.0/8:0",
	    "10.0.0.0/8:65536",
	    "10.0.0.0:80/8",
	    "10.0.0.0:80:80",
	    "10.0.0.0/8 ",
	    " 10.0.0.0/8",
	    "[10.0.0.0/8]:80",
	    "[10.0.0.0]",
	    "example.com",
	    "example.com:443",
	    ":80",
	    "::1.2.3.4",
	    "[::1.2.3.4]:80",
	    "2001:db8::/129",
	    "2001:db8::/32:443x",
	    "[2001:db8::]/32",
	    "[2001:db8::]/32:443",
	    "[2001:db8::/32]443",
	    "[2001:db8::/32]:443:443",
	    "[2001:db8::/32]:",
	    "[2001:db8::/32",
	    "2001:db8::/32]",
	    "2001:db8::]:443",
	    "[[2001:db8::]]:443",
	    "[]:443",
	    "[]",
	    "[/0]",
	    "fe80::1%eth0",
	    "12345::",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/0000000000000000000000000128",
	};
	char list[256], entry[128];

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		struct allow_rules rules = {.count = 0};
		snprintf(list, sizeof(list), "10.0.0.0/8,%s,::1", entries[i]);
		if (allow_parse(list, &rules) == 0 || rules.is_set ||
		    allow_parse(entries[i], &rules) == 0)
			fail_msg("\"%s\" is taken", entries[i]);
		assert_string_equal(allow_refused(list, entry, sizeof(entry)),
				    entries[i][0] ? entries[i] : list);
		assert_int_equal(rules.count, 0);
	}
}

CASE(a_list_is_bounded)
{
	struct allow_rules rules = {.count = 0};
	char list[ALLOW_TEXT_MAX + 64], entry[128];
	size_t length = 0;

	for (int i = 0; i < ALLOW_RULES_MAX; i++)
		length += (size_t)snprintf(list + length, sizeof(list) - length,
					   "%s10.0.0.%d", i ? "," : "", i);
	assert_int_equal(allow_parse(list, &rules), 0);
	assert_int_equal(rules.count, ALLOW_RULES_MAX);
	assert_int_equal(allow_parse("::1", &rules), -1);
	assert_int_equal(rules.count, ALLOW_RULES_MAX);
	rules.count = 0;
	snprintf(list + length, sizeof(list) - length, ",10.0.0.64");
	assert_int_equal(allow_parse(list, &rules), -1);
	assert_ptr_equal(allow_refused(list, entry, sizeof(entry)), list);
	memset(list, '0', sizeof(list));
	memcpy(list, "10.0.0.0/8:", 11);
	list[sizeof(list) - 1] = '\0';
	assert_int_equal(allow_parse(list, &rules), -1);
}

CASE(a_list_may_be_given_in_parts)
{
	struct allow_rules rules = {.count = 0};
	const struct in6_addr first = address_of("10.9.9.9");

	assert_int_equal(allow_parse("10.0.0.0/8", &rules), 0);
	assert_int_equal(allow_parse("::1", &rules), 0);
	assert_int_equal(allow_parse("none", &rules), 0);
	assert_int_equal(rules.count, 2);
	assert_true(allow_permits(&rules, &first, 1));
}

CASE(prefixes_match_to_the_bit)
{
	assert_true(permits("10.0.0.0/8", "10.255.0.1", 1));
	assert_false(permits("10.0.0.0/8", "11.0.0.1", 1));
	assert_true(permits("10.128.0.0/9", "10.128.0.1", 1));
	assert_false(permits("10.128.0.0/9", "10.127.0.1", 1));
	assert_true(permits("192.0.2.7", "192.0.2.7", 1));
	assert_false(permits("192.0.2.7", "192.0.2.6", 1));
	assert_true(permits("192.0.2.6/31", "192.0.2.7", 1));
	assert_false(permits("192.0.2.6/31", "192.0.2.8", 1));
	assert_true(permits("10.1.2.3/8", "10.9.9.9", 1)); /* bits beyond it */
	assert_true(permits("2001:db8::/33", "2001:db8:7fff::1", 1));
	assert_false(permits("2001:db8::/33", "2001:db8:8000::1", 1));
	assert_true(permits("::/0", "2001:db8::1", 1));
	assert_true(permits("0.0.0.0/0", "192.0.2.1", 1));
	assert_false(permits("0.0.0.0/0", "2001:db8::1", 1));
	assert_false(permits("none", "192.0.2.1", 1));
}

CASE(a_port_limits_its_own_entry)
{
	static const char list[] = "10.0.0.0/8,192.0.2.7:443,[2001:db8::/32]:53";

	assert_true(permits(list, "10.0.0.1", 9999));
	assert_true(permits(list, "192.0.2.7", 443));
	assert_false(permits(list, "192.0.2.7", 80));
	assert_true(permits(list, "2001:db8::5", 53));
	assert_false(permits(list, "2001:db8::5", 54));
	assert_true(permits(list, "192.0.2.7", 0)); /* not known */
	assert_false(permits(list, "192.0.2.8", 0));
}

CASE(without_rules_everything_is_allowed)
{
	const struct allow_rules rules = {.count = 0};
	const struct in6_addr a = address_of("192.0.2.1");

	assert_true(allow_permits(&rules, &a, 1));
}

CASE(name_servers_may_be_asked)
{
	static const char conf[] = "# nameserver 192.0.2.1\n"
				   "search default.svc cluster.local\n"
				   "nameserver 10.96.0.10\n"
				   "nameserver\tfd00::a  # second\n"
				   "nameserver  fe80::1%eth0\n"
				   "nameserverx 192.0.2.2\n"
				   "nameserver somewhere\n"
				   "nameserver\n"
				   " nameserver 192.0.2.3\n"
				   "options ndots:5\n"
				   "nameserver 169.254.20.10";
	static const struct {
		const char *address;
		uint16_t port;
		bool permitted;
	} cases[] = {
	    {"10.96.0.10", 53, true},     {"10.96.0.10", 443, false},
	    {"fd00::a", 53, true},        {"fe80::1", 53, true},
	    {"169.254.20.10", 53, true},  {"192.0.2.1", 53, false},
	    {"192.0.2.2", 53, false},     {"192.0.2.3", 53, false},
	    {"169.254.20.10", 80, false},
	};
	struct allow_rules rules = {.count = 0};

	assert_int_equal(allow_parse("none", &rules), 0);
	allow_resolvers(&rules, conf);
	assert_int_equal(rules.count, 4);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct in6_addr a = address_of(cases[i].address);
		if (allow_permits(&rules, &a, cases[i].port) != cases[i].permitted)
			fail_msg("%s %u", cases[i].address, cases[i].port);
	}
}

CASE(name_servers_are_bounded)
{
	struct allow_rules rules = {.count = ALLOW_RULES_MAX};
	char conf[4096] = "";

	for (int i = 0; i < 100; i++)
		memcpy(conf + 20 * (size_t)i, "nameserver 10.0.0.1\n", 21);
	allow_resolvers(&rules, conf);
	assert_int_equal(rules.count, ALLOW_RULES_MAX + ALLOW_RESOLVERS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(valid_lists_are_read),
	    cmocka_unit_test(invalid_entries_are_refused_and_named),
	    cmocka_unit_test(a_list_is_bounded),
	    cmocka_unit_test(a_list_may_be_given_in_parts),
	    cmocka_unit_test(prefixes_match_to_the_bit),
	    cmocka_unit_test(a_port_limits_its_own_entry),
	    cmocka_unit_test(without_rules_everything_is_allowed),
	    cmocka_unit_test(name_servers_may_be_asked),
	    cmocka_unit_test(name_servers_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
