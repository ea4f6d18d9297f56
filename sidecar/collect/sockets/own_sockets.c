/* SPDX-License-Identifier: Apache-2.0 */
/* own_sockets.c - the monitor's own sockets. */
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "own_sockets.h"

void own_sockets_init(struct own_sockets *o, struct socket_accounting *accounting)
{
	*o = (struct own_sockets){.accounting = accounting};
}

/* IPv4 addresses are kept v4-mapped, as everywhere in collect/. */
static bool read_end(const struct sockaddr_storage *from, struct in6_addr *address,
		     uint16_t *port)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

	if (from->ss_family == AF_INET6) {
		*address = in6->sin6_addr;
		*port = ntohs(in6->sin6_port);
		return true;
	}
	if (from->ss_family != AF_INET)
		return false;
	memset(address, 0, sizeof(*address));
	address->s6_addr[10] = address->s6_addr[11] = 0xff;
	memcpy(&address->s6_addr[12], &in->sin_addr, sizeof(in->sin_addr));
	*port = ntohs(in->sin_port);
	return true;
}

static bool read_ends(int fd, struct diag_socket *s)
{
	struct sockaddr_storage local = {0}, remote = {0};
	socklen_t local_length = sizeof(local), remote_length = sizeof(remote);

	return getsockname(fd, (struct sockaddr *)&local, &local_length) == 0 &&
	       getpeername(fd, (struct sockaddr *)&remote, &remote_length) == 0 &&
	       read_end(&local, &s->local, &s->local_port) &&
	       read_end(&remote, &s->remote, &s->remote_port);
}

/* Reads the socket as a dump shows it, without the addresses. */
static bool read_counters(int fd, uint64_t cookie, struct diag_socket *s)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
		return false;
	s->cookie = cookie;
	s->state = info.tcpi_state;
	diag_read_info(&info, length, info.tcpi_notsent_bytes, s);
	return true;
}

static void refresh(struct own_sockets *o, unsigned index)
{
	struct diag_socket s = {0};

	if (read_counters(o->open[index].fd, o->open[index].cookie, &s))
		accounting_own_seen(o->accounting, &s);
}

static bool find(const struct own_sockets *o, int fd, unsigned *index)
{
	for (*index = 0; *index < o->count; ++*index)
		if (o->open[*index].fd == fd)
			return true;
	return false;
}

static bool listens(int fd)
{
	int yes = 0;
	socklen_t length = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &length) == 0 && yes;
}

static void add(struct own_sockets *o, int fd)
{
	struct diag_socket s = {0};
	uint64_t cookie;
	socklen_t length = sizeof(cookie);

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) < 0)
		return;
	if (listens(fd)) {
		accounting_own_listener(o->accounting, cookie);
		return;
	}
	if (!read_ends(fd, &s)) /* the peer reset it before it was accepted */
		return;
	if (o->count == OWN_SOCKETS_MAX || !read_counters(fd, cookie, &s) ||
	    !accounting_own_accepted(o->accounting, &s))
		return;
	o->open[o->count].fd = fd;
	o->open[o->count++].cookie = cookie;
}

void own_sockets_note(struct own_sockets *o, int fd)
{
	unsigned index;

	if (find(o, fd, &index))
		refresh(o, index);
	else
		add(o, fd);
}

void own_sockets_closing(struct own_sockets *o, int fd)
{
	unsigned index;

	if (!find(o, fd, &index))
		return;
	refresh(o, index);
	o->open[index] = o->open[--o->count];
}

void own_sockets_refresh(struct own_sockets *o)
{
	for (unsigned i = 0; i < o->count; i++)
		refresh(o, i);
}
