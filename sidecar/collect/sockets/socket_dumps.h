/* SPDX-License-Identifier: Apache-2.0 */
/* socket_dumps.h - the source that says which sockets live. */
#ifndef DORMOUSE_COLLECT_SOCKETS_SOCKET_DUMPS_H
#define DORMOUSE_COLLECT_SOCKETS_SOCKET_DUMPS_H

#include <stdbool.h>
#include <stdint.h>

#include "accounting.h"
#include "base/error.h"
#include "sock_diag.h"

/* A source that the kernel refuses is asked again after this long. */
#define SOURCE_RETRY_SECONDS 300

enum { REQUEST_TCP, REQUEST_TCP4, REQUEST_TCP6, REQUEST_UDP4, REQUEST_UDP6, REQUESTS };

struct socket_dumps {
	struct socket_accounting *accounting;
	struct netlink_client netlink;
	bool ok;
	struct error failure;
	double time; /* of the last scan; never goes back */
	double retry_at;
	double request_retry_at[REQUESTS]; /* of requests that the kernel refused */
	uint64_t made, interrupted;
	double believed_until; /* that there are no sockets */
	unsigned met;          /* TCP sockets in the dump */
	bool ever_worked; /* its cookies are accounted for: nothing else stands in */
	bool standing_in; /* /proc/net/tcp said who talks to whom */
};

/* Sets the accounting up to have its listeners looked up here. */
void socket_dumps_init(struct socket_dumps *d, struct socket_accounting *accounting);
void socket_dumps_release(struct socket_dumps *d);

/* Dumps every socket into the accounting. DUMP_FAILED also while a refusal is waited
 * out. Where sock_diag never worked, the failure has /proc/net/tcp stand in. */
enum dump_end socket_dumps_scan(struct socket_dumps *d, double time);

#endif
