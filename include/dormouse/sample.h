/* SPDX-License-Identifier: Apache-2.0 */
/* sample.h - the signals, and one reading of them.
 *
 * This is the whole interface between the sources of numbers (collect, replay) and the
 * detector (detect).
 */
#ifndef DORMOUSE_SAMPLE_H
#define DORMOUSE_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

/* The signals that the detector checks: the rows of config/signals.def. Each counts
 * traffic between the pod and other hosts: loopback and the monitor's own traffic are
 * left out where they can be identified. */
enum signal {
#define SIGNAL(id, ...) SIGNAL_##id,
#include "config/signals.def"
#undef SIGNAL
	SIGNAL_COUNT
};

/* A counter is cumulative; a gauge is the number in the interval that ends with the
 * sample. */
enum signal_kind { SIGNAL_IS_COUNTER, SIGNAL_IS_GAUGE };

/* One reading. */
struct sample {
	double time;                  /* Unix seconds: the end of the interval */
	uint32_t present;             /* bit 1u << signal: value[signal] was read */
	uint64_t value[SIGNAL_COUNT]; /* counters may fall: that is a reset */
};

static inline bool sample_has(const struct sample *s, enum signal signal)
{
	return (s->present >> signal) & 1u;
}

static inline void sample_set(struct sample *s, enum signal signal, uint64_t value)
{
	s->present |= 1u << signal;
	s->value[signal] = value;
}

static inline bool signal_is_gauge(enum signal signal)
{
#define SIGNAL(id, name, unit, kind, ...) | (uint32_t)SIGNAL_IS_##kind << SIGNAL_##id
	const uint32_t gauges = 0
#include "config/signals.def"
	    ;
#undef SIGNAL

	return (gauges >> signal) & 1u;
}

/* The signal's name in traces, metrics and JSON, such as "tx_bytes". Static. */
const char *signal_name(enum signal signal);

/* "bytes", "packets", "connections" or "addresses". Static. */
const char *signal_unit(enum signal signal);

/* The signal's words. A sentence with a value is "it <does> 1 MB/s<how>". */
struct signal_words {
	const char *title;      /* "sent on its own connections" */
	const char *does, *did; /* "sends", "sent" */
	const char *how;        /* " on its own connections" or "" */
};
const struct signal_words *signal_words(enum signal signal);

/* The signal of that name, or -1. */
int signal_by_name(const char *name);

#endif
