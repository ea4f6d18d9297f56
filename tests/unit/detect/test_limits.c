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

CASE(a_kind_that_says_more_takes_over_for_five_minutes)
{
	const enum alert_kind volume = ALERT_EGRESS_VOLUME, relay = ALERT_PROXY_RELAY;

	assert_int_equal(alert_kind_belonging(volume, relay, 300, 10), TAKES_OVER);
	assert_int_equal(alert_kind_belonging(volume, relay, 301, 10), BELONGS_NOT);
	assert_int_equal(alert_kind_belonging(relay, volume, 301, 10), BELONGS);
	/* Or for five intervals, where that is longer. */
	assert_int_equal(alert_kind_belonging(volume, relay, 1500, 300), TAKES_OVER);
	assert_int_equal(alert_kind_belonging(volume, relay, 1501, 300), BELONGS_NOT);
}

CASE(kinds_about_a_limit_or_the_monitor_stand_alone)
{
	for (unsigned kind = 0; kind < ALERT_KIND_COUNT; kind++) {
		enum alert_kind at = (enum alert_kind)kind;
		bool budget = at == ALERT_BUDGET_EXCEEDED;
		assert_int_equal(alert_kind_belonging(at, ALERT_BUDGET_EXCEEDED, 0, 10),
				 budget ? BELONGS : BELONGS_NOT);
		assert_int_equal(alert_kind_belonging(ALERT_BUDGET_EXCEEDED, at, 0, 10),
				 budget ? BELONGS : BELONGS_NOT);
		assert_int_equal(alert_kind_belonging(ALERT_MONITOR_GAP, at, 0, 10),
				 BELONGS_NOT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_signal_is_judged_but_what_is_received),
	    cmocka_unit_test(a_kind_that_says_more_takes_over_for_five_minutes),
	    cmocka_unit_test(kinds_about_a_limit_or_the_monitor_stand_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
