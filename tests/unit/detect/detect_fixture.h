/* SPDX-License-Identifier: Apache-2.0 */
/* detect_fixture.h - a pod with a life of the test's making, and a detector that
 * watches it. Time is the test's; nothing is random that a seed does not repeat. */
#ifndef TESTS_DETECT_DETECT_FIXTURE_H
#define TESTS_DETECT_DETECT_FIXTURE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../support/testing.h"
#include "dormouse/detect.h"

#define MINUTE 60.0
#define HOUR   3600.0
#define DAY    86400.0
#define MONDAY 1788739200.0 /* 2026-09-07T00:00:00Z */

#define KB 1e3
#define MB 1e6

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#define ALL_COLUMNS ((1u << SIGNAL_COUNT) - 1)
#define TWO_COLUMNS (1u << SIGNAL_TX_BYTES | 1u << SIGNAL_RX_BYTES)

/* What flows a second. */
struct traffic {
	double served;    /* bytes sent on connections that others opened */
	double opened;    /* bytes sent on connections that the pod opened */
	double received;  /* bytes */
	double sockets;   /* connections that the pod opens */
	double datagrams; /* of 200 bytes */
	double addresses; /* distinct ones in each interval */
	double jitter; /* share by which all of it varies from interval to interval */
};

struct world {
	struct detector *d;
	struct detect_options options;
	double now, interval;
	uint32_t columns;
	double total[SIGNAL_COUNT];
	uint64_t seed;
	struct verdict verdicts[VERDICTS_MAX];
	size_t count;              /* of the last sample, without recurrences */
	size_t recurring;          /* recurrences of the last sample */
	struct verdict recurrence; /* the last one of them */
	uint32_t newest;           /* number of the newest incident reported */
	unsigned episodes; /* times that verdicts came after half an hour without */
	unsigned kinds;    /* seen since forget_told(): 1u << kind */
	double shown_at;   /* last sample with a verdict, 0: never */
	double
	    told_after; /* from the start of live() to the first verdict; < 0: none */
	struct verdict first; /* that verdict */
};

static inline void world_begin(struct world *w, double interval)
{
	memset(w, 0, sizeof(*w));
	detect_options_default(&w->options);
	w->now = MONDAY;
	w->interval = interval;
	w->columns = ALL_COLUMNS;
	w->seed = 1;
}

static inline void world_watch(struct world *w)
{
	w->d = detector_new(&w->options);
	assert_non_null(w->d);
}

static inline void world_end(struct world *w)
{
	detector_free(w->d);
	w->d = NULL;
}

/* The same piece taken by a new detector. */
static inline struct detector *again(const struct world *w)
{
	struct detector *d = detector_new(&w->options);
	struct error err;
	size_t bytes;
	const void *piece = detector_learnt(w->d, &bytes);

	assert_non_null(d);
	assert_int_equal(detector_restore(d, piece, bytes, &err), 0);
	return d;
}

/* Between 0 and 1; xorshift64 (Marsaglia 2003). */
static inline double chance(struct world *w)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return (double)(w->seed >> 11) * 0x1p-53;
}

static inline void see(struct world *w, double began)
{
	struct sample s = {.time = w->now, .present = w->columns};

	for (unsigned i = 0; i < SIGNAL_COUNT; i++)
		s.value[i] = (uint64_t)w->total[i];
	size_t count = detector_feed(w->d, &s, w->verdicts);
	assert_true(count <= VERDICTS_MAX);
	w->count = 0;
	for (size_t i = 0; i < count; i++)
		if (w->verdicts[i].recurs)
			w->recurrence = w->verdicts[i];
		else
			w->verdicts[w->count++] = w->verdicts[i];
	w->recurring = count - w->count;
	for (size_t i = 0; i < w->count; i++)
		if (w->verdicts[i].incident > w->newest)
			w->newest = w->verdicts[i].incident;
	for (size_t i = 0; i < w->count; i++)
		w->kinds |= 1u << w->verdicts[i].kind;
	if (w->count == 0)
		return;
	if (w->shown_at == 0 || w->now - w->shown_at > 30 * MINUTE)
		w->episodes++;
	w->shown_at = w->now;
	if (w->told_after < 0) {
		w->told_after = w->now - began;
		w->first = w->verdicts[0];
	}
}

static inline void flow(struct world *w, double seconds, const struct traffic *t)
{
	double scale = seconds * (1 + t->jitter * (2 * chance(w) - 1));
	double sent = (t->served + t->opened) * scale, udp = t->datagrams * scale;

	w->total[SIGNAL_TCP_TX_BYTES] += sent;
	w->total[SIGNAL_TCP_TX_PACKETS] += sent / 1000;
	w->total[SIGNAL_TX_BYTES] += sent + udp * 242 + t->sockets * scale * 200;
	w->total[SIGNAL_TX_PACKETS] += sent / 1000 + udp;
	w->total[SIGNAL_RX_BYTES] += t->received * scale;
	w->total[SIGNAL_RX_PACKETS] += t->received * scale / 1000;
	w->total[SIGNAL_TCP_NEW_SOCKETS] += t->sockets * scale;
	w->total[SIGNAL_TCP_INITIATED_TX_BYTES] += t->opened * scale;
	w->total[SIGNAL_UDP_TX_BYTES] += udp * 200;
	w->total[SIGNAL_UDP_TX_PACKETS] += udp;
	w->total[SIGNAL_DESTINATIONS] = t->addresses;
}

/* Lives for so long, a sample each interval. */
static inline void live(struct world *w, double seconds, struct traffic t)
{
	double began = w->now;

	w->told_after = -1;
	for (double end = w->now + seconds - w->interval / 2; w->now < end;) {
		flow(w, w->interval, &t);
		w->now += w->interval;
		see(w, began);
	}
}

static inline bool reported(const struct world *w)
{
	return w->told_after >= 0;
}

static inline bool told_kind(const struct world *w, enum alert_kind kind)
{
	return w->kinds >> kind & 1;
}

static inline void forget_told(struct world *w)
{
	w->kinds = w->episodes = 0;
	w->shown_at = 0;
}

static const struct traffic SILENCE = {0};
/* What probes and a scrape each half minute make a pod answer. */
static const struct traffic PROBED = {.served = 300, .received = 200, .jitter = 0.3};
static const struct traffic THEFT = {.opened = 1 * MB, .received = 20 * KB};
/* A server: megabytes served, little asked for by itself. */
static const struct traffic SERVER = {.served = 1 * MB,
				      .opened = 50 * KB,
				      .received = 150 * KB,
				      .sockets = 2,
				      .addresses = 15,
				      .jitter = 0.4};
/* Ships logs or metrics at a steady pace, all on its own connections. */
static const struct traffic SHIPPER = {
    .opened = 25 * KB, .received = 500, .sockets = 0.01, .addresses = 2, .jitter = 0.6};
static const struct traffic RELAY = {.opened = 500 * KB,
				     .received = 500 * KB,
				     .sockets = 1,
				     .addresses = 10,
				     .jitter = 0.5};

static inline struct traffic times(struct traffic t, double factor)
{
	t.served *= factor;
	t.opened *= factor;
	t.received *= factor;
	t.sockets *= factor;
	t.datagrams *= factor;
	return t;
}

static inline struct traffic both(struct traffic a, struct traffic b)
{
	a.served += b.served;
	a.opened += b.opened;
	a.received += b.received;
	a.sockets += b.sockets;
	a.datagrams += b.datagrams;
	a.addresses += b.addresses;
	return a;
}

#endif
