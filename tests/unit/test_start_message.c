/* SPDX-License-Identifier: Apache-2.0 */
/* test_start_message.c - where to look is said in addresses that can be opened. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "config/parse.h"
#include "start_message.h"
#include "support/testing.h"

static const char *address(const char *given, uint16_t port)
{
	static char shown[80];
	struct text t = text_over(shown, sizeof(shown));
	struct listen_address where;

	assert_int_equal(parse_listen(given, &where), 0);
	start_address(&t, &where, port);
	assert_false(t.overflowed);
	return shown;
}

CASE(a_wildcard_is_shown_as_the_machine_itself)
{
	assert_string_equal(address("[::]:9477", 9477), "localhost:9477");
	assert_string_equal(address(":9477", 9477), "localhost:9477");
	assert_string_equal(address("[0:0::0]:80", 80), "localhost:80");
	assert_string_equal(address("0.0.0.0:9477", 9477), "127.0.0.1:9477");
}

CASE(an_address_is_shown_as_it_was_given)
{
	assert_string_equal(address("127.0.0.1:9478", 9478), "127.0.0.1:9478");
	assert_string_equal(address("[fd00::1]:9477", 9477), "[fd00::1]:9477");
	assert_string_equal(address("[::1]:65535", 65535), "[::1]:65535");
}

CASE(the_port_is_the_one_that_was_bound)
{
	assert_string_equal(address("[::]:0", 34567), "localhost:34567");
	assert_string_equal(address("10.0.0.1:0", 34567), "10.0.0.1:34567");
}

CASE(people_get_one_command_a_line)
{
	char lines[640];
	struct text t = text_over(lines, sizeof(lines));

	start_message(&t, "build/dormouse", 10, "localhost:9477", "127.0.0.1:9478");
	assert_false(t.overflowed);
	assert_non_null(strstr(lines, ", a sample each 10s. Ctrl-C stops it.\n"));
	assert_non_null(strstr(lines, "\n  curl http://localhost:9477/metrics  "));
	assert_non_null(strstr(lines, "\n  curl http://127.0.0.1:9478/alerts  "));
	assert_non_null(strstr(lines, "\n  build/dormouse status  "));
	assert_int_equal(lines[strlen(lines) - 1], '\n');
}

CASE(the_longest_addresses_fit)
{
	char lines[1024], longest[63];
	struct text t = text_over(lines, sizeof(lines));

	memset(longest, 'f', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	start_message(&t, longest, 0.1, longest, longest);
	assert_false(t.overflowed);
	assert_non_null(strstr(lines, "/alerts"));
	assert_non_null(strstr(lines, "# the same as a table"));
}

/* What is suggested for `status` with alerts at this address. */
static const char *status_for(const char *local)
{
	static char lines[1024];
	struct text t = text_over(lines, sizeof(lines));

	start_message(&t, "/dormouse", 10, "localhost:9477", local);
	return strstr(lines, "/dormouse status");
}

CASE(status_is_told_the_address_when_it_is_not_the_default)
{
	assert_null(strstr(status_for("127.0.0.1:9478"), "--address"));
	assert_null(strstr(status_for("localhost:9478"), "--address"));
	assert_non_null(
	    strstr(status_for("localhost:19478"), "status --address 127.0.0.1:19478 "));
	assert_non_null(
	    strstr(status_for("[::1]:9478"), "status --address [::1]:9478 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_wildcard_is_shown_as_the_machine_itself),
	    cmocka_unit_test(an_address_is_shown_as_it_was_given),
	    cmocka_unit_test(the_port_is_the_one_that_was_bound),
	    cmocka_unit_test(people_get_one_command_a_line),
	    cmocka_unit_test(the_longest_addresses_fit),
	    cmocka_unit_test(status_is_told_the_address_when_it_is_not_the_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
