/* SPDX-License-Identifier: Apache-2.0 */
/* promtool.h - what Prometheus' own checker says of a page of metrics. */
#ifndef TESTS_SUPPORT_PROMTOOL_H
#define TESTS_SUPPORT_PROMTOOL_H

#include <stdio.h>
#include <stdlib.h>

#include "testing.h"

/* The test fails if promtool finds anything, and is skipped where there is none. */
static inline void assert_promtool_finds_nothing(const char *page)
{
	if (system("command -v promtool >/dev/null") != 0) {
		print_message("promtool is not installed (package prometheus)\n");
		skip();
	}
	FILE *promtool = popen("promtool check metrics 2>&1", "w");

	assert_non_null(promtool);
	fputs(page, promtool);
	assert_int_equal(pclose(promtool), 0);
}

#endif
