/* SPDX-License-Identifier: Apache-2.0 */
/* links.h - the link counters of this network namespace, by rtnetlink. Private to
 * collect/.
 *
 * Two netlink sockets: one asks for counters (RTM_GETSTATS, else RTM_GETLINK), one is
 * told of links that come, change and go (RTNLGRP_LINK), so that names are never
 * polled. Where the kernel refuses the second, changes are noticed in the counters'
 * dumps. Where it gives no counters, though it may answer, /proc/net/dev has them.
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
	uint64_t dumps_interrupted;  /* NLM_F_DUMP_INTR thrice: partial data used */
	uint64_t buffers_grown;      /* receive buffers, after an overrun */
	uint64_t notifications_lost; /* overruns of the notifications' buffer */
	uint64_t resyncs;            /* full dumps of the links that mended them */
};

/* Opens both sockets and takes the first reading: see link_table.h for what counts from
 * here. `globs` as in globs.h. NULL when links cannot be read at all. */
struct links *links_open(const char *globs, struct error *err);
void links_close(struct links *l);

/* The socket that is readable when links have changed, then call links_process(); -1
 * where the kernel refuses notifications. */
int links_fd(const struct links *l);

/* Takes in the notifications that wait. Allocates for the time of the call. */
void links_process(struct links *l);

/* Takes in the notifications that wait, and every watched link's counters as of now.
 * Without notifications it does not allocate. On failure the table keeps what it had.
 */
int links_read(struct links *l, struct error *err);

/* Whether rtnetlink gives no counters, and what it lacks; links_read() then takes them
 * from /proc/net/dev, and asks rtnetlink again every five minutes. */
bool links_lack(const struct links *l, struct error *lack);

/* As collector_complaint(): that no interface is watched, or some again; that there are
 * more than can be counted. */
bool links_complaint(struct links *l, struct error *complaint);

/* From now on counters are asked for by RTM_GETLINK, as on kernels before 4.7. */
void links_without_getstats(struct links *l);

/* The addresses of this namespace, as of now; none where they cannot be read. Does not
 * allocate. */
void links_addresses(struct links *l, struct address_set *addresses);

const struct link_table *links_table(const struct links *l);
struct links_totals links_totals(const struct links *l);

#endif
