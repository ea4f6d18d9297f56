/* SPDX-License-Identifier: Apache-2.0 */
/* accounting.h - the accounts of the namespace's TCP connections, and where its UDP
 * sockets point. Pure: sockets go in as the kernel described them, totals come out.
 *
 * A total is what ended connections sent plus what the live ones have sent so far. A
 * connection is followed by its cookie from dump to dump and to its end; one that finds
 * the table full, and nobody in it who sent less, is part of a sum over all such, which
 * keeps totals exact and loses only where it went. Connections over loopback are left
 * out of everything, those of the monitor itself (own_sockets.h) of everything but its
 * container's count.
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
#include "listeners.h"
#include "sock_diag.h"
#include "socket_table.h"

enum side { SIDE_OPENED, SIDE_ACCEPTED, SIDE_COUNT };

/* Sums of cumulative counts; differences of them may be negative on the way. */
struct volume {
	int64_t tx_bytes, tx_again, tx_segments, sockets;
};

#define OWN_LISTENERS_MAX 4
#define OWN_ADDRESSES_MAX 256

struct ledger {
	struct socket_table table;
	struct socket_table own_table; /* the monitor's own */
	struct socket_table udp;       /* connected ones */
	uint16_t ephemeral[2]; /* ports that the kernel gives out, from and to */
	struct listeners listeners;
	struct containers containers;
	struct flows *flows;
	struct address_set reached; /* remote addresses of this interval */
	/* What is sent there goes over loopback; OWN_ADDRESSES_MAX of them are known.
	 */
	struct address_set own_addresses;
	uint64_t own_listeners[OWN_LISTENERS_MAX]; /* cookies */
	unsigned own_listener_count;
	struct own_traffic own;

	/* Looks the listeners up anew with ledger_listener(); called when it is not
	 * known who opened a connection, at most once in a batch of events. Never NULL.
	 */
	void (*refresh_listeners)(void *context);
	void *refresh_context;
	bool refreshed;

	bool is_marked; /* a complete dump said what was there before the monitor */
	uint32_t dump;
	uint32_t lost, udp_lost; /* the dump after word of sockets' ends was lost */

	uint64_t tx_bytes, initiated_tx_bytes, tx_segments;
	uint64_t tx_again;        /* payload that was retransmitted; not in tx_bytes */
	uint64_t opened;          /* connections, without loopback */
	uint64_t opened_anywhere; /* and with it; loopback is brought in by dumps */
	uint64_t untracked;       /* sockets that found the table full */
	uint32_t destinations;    /* distinct addresses reached before the last dump */

	/* Since the last settlement. Untracked sockets: the sum over those that live,
	 * now and at the last complete dump, and over those that ended since. */
	struct volume tracked[SIDE_COUNT];
	struct volume ended[SIDE_COUNT];
	struct volume live[SIDE_COUNT], live_before[SIDE_COUNT];
	int64_t loopback_ended, loopback_live, loopback_before;
};

/* The caller sets refresh_listeners and its context, and may set `ephemeral`. Returns
 * -1 on allocation failure. */
int ledger_init(struct ledger *l, const struct collect_options *options, uint64_t seed,
		struct error *err);
void ledger_release(struct ledger *l);

/* A dump: begin, each socket (listeners before the connections of their family), end. A
 * dump that was partial may be begun anew, any number of times, before it is ended with
 * `complete` false. UDP sockets are accounted for by ledger_udp() before the end. */
void ledger_begin_dump(struct ledger *l);
void ledger_live(struct ledger *l, const struct diag_socket *s);
void ledger_udp(struct ledger *l, const struct diag_socket *s);
void ledger_end_dump(struct ledger *l, bool complete, double time);

/* Events: begin, each destroyed socket, end. Not during a dump. */
void ledger_begin_events(struct ledger *l);
void ledger_destroyed(struct ledger *l, const struct diag_socket *s);
void ledger_udp_destroyed(struct ledger *l, const struct diag_socket *s);
void ledger_end_events(struct ledger *l);

/* The monitor's own sockets. ledger_own_accepted() takes one that was just accepted,
 * with its counters and both ends; false when it does not leave the pod or the table is
 * full, and then it is not followed. ledger_own_seen() takes its counters of later on,
 * the ends not needed; false when it is none of those. */
void ledger_own_listener(struct ledger *l, uint64_t cookie);
bool ledger_own_accepted(struct ledger *l, const struct diag_socket *s);
bool ledger_own_seen(struct ledger *l, const struct diag_socket *s);
/* Some sockets' ends were not told: those that the coming dumps miss may be gone. */
void ledger_events_lost(struct ledger *l);
void ledger_udp_events_lost(struct ledger *l);

/* A listening socket, between dumps. */
void ledger_listener(struct ledger *l, const struct diag_socket *s);

/* Connections that nobody saw, known by other counters: opened to others, and in all.
 */
void ledger_add_opened(struct ledger *l, uint64_t opened, uint64_t anywhere);

#endif
