/* SPDX-License-Identifier: Apache-2.0 */
/* links.h - the link counters of this network namespace, by rtnetlink. Private to
 * collect/.
 *
 * Two netlink sockets: one requests counters (RTM_GETSTATS, else RTM_GETLINK), one
 * receives notifications of links that come, change and go (RTNLGRP_LINK), so that
 * names are never polled. If the kernel refuses the second, changes are found in the
 * counters' dumps. If rtnetlink gives no counters, even if it answers, /proc/net/dev is
 * read.
 */
#ifndef DORMOUSE_COLLECT_LINKS_LINKS_H
#define DORMOUSE_COLLECT_LINKS_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "address_set.h"
#include "base/error.h"
#include "link_table.h"

struct links;

struct links_totals {
	uint64_t dumps_interrupted;  /* NLM_F_DUMP_INTR 3 times: partial data used */
	uint64_t buffers_grown;      /* receive buffers, after an overrun */
	uint64_t notifications_lost; /* overruns of the notifications' buffer */
	uint64_t resyncs;            /* full dumps after lost notifications */
};

/* Opens both sockets and takes the first reading: link_table.h says from where each
 * link counts. `globs` as in globs.h. NULL if links cannot be read at all. */
struct links *links_open(const char *globs, struct error *err);
void links_close(struct links *l);

/* The socket that is readable when links have changed; then call links_process(). -1
 * while the kernel refuses notifications; links_read() may open it. */
int links_fd(const struct links *l);

/* Reads the waiting notifications. It allocates and frees memory. */
void links_process(struct links *l);

/* Reads the waiting notifications and the current counters of every watched link.
 * Without notifications it does not allocate. On failure the table stays unchanged. */
int links_read(struct links *l, struct error *err);

/* Whether rtnetlink gives no counters, and why; links_read() then reads /proc/net/dev,
 * and tries rtnetlink again every five minutes, or every ten seconds if its sockets
 * could not be opened. */
bool links_lack(const struct links *l, struct error *lack);

/* As collector_complaint(): no interface is watched, or one is again; there are more
 * links than can be counted. */
bool links_complaint(struct links *l, struct error *complaint);

/* From now on requests counters by RTM_GETLINK, as on kernels before 4.7. */
void links_without_getstats(struct links *l);

/* Reads the current addresses of this namespace; none if they cannot be read. Does not
 * allocate. */
void links_addresses(struct links *l, struct address_set *addresses);

const struct link_table *links_table(const struct links *l);
struct links_totals links_totals(const struct links *l);

#endif
