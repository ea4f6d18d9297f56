/* SPDX-License-Identifier: Apache-2.0 */
/* How far beyond its largest minute a pod may go: not thirty times on its first day,
 * and far enough for a pod whose bursts have a heavy tail. */
#include "../support/testing.h"
#include "detect_fixture.h"

static const struct traffic LIFE = {.served = 28 * KB,
				    .opened = 2 * KB,
				    .received = 5 * KB,
				    .sockets = 0.3,
				    .addresses = 5};

/* Lives with a factor between a half and two, and twice that in one minute of fifty.
 * Returns the largest minute, bytes sent. */
static double noisy(struct world *w, double seconds)
{
	double most = 0;

	for (double end = w->now + seconds; w->now < end;) {
		double factor = exp2(2 * chance(w) - 1) * (chance(w) > 0.98 ? 2 : 1);
		double before = w->total[SIGNAL_TX_BYTES];
		live(w, MINUTE, times(LIFE, factor));
		most = fmax(most, w->total[SIGNAL_TX_BYTES] - before);
	}
	return most;
}

CASE(five_times_the_largest_minute_is_told_on_the_first_day)
{
	static const double hours[] = {4, 8, 12};
	static const uint32_t columns[] = {ALL_COLUMNS, TWO_COLUMNS};

	for (unsigned i = 0; i < 6; i++) {
		struct world w;
		world_begin(&w, 60);
		w.columns = columns[i % 2];
		world_watch(&w);
		double most = noisy(&w, hours[i / 2] * HOUR);
		assert_int_equal(w.episodes, 0);
		live(&w, 20 * MINUTE,
		     both(LIFE, (struct traffic){.opened = 5 * most / MINUTE}));
		assert_true(reported(&w) && w.told_after <= 3 * MINUTE);
		world_end(&w);
	}
}

CASE(twice_the_largest_minute_is_not_told)
{
	struct world w;

	world_begin(&w, 60);
	w.columns = TWO_COLUMNS;
	world_watch(&w);
	double most = noisy(&w, 8 * HOUR);
	live(&w, MINUTE, (struct traffic){.served = 2 * most / MINUTE});
	noisy(&w, 2 * HOUR);
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

/* Exports that users ask for: sizes with a tail of exponent 1.3, up to 20 MB. Its mean
 * exists, its deviation hardly does; such a pod exceeds any past. */
CASE(exports_of_any_size_are_seldom_told)
{
	unsigned told = 0;

	for (unsigned seed = 1; seed <= 10; seed++) {
		struct world w;
		world_begin(&w, 10);
		w.seed = seed * 7919;
		world_watch(&w);
		for (double end = w.now + DAY; w.now < end;) {
			bool asked = chance(&w) < 0.4;
			double size = 30 * KB * pow(chance(&w), -1 / 1.3);
			struct traffic export = {
			    .served = asked ? fmin(size, 20 * MB) / 10 : 0,
			    .received = 150,
			};
			live(&w, 10, both(PROBED, export));
		}
		told += w.episodes;
		world_end(&w);
	}
	assert_true(told <= 3); /* the first days are the worst */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(five_times_the_largest_minute_is_told_on_the_first_day),
	    cmocka_unit_test(twice_the_largest_minute_is_not_told),
	    cmocka_unit_test(exports_of_any_size_are_seldom_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
