/* SPDX-License-Identifier: Apache-2.0 */
/* test_clock.c - what time it is. */
#include <math.h>
#include <time.h>

#include "../support/testing.h"
#include "base/clock.h"

/* How far two readings in a row may be apart on a busy machine, seconds. */
#define APART_S 10.0

CASE(the_wall_clock_is_that_of_time)
{
	double before = (double)time(NULL);
	double now = clock_wall();

	/* time() may be up to a tick behind: it reads a coarser clock. */
	assert_true(now >= before - 1);
	assert_true(now - before < APART_S);
	assert_true(fmod(clock_wall(), 1) != 0 || fmod(clock_wall(), 1) != 0);
}

CASE(the_monotonic_clock_never_goes_back)
{
	double last = clock_monotonic();

	for (int i = 0; i < 100000; i++) {
		double now = clock_monotonic();
		assert_true(now >= last);
		last = now;
	}
}

CASE(seconds_and_nanoseconds_are_of_one_clock)
{
	double before = clock_monotonic();
	double between = (double)clock_monotonic_ns() * 1e-9;
	double after = clock_monotonic();

	/* A double keeps the seconds of a machine's life to a microsecond. */
	assert_true(between >= before - 1e-6);
	assert_true(between <= after + 1e-6);
}

CASE(processor_time_is_spent_by_work_alone)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	double thread = clock_thread_cpu(), process = clock_process_cpu();
	double begin = clock_monotonic(), idle;

	nanosleep(&pause, NULL);
	idle = clock_thread_cpu() - thread;
	assert_true(idle < (clock_monotonic() - begin) / 2);
	while (clock_thread_cpu() - thread < idle + 0.01)
		;
	assert_true(clock_process_cpu() - process >= 0.01);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_wall_clock_is_that_of_time),
	    cmocka_unit_test(the_monotonic_clock_never_goes_back),
	    cmocka_unit_test(seconds_and_nanoseconds_are_of_one_clock),
	    cmocka_unit_test(processor_time_is_spent_by_work_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
