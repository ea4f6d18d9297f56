/* SPDX-License-Identifier: Apache-2.0 */
/* links.c - asks rtnetlink for the links' counters and hears of their changes.
 *
 * libnl makes the sockets; requests and answers go through fixed buffers, because its
 * own receive path allocates for each message, receives everything twice, and starts
 * again for ever on an interrupted dump.
 */
#include "links.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "link_message.h"
#include "proc_dev.h"

#define RECEIVE_BYTES 16384
#define DUMP_TRIES    3
#define ANSWER_TIMEOUT_S                                                               \
	1 /* dumps are answered at once; this is so as never to hang                   \
	   */
#define BUFFER_BYTES_MAX (1 << 20)
#define RETRY_S          300 /* until rtnetlink is asked again */
#define BELIEVED_S       10  /* until nothing but zeros is doubted again */
#define ANNOUNCEMENTS_AT_ONCE                                                          \
	1024 /* datagrams a call, so that a storm cannot hold it */

struct links {
	struct nl_sock *query;
	struct nl_sock *announced; /* NULL where the kernel refuses it */
	uint32_t sequence;
	bool getstats_refused;
	bool standing_in;      /* /proc/net/dev has what rtnetlink has not */
	double retry_at;       /* when rtnetlink is asked again */
	struct error lack;     /* what rtnetlink has not */
	uint64_t listing;      /* hash of the indexes in the last dump of counters */
	double believed_until; /* that all counters are 0 */
	bool read_any;         /* it said counters of a link that is watched */
	bool read_more;        /* and of some link one that is not 0 */
	enum { NEVER_TOLD, TOLD_BLIND, TOLD_SEEING } told; /* links_complaint() */
	bool told_overflow;
	struct link_table book;
	struct address_set *addresses; /* while they are read */
	struct links_totals totals;
	_Alignas(8) unsigned char buffer[RECEIVE_BYTES];
};

/* What a dump's messages are for. */
typedef void dump_reader(struct links *l, struct nlmsghdr *message, double now);

enum dump_end { DUMP_DONE, DUMP_PARTIAL, DUMP_FAILED };

/* One datagram into the buffer. Returns its length, or -errno. What another process
 * sent counts as empty: only the kernel is believed. */
static ssize_t receive(struct links *l, int fd, int flags)
{
	struct sockaddr_nl from = {0};
	struct iovec part = {l->buffer, sizeof(l->buffer)};
	struct msghdr head = {
	    .msg_name = &from,
	    .msg_namelen = sizeof(from),
	    .msg_iov = &part,
	    .msg_iovlen = 1,
	};
	ssize_t length;

	do
		length = recvmsg(fd, &head, flags);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	if (head.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	return from.nl_pid == 0 ? length : 0;
}

/* Doubles the receive buffer of a socket that overran. The kernel gives no more than
 * net.core.rmem_max; what counts is what it gave. */
static void grow_buffer(struct links *l, int fd)
{
	int before = 0, after = 0;
	socklen_t length = sizeof(before);

	/* The kernel doubles what it is given, for its own bookkeeping, and reports
	 * that. */
	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &before, &length) < 0 ||
	    before >= BUFFER_BYTES_MAX)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &before, sizeof(before));
	length = sizeof(after);
	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &after, &length) == 0 &&
	    after > before)
		l->totals.buffers_grown++;
}

/* Asks for a dump of every link's counters (RTM_GETSTATS), of every link (RTM_GETLINK)
 * or of every address (RTM_GETADDR). Returns 0 or -errno. */
static int ask(struct links *l, uint16_t type)
{
	struct {
		struct nlmsghdr head;
		union {
			struct if_stats_msg stats;
			struct ifinfomsg link;
			struct ifaddrmsg address;
		} body;
	} request;

	memset(&request, 0, sizeof(request));
	request.head.nlmsg_type = type;
	request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request.head.nlmsg_seq = ++l->sequence;
	if (type == RTM_GETSTATS) {
		request.head.nlmsg_len = NLMSG_LENGTH(sizeof(request.body.stats));
		request.body.stats.filter_mask =
		    IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	} else if (type == RTM_GETADDR) {
		request.head.nlmsg_len = NLMSG_LENGTH(sizeof(request.body.address));
	} else {
		request.head.nlmsg_len = NLMSG_LENGTH(sizeof(request.body.link));
	}
	if (send(nl_socket_get_fd(l->query), &request, request.head.nlmsg_len, 0) < 0)
		return -errno;
	return 0;
}

