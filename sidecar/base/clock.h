/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - what time it is. */
#ifndef DORMOUSE_BASE_CLOCK_H
#define DORMOUSE_BASE_CLOCK_H

#include <stdint.h>

/* The wall clock, Unix seconds. It may be set, forwards and backwards. */
double clock_wall(void);

/* Seconds, and nanoseconds, of a clock that nobody sets (CLOCK_MONOTONIC): for
 * differences alone. */
double clock_monotonic(void);
int64_t clock_monotonic_ns(void);

/* Processor time that this thread, and this process, has used so far; seconds. */
double clock_thread_cpu(void);
double clock_process_cpu(void);

#endif
