/* SPDX-License-Identifier: Apache-2.0 */
/* socket_dumps.h - the source that lists the open sockets. */
#ifndef DORMOUSE_COLLECT_SOCKETS_SOCKET_DUMPS_H
#define DORMOUSE_COLLECT_SOCKETS_SOCKET_DUMPS_H

#include <stdbool.h>
#include <stdint.h>

#include "accounting.h"
#include "base/error.h"
#include "sock_diag.h"

/* A source that the kernel refuses is retried after this long. */
#define SOURCE_RETRY_SECONDS 300

enum { REQUEST_TCP, REQUEST_TCP4, REQUEST_TCP6, REQUEST_UDP4, REQUEST_UDP6, REQUESTS };

struct socket_dumps {
	struct socket_accounting *accounting;
	struct netlink_client netlink;
	bool ok;
	struct error failure;
	double time; /* of the last scan; never goes back */
	double retry_at;
	double request_retry_at[REQUESTS]; /* for requests that the kernel refused */
	uint64_t made, interrupted;
	double believed_until; /* an empty dump is accepted until then */
	unsigned met;          /* TCP sockets in the dump */
	bool ever_worked;      /* its cookies are in use: nothing replaces it */
	bool standing_in;      /* the connections come from /proc/net/tcp */
};

/* Sets the accounting to read its listeners by this client. */
void socket_dumps_init(struct socket_dumps *d, struct socket_accounting *accounting);
void socket_dumps_release(struct socket_dumps *d);

/* Dumps every socket into the accounting. DUMP_FAILED also while it waits to retry a
 * refused source. If sock_diag never worked, a failure makes it read /proc/net/tcp. */
enum dump_end socket_dumps_scan(struct socket_dumps *d, double time);

#endif