/* The errno in NLMSG_DONE (a dump may end in failure) or NLMSG_ERROR, as the kernel
 * gives it: 0 or negative. */
static int status_of(const struct nlmsghdr *message)
{
	int status = 0;

	if (nlmsg_datalen(message) >= (int)sizeof(status))
		memcpy(&status, nlmsg_data(message), sizeof(status));
	else if (message->nlmsg_type == NLMSG_ERROR)
		status = -EPROTO;
	return status < 0 ? status : 0;
}

/* Reads the messages of one datagram. Returns whether the dump goes on; if not, *status
 * says how it ended. */
static bool read_datagram(struct links *l, ssize_t length, dump_reader *reader,
			  double now, bool *interrupted, int *status)
{
	struct nlmsghdr *message = (struct nlmsghdr *)l->buffer;
	int left = (int)length;

	for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
		/* What is left of a dump that was given up carries its older number. */
		if (message->nlmsg_seq != l->sequence)
			continue;
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			*interrupted = true;
		if (message->nlmsg_type == NLMSG_DONE ||
		    message->nlmsg_type == NLMSG_ERROR) {
			*status = status_of(message);
			return false;
		}
		reader(l, message, now);
	}
	return true;
}

/* One dump from request to end. Returns 0 or -errno. */
static int dump_once(struct links *l, uint16_t type, dump_reader *reader, double now,
		     bool *interrupted)
{
	int fd = nl_socket_get_fd(l->query);
	int status = ask(l, type);
	bool more = status == 0;

	*interrupted = false;
	while (more) {
		ssize_t length = receive(l, fd, 0);

		if (length < 0)
			return (int)length;
		more = read_datagram(l, length, reader, now, interrupted, &status);
	}
	return status;
}

/* A whole dump: begun again when links changed under it or the buffer overran, three
 * times in all. Then what came is used: each reading is true by itself, some may be
 * missing. */
static enum dump_end dump(struct links *l, uint16_t type, dump_reader *reader,
			  int *failure)
{
	bool interrupted = false;
	int tries;

	for (tries = 0; tries < DUMP_TRIES; tries++) {
		*failure = -dump_once(l, type, reader, clock_monotonic(), &interrupted);
		if (*failure == ENOBUFS)
			grow_buffer(l, nl_socket_get_fd(l->query));
		else if (*failure != 0)
			return DUMP_FAILED;
		else if (!interrupted)
			return DUMP_DONE;
	}
	if (*failure != 0)
		return DUMP_FAILED;
	l->totals.dumps_interrupted++;
	return DUMP_PARTIAL;
}

static void read_link(struct links *l, struct nlmsghdr *message, double now)
{
	struct link_news news;

	if (link_message_news(message, &news))
		link_book_news(&l->book, &news, LINK_RESYNCED, now);
}

static void read_first(struct links *l, struct nlmsghdr *message, double now)
{
	struct link_news news;

	if (link_message_news(message, &news))
		link_book_news(&l->book, &news, LINK_AT_START, now);
}

/* Lists all links anew. */
static int resync(struct links *l, struct error *err)
{
	enum dump_end end;
	int failure;

	link_book_resync_begin(&l->book, clock_monotonic());
	end = dump(l, RTM_GETLINK, read_link, &failure);
	link_book_resync_end(&l->book, end == DUMP_DONE);
	l->totals.resyncs++;
	if (end == DUMP_FAILED)
		return fail_errno(err, failure, "list links");
	return 0;
}

/* Takes in the links of one datagram of announcements. */
static void hear(struct links *l, ssize_t length, double now)
{
	struct nlmsghdr *message = (struct nlmsghdr *)l->buffer;
	int left = (int)length;

	for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
		struct link_news news;

		if (link_message_news(message, &news))
			link_book_news(&l->book, &news, LINK_ANNOUNCED, now);
	}
}

/* Takes in what waits on the announcements' socket. */
static void hear_all(struct links *l)
{
	int fd = nl_socket_get_fd(l->announced);
	unsigned i;

	for (i = 0; i < ANNOUNCEMENTS_AT_ONCE; i++) {
		ssize_t length = receive(l, fd, MSG_DONTWAIT);

		if (length == -EAGAIN)
			return;
		if (length >= 0) {
			hear(l, length, clock_monotonic());
			continue;
		}
		link_book_lost(&l->book, clock_monotonic());
		l->totals.announcements_lost++;
		if (length != -ENOBUFS)
			return;
		grow_buffer(l, fd);
	}
}

