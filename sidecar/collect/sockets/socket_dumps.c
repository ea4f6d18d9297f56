/* SPDX-License-Identifier: Apache-2.0 */
/* socket_dumps.c - the requests of a scan, and how refused requests are handled. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc_tcp.h"
#include "socket_dumps.h"

/* Reading the table costs more than a dump: when the table is empty too, it is not read
 * again for this long. */
#define BELIEVED_SECONDS 60

#define TCP_STATES                                                                     \
	(1u << STATE_ESTABLISHED | 1u << STATE_SYN_SENT | 1u << STATE_FIN_WAIT1 |      \
	 1u << STATE_FIN_WAIT2 | 1u << STATE_CLOSE_WAIT | 1u << STATE_LAST_ACK |       \
	 1u << STATE_CLOSING)

static const struct diag_query queries[REQUESTS] = {
    [REQUEST_TCP] = {.legacy = true,
		     .counters = true,
		     .states = TCP_STATES | 1u << STATE_LISTEN},
    [REQUEST_TCP4] = {.family = AF_INET,
		      .protocol = IPPROTO_TCP,
		      .counters = true,
		      .states = TCP_STATES | 1u << STATE_LISTEN},
    [REQUEST_TCP6] = {.family = AF_INET6,
		      .protocol = IPPROTO_TCP,
		      .counters = true,
		      .states = TCP_STATES | 1u << STATE_LISTEN},
    [REQUEST_UDP4] = {.family = AF_INET,
		      .protocol = IPPROTO_UDP,
		      .states = 1u << STATE_ESTABLISHED},
    [REQUEST_UDP6] = {.family = AF_INET6,
		      .protocol = IPPROTO_UDP,
		      .states = 1u << STATE_ESTABLISHED},
};

static void visit_live(void *context, const struct diag_socket *socket)
{
	struct socket_dumps *d = context;

	d->met++;
	accounting_live(d->accounting, socket);
}

static void visit_udp(void *context, const struct diag_socket *socket)
{
	accounting_udp(((struct socket_dumps *)context)->accounting, socket);
}

static void visit_listener(void *context, const struct diag_socket *socket)
{
	accounting_listener(((struct socket_dumps *)context)->accounting, socket);
}

static bool is_due(const struct socket_dumps *d, int request)
{
	return d->time >= d->request_retry_at[request];
}

static enum dump_end ask(struct socket_dumps *d, int request, diag_visitor *visit,
			 struct error *err)
{
	int refusal;
	enum dump_end outcome =
	    diag_dump(&d->netlink, &queries[request], visit, d, &refusal, err);
	if (refusal != 0)
		d->request_retry_at[request] = d->time + SOURCE_RETRY_SECONDS;
	return outcome;
}

/* The legacy request walks the machine's connection table once for both families; if it
 * is refused, one request for each family does the same in two walks. */
static enum dump_end dump_tcp(void *context)
{
	struct socket_dumps *d = context;
	struct error *err = &d->failure;

	d->met = 0;
	accounting_begin_dump(d->accounting);
	if (is_due(d, REQUEST_TCP)) {
		enum dump_end outcome = ask(d, REQUEST_TCP, visit_live, err);
		if (outcome != DUMP_FAILED || is_due(d, REQUEST_TCP))
			return outcome;
	}
	enum dump_end v4 = ask(d, REQUEST_TCP4, visit_live, err);
	if (v4 == DUMP_FAILED || !is_due(d, REQUEST_TCP6))
		return v4;
	struct error unused; /* a kernel without IPv6 has no IPv6 sockets */
	enum dump_end v6 = ask(d, REQUEST_TCP6, visit_live, &unused);
	return v6 == DUMP_PARTIAL ? v6 : v4;
}

/* Without UDP dumps only the evidence of UDP's remote ends is missing. */
static void dump_udp(struct socket_dumps *d)
{
	struct error unused;

	if (is_due(d, REQUEST_UDP4))
		ask(d, REQUEST_UDP4, visit_udp, &unused);
	if (is_due(d, REQUEST_UDP6))
		ask(d, REQUEST_UDP6, visit_udp, &unused);
}

static void failed(struct socket_dumps *d, double retry_at)
{
	netlink_close(&d->netlink);
	d->ok = false;
	d->retry_at = retry_at;
}

/* A dump is empty in a namespace without sockets, but also on a kernel that does not
 * implement dumps. /proc/net/tcp shows which. */
