/* SPDX-License-Identifier: Apache-2.0 */
/* connections.c - follows connections by the library's notifications. */
#include "connections.h"

#include <sys/socket.h>
#include <time.h>

#include "own_traffic.h"

void connections_init(struct connections *c)
{
	*c = (struct connections){0};
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		c->slots[i].fd = -1;
}

double connections_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static struct connection *free_slot(struct connections *c)
{
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		if (c->slots[i].fd < 0)
			return &c->slots[i];
	return NULL;
}

static struct connection *opened(struct connections *c,
				 struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct connection *slot = free_slot(c);

	if (slot && info)
		*slot =
		    (struct connection){.fd = info->connect_fd,
					.leaves = own_traffic_leaves(info->connect_fd),
					.since = connections_now()};
	return slot;
}

void connections_changed(void *context, struct MHD_Connection *connection,
			 void **socket_context,
			 enum MHD_ConnectionNotificationCode event)
{
	struct connections *c = context;

	if (event == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_context = opened(c, connection);
		return;
	}
	struct connection *slot = *socket_context;
	if (!slot)
		return;
	/* The socket is still open: its last figures. */
	if (slot->leaves)
		own_traffic_add(&c->closed, slot->fd, true);
	slot->fd = -1;
}

void connections_answered(void *context, struct MHD_Connection *connection,
			  void **request, enum MHD_RequestTerminationCode how)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *slot = info ? info->socket_context : NULL;

	(void)context;
	(void)request;
	if (slot && how == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		slot->since = connections_now();
}

unsigned connections_cut_slow(struct connections *c, double now)
{
	unsigned count = 0;

	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *slot = &c->slots[i];

		if (slot->fd < 0 || slot->cut || now - slot->since <= REQUEST_MAX_S)
			continue;
		/* The library sees the end of the stream and closes. */
		shutdown(slot->fd, SHUT_RDWR);
		slot->cut = true;
		count++;
	}
	return count;
}

void connections_traffic(const struct connections *c, struct own_traffic *own)
{
	*own = c->closed;
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		if (c->slots[i].fd >= 0 && c->slots[i].leaves)
			own_traffic_add(own, c->slots[i].fd, false);
}
