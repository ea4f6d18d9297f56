/* SPDX-License-Identifier: Apache-2.0 */
/* connections.c - follows connections by the library's notifications. */
#include "connections.h"

#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"

void connections_init(struct connections *c, const struct serve_source *source)
{
	*c = (struct connections){.source = source};
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		c->slots[i].fd = -1;
}

static struct connection *free_slot(struct connections *c)
{
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		if (c->slots[i].fd < 0)
			return &c->slots[i];
	return NULL;
}

static void tell_own(const struct connections *c, int fd, bool closing)
{
	if (c->source->own_socket)
		c->source->own_socket(c->source->own_context, fd, closing);
}

static struct connection *opened(struct connections *c,
				 struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct connection *slot = free_slot(c);

	if (!slot || !info)
		return NULL;
	*slot = (struct connection){.fd = info->connect_fd, .since = clock_monotonic()};
	tell_own(c, slot->fd, false);
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
	tell_own(c, slot->fd, true); /* it is still open */
	slot->fd = -1;
}

void connections_answered(void *context, struct MHD_Connection *connection,
			  void **request, enum MHD_RequestTerminationCode how)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *slot = info ? info->socket_context : NULL;

	(void)request;
	if (!slot || how != MHD_REQUEST_TERMINATED_COMPLETED_OK)
		return;
	slot->since = clock_monotonic();
	tell_own(context, slot->fd, false);
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