void links_process(struct links *l)
{
	struct error ignored; /* links_read() comes to the same end and tells */

	if (l->announced)
		hear_all(l);
	if (l->query &&
	    (l->book.incomplete || (l->book.overflowed && l->book.count < LINKS_MAX)))
		resync(l, &ignored);
}

static void read_stats(struct links *l, struct nlmsghdr *message, double now)
{
	struct link_reading r;
	int ifindex;

	if (!link_message_reading(message, &ifindex, &r))
		return;
	l->listing += (uint64_t)ifindex * UINT64_C(0x9e3779b97f4a7c15);
	l->read_more |= (r.rx_packets | r.tx_packets | r.rx_bytes | r.tx_bytes) != 0;
	l->read_any |= link_book_reading(&l->book, ifindex, &r, now);
}

/* Whether the kernel does not know the request, rather than failing at it. */
static bool unknown_request(int failure)
{
	return failure == EOPNOTSUPP || failure == ENOSYS || failure == EINVAL ||
	       failure == EPROTONOSUPPORT;
}

/* Whether an answer can be what the kernel knows. One without a counter of any watched
 * link cannot, and one with nothing but zeros only where the kernel's table for people
 * says the same. */
static bool answer_is_usable(struct links *l)
{
	double now = clock_monotonic();

	if (!l->read_any && l->book.count > 0)
		return false;
	if (l->read_more || now < l->believed_until)
		return true;
	if (proc_dev_says_something((char *)l->buffer, sizeof(l->buffer)))
		return false;
	l->believed_until = now + BELIEVED_S;
	return true;
}

/* Takes in which links there are, whether or not that is announced. */
static void look_for_changes(struct links *l)
{
	struct error ignored;

	if (l->announced)
		links_process(l);
	else
		resync(l, &ignored);
}

/* Reads the counters by one kind of request, once more where the answer is of no use:
 * links may have gone meanwhile. Returns 0, or -1 with `*lasting` when the kernel has
 * no counters to give by it. */
static int read_by(struct links *l, uint16_t type, bool *lasting, struct error *err)
{
	const char *name = type == RTM_GETSTATS ? "RTM_GETSTATS" : "RTM_GETLINK";
	int tries, failure;

	for (tries = 0; tries < 2; tries++) {
		l->listing = 0;
		l->read_any = l->read_more = false;
		if (dump(l, type, read_stats, &failure) == DUMP_FAILED) {
			*lasting = unknown_request(failure);
			return fail_errno(err, failure, "read link counters by %s",
					  name);
		}
		if (answer_is_usable(l))
			return 0;
		look_for_changes(l);
	}
	*lasting = true;
	return fail(err, "%s answers without link counters", name);
}

static int read_by_rtnetlink(struct links *l, bool *lasting, struct error *err)
{
	uint64_t listing = l->listing;

	if (!l->getstats_refused && read_by(l, RTM_GETSTATS, lasting, err) < 0) {
		if (!*lasting)
			return -1;
		l->getstats_refused = true;
	}
	if (l->getstats_refused && read_by(l, RTM_GETLINK, lasting, err) < 0)
		return -1;
	if (!l->announced && l->listing != listing)
		return resync(l, err);
	return 0;
}

static int read_by_proc(struct links *l, enum link_origin origin, struct error *err)
{
	int failure = proc_dev_read(&l->book, origin, clock_monotonic(),
				    (char *)l->buffer, sizeof(l->buffer));

	if (failure)
		return fail_errno(err, failure, "%s, and /proc/net/dev", l->lack.text);
	return 0;
}

/* What rtnetlink lacks is a failure for as long as it lacks it, whoever stands in. */
static void stand_in(struct links *l, const struct error *lack, bool lasting)
{
	l->lack = *lack;
	l->standing_in = true;
	l->retry_at = lasting ? clock_monotonic() + RETRY_S : 0;
	if (lasting)
		l->getstats_refused = false;
}

static int read_links(struct links *l, enum link_origin origin, struct error *err)
{
	bool lasting = false;

	if (l->query && (!l->standing_in || clock_monotonic() >= l->retry_at)) {
		if (read_by_rtnetlink(l, &lasting, err) == 0) {
			l->standing_in = false;
			return 0;
		}
		stand_in(l, err, lasting);
	}
	return read_by_proc(l, origin, err);
}

int links_read(struct links *l, struct error *err)
{
	links_process(l);
	return read_links(l, LINK_RESYNCED, err);
}

