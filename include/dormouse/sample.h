/* SPDX-License-Identifier: Apache-2.0 */
/* sample.h - the signals, and one reading of them.
 *
 * This is the whole interface between where numbers come from (collect, replay) and
 * what judges them (detect).
 */
#ifndef DORMOUSE_SAMPLE_H
#define DORMOUSE_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

/* What is judged. Each is traffic of the pod with its surroundings: loopback and the
 * monitor's own traffic are left out where that can be told. The order is fixed: state
 * files and tests rely on it; new signals are appended. */
enum signal {
	SIGNAL_TX_BYTES,               /* link bytes sent */
	SIGNAL_TX_PACKETS,             /* link packets sent */
	SIGNAL_RX_BYTES,               /* link bytes received */
	SIGNAL_RX_PACKETS,             /* link packets received */
	SIGNAL_TCP_TX_BYTES,           /* TCP payload bytes sent, each byte once */
	SIGNAL_TCP_TX_PACKETS,         /* TCP segments sent */
	SIGNAL_TCP_NEW_SOCKETS,        /* TCP connections that the pod opened */
	SIGNAL_TCP_INITIATED_TX_BYTES, /* TCP payload sent on connections it opened */
	SIGNAL_UDP_TX_BYTES,           /* UDP payload bytes sent */
	SIGNAL_UDP_TX_PACKETS,         /* UDP datagrams sent */
	SIGNAL_DESTINATIONS,           /* distinct remote addresses it sent to */
	SIGNAL_UNACCOUNTED_TX_BYTES,   /* link bytes sent that no socket accounts for,
					* headers included */
	SIGNAL_COUNT
};

/* Every signal is a cumulative counter except SIGNAL_DESTINATIONS, which is the number
 * in the interval that ends with the sample. */
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

/* The signal's name in traces, metrics and JSON, such as "tx_bytes". Static. */
const char *signal_name(enum signal signal);

/* "bytes", "packets", "connections" or "addresses". Static. */
const char *signal_unit(enum signal signal);

/* The signal of that name, or -1. */
int signal_by_name(const char *name);

#endif
