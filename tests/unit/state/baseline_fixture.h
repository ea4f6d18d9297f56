/* SPDX-License-Identifier: Apache-2.0 */
/* baseline_fixture.h - a document of everything that one may hold. */
#ifndef TESTS_STATE_BASELINE_FIXTURE_H
#define TESTS_STATE_BASELINE_FIXTURE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/baseline_document.h"

#define T0 1788739200.0 /* 2026-09-07T00:00:00Z, a Monday */

static inline void fill_series(struct past_series *p, double scale)
{
	p->watched_s = 90000;
	p->intervals = 9000;
	p->mean = scale * 1.234567;
	p->stddev = scale * 0.5;
	for (unsigned q = 0; q < PAST_QUANTILES; q++)
		p->quantile[q] = scale * (1 + q);
	for (unsigned k = 0; k < PAST_WINDOWS; k++) {
		p->greatest[k] = scale * 10 * (k + 3);
		p->third[k] = scale * 10 * (k + 2);
		p->tenth[k] = scale * 10 * (k + 1);
		p->start[k] = scale * k;
	}
}

static inline struct past_departure routine_at(unsigned hour, double most_bytes)
{
	struct past_departure r = {.view = {.number = 1,
					    .signal = SIGNAL_TX_BYTES,
					    .times = 5,
					    .first = T0,
					    .last = T0 + 9 * 86400,
					    .typical_bytes = most_bytes / 2,
					    .most_bytes = most_bytes,
					    .days = ROUTINE_INTERVAL,
					    .every_days = 2,
					    .second_of_day = hour * 3600 + 600}};

	r.reach[SIGNAL_TX_BYTES][3] = most_bytes;
	routine_view_days(&r.view);
	return r;
}

static inline struct peer_prefix peer_of(const char *address, unsigned length,
					 unsigned port, uint64_t bytes)
{
	struct peer_prefix p = {.family = strchr(address, ':') ? AF_INET6 : AF_INET,
				.length = (uint8_t)length,
				.port = (uint16_t)port,
				.protocol = IPPROTO_TCP,
				.bytes = bytes,
				.connections = 7};

	if (inet_pton(p.family, address, p.address) != 1)
		abort();
	return p;
}

static inline void fill_document(struct baseline_document *b)
{
	memset(b, 0, sizeof(*b));
	snprintf(b->workload, sizeof(b->workload), "Deployment/reports");
	snprintf(b->cluster, sizeof(b->cluster), "prod \"eu\"\n");
	b->past = (struct past){.since = T0,
				.until = T0 + 90000.5,
				.watched_s = 90000,
				.longest_s = 60000,
				.start_s = 300,
				.judged_s = 80000,
				.dormant_share = 0.75,
				.pods = 3};
	for (unsigned s = 0; s < PAST_SERIES; s++)
		fill_series(&b->past.series[s], 1000.0 / (s + 1));
	b->past.departure[0] = routine_at(2, 5e8);
	b->past.departure[1] = routine_at(9, 7e6);
	b->past.departure[1].view.number = 2;
	b->past.departure_count = 2;
	b->peer[0] = peer_of("10.1.2.0", 24, 443, 123456789);
	b->peer[1] = peer_of("2001:db8::", 64, 53, 5);
	b->peer[1].protocol = IPPROTO_UDP;
	b->peer_count = 2;
	b->past.interval_s = 10;
	b->learn_s = 3600;
	b->dormant_after_s = 900;
	b->sensitivity = SENSITIVITY_NORMAL;
}

#endif