static void read_address(struct links *l, struct nlmsghdr *message, double now)
{
	struct in6_addr address;

	(void)now;
	if (link_message_address(message, &address))
		address_set_add(l->addresses, &address);
}

void links_addresses(struct links *l, struct address_set *addresses)
{
	int ignored;

	address_set_clear(addresses);
	l->addresses = addresses;
	if (l->query)
		dump(l, RTM_GETADDR, read_address, &ignored);
}

bool links_lack(const struct links *l, struct error *lack)
{
	if (l->standing_in)
		fail(lack, "%s; /proc/net/dev stands in", l->lack.text);
	return l->standing_in;
}

/* Complains when there is nothing to watch, and again when there is. */
static bool complain_of_watch(struct links *l, struct error *complaint)
{
	const struct link_table *book = &l->book;
	bool blind = book->count == 0;
	char name[4 * IF_NAMESIZE];
	struct text visible = text_over(name, sizeof(name));

	if (blind == (l->told == TOLD_BLIND) || (!blind && l->told == NEVER_TOLD))
		return false;
	l->told = blind ? TOLD_BLIND : TOLD_SEEING;
	text_visible(&visible, blind ? book->unwatched : book->links[0].name, false);
	if (!blind)
		fail(complaint, "interface %s is watched now", name);
	else if (book->unwatched[0])
		fail(complaint,
		     "no interface is watched: --interfaces \"%s\" means none that is "
		     "here, such as %s; what this pod sends is not seen",
		     book->globs, name);
	else
		fail(complaint, "no interface is watched: there is none but loopback");
	return true;
}

bool links_complaint(struct links *l, struct error *complaint)
{
	bool overflow = l->book.overflowed;

	if (complain_of_watch(l, complaint))
		return true;
	if (!overflow || l->told_overflow)
		return false;
	l->told_overflow = true;
	fail(complaint, "more than %d interfaces: what the others send is not counted",
	     LINKS_MAX);
	return true;
}

static struct nl_sock *open_socket(struct error *err)
{
	struct timeval timeout = {.tv_sec = ANSWER_TIMEOUT_S};
	struct nl_sock *s = nl_socket_alloc();
	int result;

	if (!s) {
		fail_memory(err, "links");
		return NULL;
	}
	result = nl_connect(s, NETLINK_ROUTE);
	if (result < 0) {
		fail(err, "open rtnetlink: %s", nl_geterror(result));
		nl_socket_free(s);
		return NULL;
	}
	setsockopt(nl_socket_get_fd(s), SOL_SOCKET, SO_RCVTIMEO, &timeout,
		   sizeof(timeout));
	return s;
}

/* The announcements' socket, NULL where the kernel refuses it. */
static struct nl_sock *open_announced(void)
{
	struct error ignored;
	struct nl_sock *s = open_socket(&ignored);

	if (s && nl_socket_add_membership(s, RTNLGRP_LINK) < 0) {
		nl_socket_free(s);
		s = NULL;
	}
	return s;
}

/* Lists the links and takes the first reading, by rtnetlink if it can be had. */
static int begin(struct links *l, struct error *err)
{
	int failure;

	l->query = open_socket(err);
	if (l->query && dump(l, RTM_GETLINK, read_first, &failure) == DUMP_FAILED) {
		fail_errno(err, failure, "list links");
		nl_socket_free(l->query);
		l->query = NULL;
	}
	if (!l->query)
		stand_in(l, err, true);
	return read_links(l, LINK_AT_START, err);
}

struct links *links_open(const char *globs, struct error *err)
{
	struct links *l = calloc(1, sizeof(*l));

	if (!l) {
		fail_memory(err, "links");
		return NULL;
	}
	link_book_open(&l->book, globs, clock_monotonic());
	l->announced = open_announced();
	if (begin(l, err) < 0) {
		links_close(l);
		return NULL;
	}
	return l;
}

void links_close(struct links *l)
{
	if (!l)
		return;
	nl_socket_free(l->announced);
	nl_socket_free(l->query);
	free(l);
}

int links_fd(const struct links *l)
{
	return l->announced ? nl_socket_get_fd(l->announced) : -1;
}

void links_without_getstats(struct links *l)
{
	l->getstats_refused = true;
}

const struct link_table *links_book(const struct links *l)
{
	return &l->book;
}

const struct links_totals *links_totals(const struct links *l)
{
	return &l->totals;
}