static bool is_empty_talk(struct socket_dumps *d, enum dump_end outcome)
{
	if (outcome != DUMP_DONE || d->met > 0 || d->time < d->believed_until)
		return false;
	if (proc_tcp_has_any())
		return true;
	d->believed_until = d->time + BELIEVED_SECONDS;
	return false;
}

/* Opens a socket that any dump must show: those in the table may have opened and closed
 * between two scans. It listens on loopback only and is closed after the dump. -1 if it
 * cannot be opened. */
static int open_probe(void)
{
	const struct sockaddr_in here = {.sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && (bind(fd, (const struct sockaddr *)&here, sizeof(here)) < 0 ||
			listen(fd, 1) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Dumps again, with a socket that must be in it. */
static enum dump_end dump_with_probe(struct socket_dumps *d)
{
	int probe = open_probe();
	enum dump_end outcome = netlink_dump_whole(dump_tcp, d);

	if (probe >= 0)
		close(probe);
	return outcome;
}

static enum dump_end dump(struct socket_dumps *d)
{
	enum dump_end outcome = netlink_dump_whole(dump_tcp, d);

	if (is_empty_talk(d, outcome))
		outcome = dump_with_probe(d);
	if (is_empty_talk(d, outcome)) {
		fail(&d->failure,
		     "sock_diag returns no sockets, but /proc/net/tcp lists some");
		d->request_retry_at[REQUEST_TCP4] = d->time + SOURCE_RETRY_SECONDS;
		outcome = DUMP_FAILED;
	}
	if (outcome != DUMP_FAILED)
		dump_udp(d);
	accounting_end_dump(d->accounting, outcome == DUMP_DONE, d->time);
	return outcome;
}

/* Do not call it during a dump: it uses the same client. */
static void refresh_listeners(void *context)
{
	struct socket_dumps *d = context;
	struct diag_query query = queries[REQUEST_TCP];
	struct error unused;

	if (!d->ok)
		return;
	query.states = 1u << STATE_LISTEN;
	query.counters = false;
	query.legacy = is_due(d, REQUEST_TCP);
	query.protocol = IPPROTO_TCP;
	query.family = AF_INET;
	diag_dump(&d->netlink, &query, visit_listener, d, NULL, &unused);
	if (query.legacy)
		return;
	query.family = AF_INET6;
	diag_dump(&d->netlink, &query, visit_listener, d, NULL, &unused);
}

void socket_dumps_init(struct socket_dumps *d, struct socket_accounting *accounting)
{
	*d = (struct socket_dumps){.accounting = accounting, .netlink = NETLINK_CLOSED};
	accounting->refresh_listeners = refresh_listeners;
	accounting->refresh_context = d;
}

void socket_dumps_release(struct socket_dumps *d)
{
	netlink_close(&d->netlink);
}

static enum dump_end scan(struct socket_dumps *d)
{
	if (!netlink_is_open(&d->netlink)) {
		if (d->time < d->retry_at)
			return DUMP_FAILED;
		if (diag_open(&d->netlink, &d->failure) < 0) {
			failed(d, d->time + SOURCE_RETRY_SECONDS);
			return DUMP_FAILED;
		}
	}
	enum dump_end outcome = dump(d);
	d->made++;
	d->interrupted += outcome == DUMP_PARTIAL;
	d->ok = outcome != DUMP_FAILED;
	if (outcome == DUMP_FAILED) {
		bool refused = !is_due(d, REQUEST_TCP4);
		failed(d, refused ? d->time + SOURCE_RETRY_SECONDS : d->time);
	}
	return outcome;
}

/* Reads the connections without bytes from /proc/net/tcp. Their cookies differ from
 * sock_diag's, so this does not replace a sock_diag that fails only for a time. */
static void stand_in(struct socket_dumps *d)
{
	d->met = 0;
	accounting_begin_dump(d->accounting);
	d->standing_in = proc_tcp_dump(IPPROTO_TCP, visit_live, d) == 0;
	if (d->standing_in)
		proc_tcp_dump(IPPROTO_UDP, visit_udp, d);
	accounting_end_dump(d->accounting, d->standing_in, d->time);
}

enum dump_end socket_dumps_scan(struct socket_dumps *d, double time)
{
	if (time > d->time)
		d->time = time;
	/* When sock_diag begins to work, the sockets of its first dump are not new. */
	if (d->standing_in)
		d->accounting->has_base = false;
	enum dump_end outcome = scan(d);
	if (outcome != DUMP_FAILED) {
		d->ever_worked = true;
		d->standing_in = false;
	} else if (!d->ever_worked) {
		d->accounting->has_base |= d->standing_in;
		stand_in(d);
	}
	return outcome;
}
