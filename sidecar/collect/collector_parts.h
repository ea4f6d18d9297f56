/* SPDX-License-Identifier: Apache-2.0 */
/* collector_parts.h - declarations shared by collector.c and collector_open.c. */
#ifndef DORMOUSE_COLLECT_COLLECTOR_PARTS_H
#define DORMOUSE_COLLECT_COLLECTOR_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/links/links.h"
#include "collect/protocols/protocols.h"
#include "collect/sockets/sockets.h"
#include "dormouse/collect.h"
#include "signals.h"
#include "source_states.h"
#include "unaccounted.h"

struct collector {
	int epoll_fd;
	int watched_fd; /* links_fd(), as it is in the epoll set */
	struct collect_options options;
	struct links *links;         /* NULL if they cannot be read at all */
	double links_retry_at;       /* monotonic seconds; while they are NULL */
	struct protocols *protocols; /* NULL: out of memory */
	struct sockets *sockets;
	struct source_states sources;
	struct signals signals;
	struct unaccounted_bases unaccounted_bases;
	struct unaccounted unaccounted; /* between the last two socket scans */
	struct unaccounted_log unaccounted_log;
	struct collect_totals totals;
	/* At the last socket scan. */
	struct counter_base opens, opens_seen, datagrams;
	/* At the last sample. */
	struct counter_base sent_packets, sent_bytes, explained;
	double scanned_at;            /* monotonic seconds; the last socket scan */
	double addresses_at;          /* likewise, when addresses were last read */
	double destinations_known_at; /* monotonic seconds; 0: they are known */
	bool ever_scanned;
	struct link_sums until_sockets; /* see read_links_again() */
	bool by_octets;      /* the links' counters could not be read last time */
	bool scan_again;     /* the last socket scan had a reason in the traffic */
	bool scanned;        /* by the last sample */
	uint8_t boot_id[16]; /* zeros: not read yet */
};

/* The links' and the protocols' counters; empty if they could not be opened. */
const struct link_table *collector_table(const struct collector *c);
const struct protocol_counters *collector_counters(const struct collector *c);

/* Opens the links if they are not open. Sets *err to the reason if it fails, or if
 * rtnetlink is lacking. Returns whether neither is so. */
bool collector_open_links(struct collector *c, struct error *err);

/* Adds the links' notifications to the epoll set if they are not there. */
int collector_watch_links(struct collector *c, struct error *err);

/* Copies the state of the sockets' two sources. */
void collector_note_sockets(struct collector *c);

/* Updates what collector_totals() returns. */
void collector_refresh_totals(struct collector *c);

/* Computes the traffic since the last call that no socket accounts for. */
void collector_take_unaccounted(struct collector *c);

#endif
