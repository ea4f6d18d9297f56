/* SPDX-License-Identifier: Apache-2.0 */
/* The --interfaces list. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "collect/links/globs.h"

CASE(an_empty_list_watches_all_but_loopback)
{
	assert_true(globs_watch("", "eth0", false));
	assert_true(globs_watch(" , ", "net1", false));
	assert_false(globs_watch("", "lo", true));
}

CASE(a_list_watches_what_it_names)
{
	assert_true(globs_watch("eth0,net*", "eth0", false));
	assert_true(globs_watch(" eth0 , net* ", "net12", false));
	assert_false(globs_watch("eth0,net*", "eth1", false));
	assert_true(globs_watch("eth[01]", "eth1", false));
}

CASE(an_excluding_glob_wins_wherever_it_stands)
{
	assert_false(globs_watch("!eth1,eth*", "eth1", false));
	assert_false(globs_watch("eth*,!eth1", "eth1", false));
	assert_true(globs_watch("eth*,!eth1", "eth0", false));
}

CASE(a_list_that_only_excludes_watches_the_rest)
{
	assert_true(globs_watch("!docker*", "eth0", false));
	assert_false(globs_watch("!docker*", "docker0", false));
	assert_false(globs_watch("!docker*", "lo", true));
}

CASE(loopback_is_watched_only_by_its_name)
{
	assert_false(globs_watch("*", "lo", true));
	assert_false(globs_watch("l*", "lo", true));
	assert_true(globs_watch("eth0,lo", "lo", true));
	assert_false(globs_watch("lo,!l*", "lo", true));
}

CASE(a_glob_too_long_for_any_name_is_passed_over)
{
	char list[256];
	size_t i;

	for (i = 0; i < sizeof(list) - 6; i++)
		list[i] = 'x';
	list[i++] = ',';
	list[i++] = 'e';
	list[i++] = 't';
	list[i++] = 'h';
	list[i++] = '0';
	list[i] = '\0';
	assert_true(globs_watch(list, "eth0", false));
	assert_false(globs_watch(list, "xxxxxxxxxxxxxxx", false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_list_watches_all_but_loopback),
	    cmocka_unit_test(a_list_watches_what_it_names),
	    cmocka_unit_test(an_excluding_glob_wins_wherever_it_stands),
	    cmocka_unit_test(a_list_that_only_excludes_watches_the_rest),
	    cmocka_unit_test(loopback_is_watched_only_by_its_name),
	    cmocka_unit_test(a_glob_too_long_for_any_name_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
