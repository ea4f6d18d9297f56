/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - reads the system's clocks. */
#include "clock.h"

#include <time.h>

static struct timespec read_clock(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return now;
}

static double seconds(clockid_t clock)
{
	struct timespec now = read_clock(clock);

	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double clock_wall(void)
{
	return seconds(CLOCK_REALTIME);
}

double clock_monotonic(void)
{
	return seconds(CLOCK_MONOTONIC);
}

int64_t clock_monotonic_ns(void)
{
	struct timespec now = read_clock(CLOCK_MONOTONIC);

	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

double clock_thread_cpu(void)
{
	return seconds(CLOCK_THREAD_CPUTIME_ID);
}

double clock_process_cpu(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}
