/* SPDX-License-Identifier: Apache-2.0 */
/* accounting.h - counts the traffic of the namespace's TCP connections, and the remote
 * ends of its UDP sockets. Pure: its input is sockets as the kernel describes them, its
 * output totals.
 *
 * A total is the bytes that ended connections sent plus the bytes that open ones have
 * sent so far. A connection is tracked by its cookie from dump to dump and to its end.
 * If the table is full and no tracked socket sent less, a new one is only part of a sum
 * over all untracked sockets: totals stay exact, only the remote end is lost.
 * Connections over loopback are left out of everything, those of the monitor itself
 * (own_sockets.h) of everything but their container's count.
 *
 * accounting.c has TCP's connections, accounting_own.c those of the monitor,
 * accounting_udp.c UDP.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_ACCOUNTING_H
#define DORMOUSE_COLLECT_SOCKETS_ACCOUNTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "collect/containers/containers.h"
#include "collect/links/address_set.h"
#include "dormouse/collect.h"
#include "flows.h"
#include "known_peers.h"
#include "listeners.h"
#include "seen_addresses.h"
#include "sock_diag.h"
#include "socket_table.h"

/* The pod's role in a connection: it opened it, or accepted it. */
enum socket_role { ROLE_CLIENT, ROLE_SERVER, ROLE_COUNT };

/* Sums of cumulative counts; their differences may be negative for a time. */
struct volume {
	int64_t tx_bytes, tx_again, tx_segments, sockets;
};

/* The maximum delay of the report of a connection's end, seconds: the kernel sends it
 * from a work queue, which is delayed on a busy machine. */
#define REPORT_LATE_S 60.0

/* Sockets that a dump may list twice are one chain of the kernel's table. */
#define LISTED_RECENT 16

#define OWN_LISTENERS_MAX 4
#define OWN_ADDRESSES_MAX 256

struct socket_accounting {
	struct socket_table table;
	struct socket_table own_table; /* the monitor's own sockets */
	struct socket_table udp;       /* connected UDP sockets */
	uint16_t ephemeral[2];         /* ephemeral ports, from and to */
	struct listeners listeners;
	struct containers containers;
	struct flows *flows;
	struct known_peers peers;
	const struct allow_rules *allow;
	struct flows *outside; /* what went elsewhere; NULL: it may go anywhere */
	bool outside_waits;    /* some of it is not committed */
	struct address_set destinations; /* addresses sent to in this interval */
	struct seen_addresses seen;      /* addresses ever sent to */
	bool seen_unknown; /* those of earlier runs are missing in `seen` */
	/* Traffic to these goes over loopback; at most OWN_ADDRESSES_MAX are known. */
	struct address_set own_addresses;
	uint64_t own_listeners[OWN_LISTENERS_MAX]; /* cookies */
	unsigned own_listener_count;
	struct own_traffic own;

	/* Reads the listeners again, by accounting_listener(); called when it is not
	 * known who opened a connection, at most once in a batch of events. Never
	 * NULL. */
	void (*refresh_listeners)(void *context);
	void *refresh_context;
	bool refreshed;

	bool has_base; /* a complete dump listed the earlier sockets */
	uint32_t dump;
	double time;             /* of the last dump */
	uint32_t lost, udp_lost; /* the first dump after a loss of events */
	uint64_t reports_lost;   /* and not yet forgiven */
	double lost_at;          /* the first dump after these was then; 0: it comes */
	/* Dumps before `late` are REPORT_LATE_S old; `marked` will be the next such. */
	uint32_t late, marked;
	uint64_t listed[LISTED_RECENT]; /* by the dump, most recently; cookies */
	unsigned listed_next;
	uint32_t due; /* followed sockets that it missed and that are not reported */
	double marked_at;

	uint64_t tx_bytes, initiated_tx_bytes, tx_segments;
	uint64_t tx_again;         /* payload that was retransmitted; not in tx_bytes */
	uint64_t opened;           /* connections, without loopback */
	uint64_t opened_anywhere;  /* with loopback, which is added at dumps */
	uint64_t new_destinations; /* addresses first sent to; see `seen_unknown` */
	/* Attempts to connect that ended without a connection. */
	uint64_t failed, failed_loopback;
	uint64_t untracked;         /* sockets not tracked: the table was full */
	uint32_t destination_count; /* distinct addresses in the interval before the
				       last dump */

	/* Since the last settle(). Sums of untracked sockets: those that are open, now
	 * and at the last complete dump, and those that ended since. */
	struct volume tracked[ROLE_COUNT];
	struct volume ended[ROLE_COUNT];
	struct volume live[ROLE_COUNT], live_before[ROLE_COUNT];
	/* What untracked sockets that dumps missed had sent, in all and on opened
	 * connections, until the reports of their ends arrive; when the last of them
	 * was missed. */
	struct volume owed, owed_opened;
	double owed_at;
	int64_t loopback_ended, loopback_live, loopback_before;
};

/* The caller sets refresh_listeners and its context, and may set `ephemeral`. Returns
 * -1 on allocation failure. */
int accounting_init(struct socket_accounting *a, const struct collect_options *options,
		    uint64_t seed, struct error *err);
void accounting_release(struct socket_accounting *a);

/* A dump: begin, each socket (listeners before the connections of their family), end. A
 * partial dump may be begun again, any number of times, before it is ended with
 * `complete` false. Pass UDP sockets to accounting_udp() before the end. */
void accounting_begin_dump(struct socket_accounting *a);
void accounting_live(struct socket_accounting *a, const struct diag_socket *s);
void accounting_udp(struct socket_accounting *a, const struct diag_socket *s);
void accounting_end_dump(struct socket_accounting *a, bool complete, double time);

/* Events: begin, each destroyed socket, end. Not during a dump. */
void accounting_begin_events(struct socket_accounting *a);
void accounting_destroyed(struct socket_accounting *a, const struct diag_socket *s);
void accounting_udp_destroyed(struct socket_accounting *a, const struct diag_socket *s);
void accounting_end_events(struct socket_accounting *a);

/* The monitor's own sockets. accounting_own_accepted() takes one that was just
 * accepted, with its counters and both ends; returns false if it does not leave the pod
 * or the table is full, and then it is not tracked. accounting_own_seen() takes later
 * counters, without the ends; returns false if the socket is not one of these. */
void accounting_own_listener(struct socket_accounting *a, uint64_t cookie);
bool accounting_own_accepted(struct socket_accounting *a, const struct diag_socket *s);
bool accounting_own_seen(struct socket_accounting *a, const struct diag_socket *s);
/* Events of sockets' ends were lost, so many of TCP's (UINT64_MAX: nobody knows how
 * many): sockets that the dumps miss may have ended. */
void accounting_events_lost(struct socket_accounting *a, uint64_t reports);
void accounting_udp_events_lost(struct socket_accounting *a);

/* Whether untracked sockets that dumps missed are still to be reported, for at most
 * REPORT_LATE_S. */
bool accounting_awaits_reports(const struct socket_accounting *a);

/* Adds a listening socket, between dumps. */
void accounting_listener(struct socket_accounting *a, const struct diag_socket *s);

/* Adds connections that were not seen but that other counters show: to other hosts, and
 * in all. */
void accounting_add_opened(struct socket_accounting *a, uint64_t opened,
			   uint64_t anywhere);

#endif
