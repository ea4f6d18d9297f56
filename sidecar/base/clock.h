/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - reads the system's clocks. */
#ifndef DORMOUSE_BASE_CLOCK_H
#define DORMOUSE_BASE_CLOCK_H

#include <stdint.h>

/* The wall clock, Unix seconds. It can be set forwards and backwards. */
double clock_wall(void);

/* CLOCK_MONOTONIC, in seconds and in nanoseconds. It is never set; only differences
 * have a meaning. */
double clock_monotonic(void);
int64_t clock_monotonic_ns(void);

/* CPU time that this thread, and this process, has used so far; seconds. */
double clock_thread_cpu(void);
double clock_process_cpu(void);

#endif
