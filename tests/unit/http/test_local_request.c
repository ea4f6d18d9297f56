/* SPDX-License-Identifier: Apache-2.0 */
/* test_local_request.c - which hosts are local, and which origins are a host's. */
#include "../support/testing.h"
#include "http/local_request.h"

CASE(loopback_is_local_by_name_and_by_address)
{
	static const char *const local[] = {
	    "localhost", "LOCALHOST:80",   "localhost:",
	    "127.0.0.1", "127.0.0.1:9478", "127.1.2.3:1",
	    "[::1]",     "[::1]:9478",     "[0:0:0:0:0:0:0:1]:9478",
	};

	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (!local_request_is_host(local[i]))
			fail_msg("%s", local[i]);
}

CASE(everything_else_is_foreign)
{
	static const char *const foreign[] = {
	    "",
	    ":",
	    ":9478",
	    "[",
	    "[]",
	    "[::1",
	    "[::1]9478",
	    "[::1]:x",
	    "[::2]",
	    "[::ffff:127.0.0.1]",
	    "[localhost]",
	    "::1",
	    "localhost:80a",
	    "localhost:80:80",
	    "localhost.",
	    "localhost.evil.example",
	    "evil.example",
	    "evil.localhost",
	    "127.0.0.1.evil.example",
	    "127.0.0.1@evil.example",
	    "localhost@evil.example:80",
	    "127.1",
	    "2130706433",
	    "0.0.0.0",
	    "128.0.0.1",
	    "10.0.0.1:9478",
	    " localhost",
	    "localhost localhost",
	    "localhost,evil.example",
	    "localhost/",
	    "1111111111111111111111111111111111111111111111111111111111111111111111",
	};

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (local_request_is_host(foreign[i]))
			fail_msg("%s", foreign[i]);
}

CASE(an_origin_is_a_scheme_and_the_host_as_it_was_asked)
{
	assert_true(local_request_is_origin("http://localhost:9478", "localhost:9478"));
	assert_true(local_request_is_origin("HTTP://LocalHost", "localhost"));
	assert_true(local_request_is_origin("https://alerts.corp", "alerts.corp"));
	assert_false(local_request_is_origin("http://localhost:9478", "localhost"));
	assert_false(local_request_is_origin("http://localhost", "localhost:9478"));
	assert_false(local_request_is_origin("http://localhost/", "localhost"));
	assert_false(local_request_is_origin("null", "localhost"));
	assert_false(local_request_is_origin("null", ""));
	assert_false(local_request_is_origin("", ""));
	assert_false(local_request_is_origin("localhost", "localhost"));
	assert_false(local_request_is_origin("file://", "localhost"));
	assert_false(local_request_is_origin("http://a http://localhost", "localhost"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(loopback_is_local_by_name_and_by_address),
	    cmocka_unit_test(everything_else_is_foreign),
	    cmocka_unit_test(an_origin_is_a_scheme_and_the_host_as_it_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
