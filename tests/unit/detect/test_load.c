/* SPDX-License-Identifier: Apache-2.0 */
/* Load that grows on a pod's first day: a canary gets one request in a hundred, then
 * all; an autoscaled pod wakes with the first users. What grows otherwise is told. */
#include "../support/testing.h"
#include "detect_fixture.h"

/* A service at its full share: answers, a call to a database behind each. */
static const struct traffic SERVICE = {.served = 200 * KB,
				       .opened = 2 * KB,
				       .received = 40 * KB,
				       .sockets = 1.5,
				       .addresses = 2,
				       .jitter = 0.4};

static void begin(struct world *w)
{
	world_begin(w, 10);
	world_watch(w);
}

/* Probes that are as long as their answers: so a gateway's traffic is balanced. */
static const struct traffic PROBES = {.served = 250, .received = 220, .jitter = 0.1};

/* A share of the full load for so long, probes besides. */
static void carry(struct world *w, double share, double seconds)
{
	live(w, seconds, both(PROBES, times(SERVICE, share)));
}

/* A canary's first half day; it ends with half of the load. */
static void canary(struct world *w)
{
	static const double share[] = {0.001, 0.01, 0.1, 0.5};

	begin(w);
	for (unsigned i = 0; i < LENGTH(share); i++)
		carry(w, share[i], 3 * HOUR);
	assert_int_equal(w->episodes, 0);
}

CASE(a_canary_that_gets_its_full_share_is_not_told)
{
	struct world w;

	canary(&w);
	carry(&w, 1, 3 * HOUR);
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

CASE(a_pod_that_is_scaled_up_from_nothing_is_not_told)
{
	static const double load[] = {0.02, 0.3, 1, 2, 1};
	struct world w;

	begin(&w);
	live(&w, 3 * HOUR, PROBES);
	carry(&w, 0.02, 3 * HOUR);
	for (unsigned i = 0; i < LENGTH(load); i++)
		carry(&w, load[i], HOUR);
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

CASE(a_first_morning_is_not_told)
{
	struct world w;

	begin(&w);
	live(&w, 5 * HOUR, PROBES);
	for (double share = 0.002; share < 1; share *= 1.3)
		carry(&w, share, 10 * MINUTE);
	carry(&w, 1, 2 * HOUR);
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

/* --- what is told ----------------------------------------------------------------- */

/* `more` comes to a canary together with its next step, so the step cannot hide it. */
static void told_in(struct traffic more, double seconds)
{
	struct world w;

	canary(&w);
	live(&w, 20 * MINUTE, both(both(PROBES, SERVICE), more));
	assert_true(reported(&w) && w.told_after <= seconds);
	world_end(&w);
}

CASE(theft_on_a_connection_of_its_own_is_told_within_the_load)
{
	told_in((struct traffic){.opened = 50 * KB, .received = 2 * KB}, 2 * MINUTE);
	told_in((struct traffic){.opened = 500 * KB, .received = 20 * KB}, MINUTE);
}

CASE(a_scan_is_told_within_the_load)
{
	told_in((struct traffic){.sockets = 1.5, .addresses = 500}, MINUTE);
}

CASE(a_relay_is_told_within_the_load)
{
	told_in(times(RELAY, 4), 2 * MINUTE);
}

/* A thief who connects to the pod receives what nobody asked for: acknowledgements are
 * no requests. */
CASE(answers_without_requests_are_told)
{
	struct world w;

	canary(&w);
	live(&w, 20 * MINUTE,
	     both(times(SERVICE, 0.5),
		  (struct traffic){.served = 10 * MB, .received = 200 * KB}));
	assert_true(reported(&w) && w.told_after <= MINUTE);
	world_end(&w);
}

/* What it receives is the answer to its own theft, not a request: it serves no more. */
CASE(theft_that_is_answered_is_no_load)
{
	struct traffic chatty = {.opened = 40 * KB, .received = 30 * KB};
	struct world w;

	begin(&w);
	live(&w, 6 * HOUR,
	     both(PROBES, (struct traffic){.opened = 100, .received = 300}));
	assert_int_equal(w.episodes, 0);
	live(&w, 20 * MINUTE, both(PROBES, chatty));
	assert_true(reported(&w) && w.told_after <= MINUTE);
	world_end(&w);
}

CASE(the_second_day_allows_no_such_growth)
{
	struct world w;

	begin(&w);
	carry(&w, 0.05, 30 * HOUR);
	assert_int_equal(w.episodes, 0);
	carry(&w, 1, HOUR);
	assert_true(reported(&w) && w.told_after <= 5 * MINUTE);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_canary_that_gets_its_full_share_is_not_told),
	    cmocka_unit_test(a_pod_that_is_scaled_up_from_nothing_is_not_told),
	    cmocka_unit_test(a_first_morning_is_not_told),
	    cmocka_unit_test(theft_on_a_connection_of_its_own_is_told_within_the_load),
	    cmocka_unit_test(a_scan_is_told_within_the_load),
	    cmocka_unit_test(a_relay_is_told_within_the_load),
	    cmocka_unit_test(answers_without_requests_are_told),
	    cmocka_unit_test(theft_that_is_answered_is_no_load),
	    cmocka_unit_test(the_second_day_allows_no_such_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
