/* SPDX-License-Identifier: Apache-2.0 */
/* The limits that do not come from the pod's own past, and which verdicts are of one
 * incident. */
#include <stddef.h>

#include "../support/testing.h"
#include "detect/limits.h"
#include "dormouse/detect.h"

/* A signal that limits.c does not name would be collected and never judged. */
CASE(every_signal_is_judged_but_what_is_received)
{
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		if (s == SIGNAL_RX_BYTES || s == SIGNAL_RX_PACKETS) {
			assert_false(limit_judged(s));
			continue;
		}
		assert_true(limit_judged(s));
		for (unsigned k = 0; k < WINDOWS; k++)
			assert_true(limit_floor(s, k, 60, true) > 0);
	}
}

CASE(the_kinds_that_say_more_have_the_higher_rank)
{
	assert_true(alert_kind_rank(ALERT_PROXY_RELAY) >
		    alert_kind_rank(ALERT_CONNECTION_FANOUT));
	assert_true(alert_kind_rank(ALERT_CONNECTION_FANOUT) >
		    alert_kind_rank(ALERT_DORMANCY_BREAK));
	/* About a limit or the monitor: they stand alone. */
	assert_int_equal(alert_kind_rank(ALERT_BUDGET_EXCEEDED), 0);
	assert_int_equal(alert_kind_rank(ALERT_MONITOR_GAP), 0);
	for (unsigned kind = 0; kind < ALERT_KIND_COUNT; kind++)
		assert_true(alert_kind_rank((enum alert_kind)kind) <=
			    ALERT_KIND_RANK_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_signal_is_judged_but_what_is_received),
	    cmocka_unit_test(the_kinds_that_say_more_have_the_higher_rank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
