/* SPDX-License-Identifier: Apache-2.0 */
/* proc_dev.h - reads the links' counters from /proc/net/dev, for kernels whose
 * rtnetlink has none. Private to collect/.
 *
 * gVisor answers RTM_GETLINK without counters and does not know RTM_GETSTATS, but it
 * fills this table (pkg/sentry/socket/netlink/route/protocol.go,
 * fsimpl/proc/task_net.go).
 */
#ifndef DORMOUSE_COLLECT_LINKS_PROC_DEV_H
#define DORMOUSE_COLLECT_LINKS_PROC_DEV_H

#include "base/words.h"
#include "link_table.h"

/* Reads one line of the table: an interface's name and counters. False if it has none,
 * like the heading. */
bool proc_dev_line(struct slice line, char name[IF_NAMESIZE],
		   struct link_reading *reading);

/* Reads all of /proc/net/dev into the table of links: links that the table does not
 * know are new (`origin` as for link_table_event()), links that are not in the file are
 * gone. `buffer` is the read buffer. Returns 0 or an errno; ENODATA if the file has no
 * interfaces, and then the table of links stays as it is. Does not allocate. */
int proc_dev_read(struct link_table *table, enum link_origin origin, double now,
		  char *buffer, size_t size);

/* Whether the table has a counter that is not 0. */
bool proc_dev_says_something(char *buffer, size_t size);

#endif
