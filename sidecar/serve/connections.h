/* SPDX-License-Identifier: Apache-2.0 */
/* connections.h - the server's open connections: what they send, how long they take. */
#ifndef DORMOUSE_SERVE_CONNECTIONS_H
#define DORMOUSE_SERVE_CONNECTIONS_H

#include <microhttpd.h>

#include "dormouse/serve.h"

#define LISTENERS                2
#define CONNECTIONS_PER_LISTENER 16
#define CONNECTIONS_MAX          (LISTENERS * CONNECTIONS_PER_LISTENER)

/* From accepting, or the last answer, to the next answer's end; whoever takes longer
 * sends a byte now and then to keep others out (the idle time-out does not see that).
 */
#define REQUEST_MAX_S 30.0

struct connection {
	int fd;       /* -1: free */
	bool cut;     /* shut down, not yet closed */
	double since; /* monotonic seconds: accepted, or last answered */
};

struct connections {
	struct connection slots[CONNECTIONS_MAX];
	const struct serve_source *source; /* its own_socket is told of each */
};

void connections_init(struct connections *c, const struct serve_source *source);

/* For MHD_OPTION_NOTIFY_CONNECTION and MHD_OPTION_NOTIFY_COMPLETED, with the table as
 * the context. */
void connections_changed(void *context, struct MHD_Connection *connection,
			 void **socket_context,
			 enum MHD_ConnectionNotificationCode event);
void connections_answered(void *context, struct MHD_Connection *connection,
			  void **request, enum MHD_RequestTerminationCode how);

/* Shuts down connections that have taken more than REQUEST_MAX_S at `now`, monotonic
 * seconds. Returns how many. */
unsigned connections_cut_slow(struct connections *c, double now);

#endif
