/* SPDX-License-Identifier: Apache-2.0 */
/* listen.c - listening sockets on machines with IPv4, with IPv6, and with both. */
#include "listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Opens, binds and listens; -1 with errno on failure. */
static int bound_socket(const struct sockaddr_storage *address, socklen_t length,
			unsigned backlog)
{
	const int on = 1, off = 0;
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			IPPROTO_TCP);

	if (fd < 0)
		return -1;
	/* A restarted monitor must not wait for connections of the previous one.
	 * Without the option bind() would blame another program for having the port. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (address->ss_family != AF_INET6 ||
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0) &&
	    bind(fd, (const struct sockaddr *)address, length) == 0 &&
	    listen(fd, (int)backlog) == 0)
		return fd;

	int reason = errno;
	close(fd);
	errno = reason;
	return -1;
}

/* Whether the address is [::]; sets `*ipv4` to 0.0.0.0 with the same port. */
static int is_ipv6_wildcard(const struct listen_address *where,
			    struct sockaddr_storage *ipv4)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&where->address;
	struct sockaddr_in *in = (struct sockaddr_in *)ipv4;

	memset(ipv4, 0, sizeof(*ipv4));
	if (where->address.ss_family != AF_INET6 ||
	    !IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr))
		return 0;
	in->sin_family = AF_INET;
	in->sin_port = in6->sin6_port;
	return 1;
}

static bool is_absent(int reason)
{
	return reason == EADDRNOTAVAIL || reason == EAFNOSUPPORT;
}

static int fail_to_listen(const struct listen_address *where, const char *flag,
			  int reason, struct error *err)
{
	const char *remedy = "";

	if (reason == EADDRINUSE)
		remedy = "; another program has that port: choose another with ";
	else if (is_absent(reason))
		remedy = "; this machine has no such address: choose another with ";
	else if (reason == EACCES)
		remedy = "; ports under 1024 need a privilege: choose another with ";
	return fail(err, "cannot listen on %s: %s%s%s", where->text, strerror(reason),
		    remedy, remedy[0] ? flag : "");
}

/* The port of a socket: that which was asked for, if the kernel does not tell. The two
 * families have the port at the same place. */
static uint16_t bound_port(int fd, const struct listen_address *asked)
{
	struct sockaddr_storage address = asked->address;
	socklen_t length = sizeof(address);

	getsockname(fd, (struct sockaddr *)&address, &length);
	return ntohs(((const struct sockaddr_in *)&address)->sin_port);
}

int listen_on(const struct listen_address *where, const char *flag, unsigned backlog,
	      uint16_t *port, struct error *err)
{
	struct sockaddr_storage ipv4;
	int fd = bound_socket(&where->address, where->length, backlog);

	/* socket() fails in a kernel without IPv6; bind() fails if IPv6 is disabled. */
	if (fd < 0 && is_absent(errno) && is_ipv6_wildcard(where, &ipv4))
		fd = bound_socket(&ipv4, sizeof(struct sockaddr_in), backlog);
	if (fd < 0)
		return fail_to_listen(where, flag, errno, err);
	*port = bound_port(fd, where);
	return fd;
}

bool listen_is_local(const struct listen_address *where)
{
	struct sockaddr_storage ipv4;
	struct listen_address any_port = *where;
	struct sockaddr_in *in = (struct sockaddr_in *)&any_port.address;

	in->sin_port = 0;
	int fd = bound_socket(&any_port.address, any_port.length, 1);
	if (fd < 0)
		return !is_absent(errno) || is_ipv6_wildcard(where, &ipv4);
	close(fd);
	return true;
}
