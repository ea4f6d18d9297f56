/* SPDX-License-Identifier: Apache-2.0 */
/* links.c - reads the links' counters by rtnetlink and receives notifications of
 * changes. */
#include "links.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "link_message.h"
#include "netlink/client.h"
#include "proc_dev.h"

#define DATAGRAM_BYTES 16384
#define TABLE_BYTES    16384 /* bytes of /proc/net/dev that one read takes */
#define RETRY_S        300   /* until rtnetlink is tried again */
#define REOPEN_S       10    /* until a client that did not open is tried again */
#define BELIEVED_S     10    /* until an answer of only zeros is checked again */

struct links {
	struct netlink_client query;  /* closed if rtnetlink cannot be used */
	struct netlink_client notify; /* closed if the kernel refuses it */
	bool getstats_refused;
	bool standing_in;      /* /proc/net/dev replaces rtnetlink */
	double retry_at;       /* when rtnetlink is tried again */
	double reopen_at;      /* when closed clients are tried again */
	struct error lack;     /* the failure of rtnetlink */
	uint64_t listing;      /* hash of the indexes in the last dump of counters */
	double believed_until; /* an answer of only zeros is accepted until then */
	bool read_any;         /* the answer had counters of a watched link */
	bool read_more;        /* and a counter of any link that is not 0 */
	enum { NEVER_TOLD, TOLD_BLIND, TOLD_SEEING } told; /* links_complaint() */
	bool told_overflow;
	struct link_table table;
	struct links_totals totals;
	char proc_text[TABLE_BYTES]; /* read buffer for /proc/net/dev */
};

/* A dump that is being read: `visit` receives its messages with this context. */
struct link_dump {
	struct links *links;
	uint16_t type; /* RTM_GETSTATS, RTM_GETLINK or RTM_GETADDR */
	netlink_visitor *visit;
	struct address_set *addresses; /* RTM_GETADDR */
	enum link_origin origin;       /* RTM_GETLINK, when links are listed */
	double now;
	struct dump_failure failure;
};

static enum dump_end dump_once(void *context)
{
	struct link_dump *d = context;
	union {
		struct if_stats_msg stats;
		struct ifinfomsg link;
		struct ifaddrmsg address;
	} body;
	struct netlink_request request = {.type = d->type, .body = &body};

	memset(&body, 0, sizeof(body));
	if (d->type == RTM_GETSTATS) {
		body.stats.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
		request.length = sizeof(body.stats);
	} else {
		request.length =
		    d->type == RTM_GETADDR ? sizeof(body.address) : sizeof(body.link);
	}
	d->now = clock_monotonic();
	return netlink_dump(&d->links->query, &request, d->visit, d, &d->failure);
}

/* Makes a whole dump. If it stays partial, its messages are used: each reading is
 * correct, but some may be missing. */
static enum dump_end dump(struct link_dump *d)
{
	enum dump_end end = netlink_dump_whole(dump_once, d);

	if (end == DUMP_PARTIAL)
		d->links->totals.dumps_interrupted++;
	return end;
}

static void read_link(void *context, struct nlmsghdr *message)
{
	struct link_dump *d = context;
	struct link_event event;

	if (link_message_event(message, &event))
		link_table_event(&d->links->table, &event, d->origin, d->now);
}

/* Lists all links again. */
static int resync(struct links *l, struct error *err)
{
	struct link_dump d = {.links = l,
			      .type = RTM_GETLINK,
			      .visit = read_link,
			      .origin = LINK_RESYNCED};
	enum dump_end end;

	link_table_resync_begin(&l->table, clock_monotonic());
	end = dump(&d);
	link_table_resync_end(&l->table, end == DUMP_DONE);
	l->totals.resyncs++;
	if (end == DUMP_FAILED)
		return fail_errno(err, d.failure.errnum, "list links");
	return 0;
}

static void read_notification(void *context, struct nlmsghdr *message)
{
	struct links *l = context;
	struct link_event event;

	if (link_message_event(message, &event))
		link_table_event(&l->table, &event, LINK_NOTIFIED, clock_monotonic());
}

static void note_lost(void *context)
{
	struct links *l = context;

	link_table_lost(&l->table, clock_monotonic());
	l->totals.notifications_lost++;
}

void links_process(struct links *l)
{
	const struct netlink_events events = {read_notification, note_lost, l};
	struct error ignored; /* links_read() meets the same error and reports it */

	if (netlink_is_open(&l->notify) &&
	    netlink_read_events(&l->notify, &events) != 0)
		note_lost(l);
	if (netlink_is_open(&l->query) &&
	    (l->table.incomplete ||
	     (l->table.overflowed && l->table.count < LINKS_MAX)))
		resync(l, &ignored);
}

static void read_stats(void *context, struct nlmsghdr *message)
{
	const struct link_dump *d = context;
	struct links *l = d->links;
	struct link_reading r;
	int ifindex;

	if (!link_message_reading(message, &ifindex, &r))
		return;
	l->listing += (uint64_t)ifindex * UINT64_C(0x9e3779b97f4a7c15);
	l->read_more |= (r.rx_packets | r.tx_packets | r.rx_bytes | r.tx_bytes) != 0;
	l->read_any |= link_table_reading(&l->table, ifindex, &r, d->now);
}

/* Whether the kernel does not know the request, as opposed to a failure of a known
 * one. */
static bool unknown_request(int failure)
{
	return failure == EOPNOTSUPP || failure == ENOSYS || failure == EINVAL ||
	       failure == EPROTONOSUPPORT;
}

/* Whether an answer can be correct. An answer without counters of any watched link
 * cannot; one with only zeros can only if /proc/net/dev has only zeros too. */
static bool answer_is_usable(struct links *l)
{
	double now = clock_monotonic();

	if (!l->read_any && l->table.count > 0)
		return false;
	if (l->read_more || now < l->believed_until)
		return true;
	if (proc_dev_says_something(l->proc_text, sizeof(l->proc_text)))
		return false;
	l->believed_until = now + BELIEVED_S;
	return true;
}

/* Updates the list of links, with or without notifications. */
static void refresh_links(struct links *l)
{
	struct error ignored;

	if (netlink_is_open(&l->notify))
		links_process(l);
	else
		resync(l, &ignored);
}

/* Reads the counters by one kind of request, and once more if the answer is not usable:
 * links may have gone meanwhile. Returns 0, or -1, with `*lasting` true if the kernel
 * cannot give counters by this request. */
static int read_by(struct links *l, uint16_t type, bool *lasting, struct error *err)
{
	const char *name = type == RTM_GETSTATS ? "RTM_GETSTATS" : "RTM_GETLINK";
	struct link_dump d = {.links = l, .type = type, .visit = read_stats};

	for (int tries = 0; tries < 2; tries++) {
		l->listing = 0;
		l->read_any = l->read_more = false;
		if (dump(&d) == DUMP_FAILED) {
			*lasting = unknown_request(d.failure.errnum);
			return fail_errno(err, d.failure.errnum,
					  "read link counters by %s", name);
		}
		if (answer_is_usable(l))
			return 0;
		refresh_links(l);
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
	if (!netlink_is_open(&l->notify) && l->listing != listing)
		return resync(l, err);
	return 0;
}

static int read_by_proc(struct links *l, enum link_origin origin, struct error *err)
{
	int failure = proc_dev_read(&l->table, origin, clock_monotonic(), l->proc_text,
				    sizeof(l->proc_text));

	if (failure)
		return fail_errno(err, failure, "%s, and /proc/net/dev", l->lack.text);
	return 0;
}

/* Notes that /proc/net/dev replaces rtnetlink. The source counts as failed as long as
 * rtnetlink does not work, although it is replaced. */
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

	if (netlink_is_open(&l->query) &&
	    (!l->standing_in || clock_monotonic() >= l->retry_at)) {
		if (read_by_rtnetlink(l, &lasting, err) == 0) {
			l->standing_in = false;
			return 0;
		}
		stand_in(l, err, lasting);
	}
	return read_by_proc(l, origin, err);
}

static int open_client(struct netlink_client *n, struct error *err)
{
	if (netlink_open(n, NETLINK_ROUTE, DATAGRAM_BYTES, 1, err) < 0)
		return fail_within(err, "open rtnetlink");
	return 0;
}

/* The notifications' client stays closed if the kernel refuses it. Returns whether it
 * is open. */
static bool open_notify(struct links *l)
{
	struct error ignored;

	if (open_client(&l->notify, &ignored) == 0 &&
	    netlink_join(&l->notify, RTNLGRP_LINK, &ignored) < 0)
		netlink_close(&l->notify);
	return netlink_is_open(&l->notify);
}

/* Tries to open what could not be opened before: the kernel may have been short of
 * memory or of descriptors. What changed meanwhile is found by listing the links. */
static void reopen(struct links *l)
{
	const double now = clock_monotonic();
	struct error ignored; /* the lack is reported already */
	bool opened = false;

	if ((netlink_is_open(&l->query) && netlink_is_open(&l->notify)) ||
	    now < l->reopen_at)
		return;
	l->reopen_at = now + REOPEN_S;
	if (!netlink_is_open(&l->notify))
		opened = open_notify(l);
	if (!netlink_is_open(&l->query) && open_client(&l->query, &ignored) == 0) {
		l->retry_at = now;
		opened = true;
	}
	if (opened && netlink_is_open(&l->query))
		resync(l, &ignored);
}

int links_read(struct links *l, struct error *err)
{
	reopen(l);
	links_process(l);
	return read_links(l, LINK_RESYNCED, err);
}

static void read_address(void *context, struct nlmsghdr *message)
{
	const struct link_dump *d = context;
	struct in6_addr address;

	if (link_message_address(message, &address))
		address_set_add(d->addresses, &address);
}

void links_addresses(struct links *l, struct address_set *addresses)
{
	struct link_dump d = {.links = l,
			      .type = RTM_GETADDR,
			      .visit = read_address,
			      .addresses = addresses};

	address_set_clear(addresses);
	if (netlink_is_open(&l->query))
		dump(&d);
}

bool links_lack(const struct links *l, struct error *lack)
{
	if (l->standing_in)
		fail(lack, "%s; using /proc/net/dev instead", l->lack.text);
	return l->standing_in;
}

/* Reports once that no link is watched, and once that one is again. */
static bool complain_of_watch(struct links *l, struct error *complaint)
{
	const struct link_table *table = &l->table;
	bool blind = table->count == 0;
	char name[4 * IF_NAMESIZE];
	struct text visible = text_over(name, sizeof(name));

	if (blind == (l->told == TOLD_BLIND) || (!blind && l->told == NEVER_TOLD))
		return false;
	l->told = blind ? TOLD_BLIND : TOLD_SEEING;
	text_visible(&visible, blind ? table->unwatched : table->links[0].name, false);
	if (!blind)
		fail(complaint, "interface %s is watched now", name);
	else if (table->unwatched[0])
		fail(complaint,
		     "no interface is watched: --interfaces \"%s\" matches none of "
		     "the interfaces, such as %s; the pod's traffic is not counted",
		     table->globs, name);
	else
		fail(complaint, "no interface is watched: there is only loopback");
	return true;
}

bool links_complaint(struct links *l, struct error *complaint)
{
	bool overflow = l->table.overflowed;

	if (complain_of_watch(l, complaint))
		return true;
	if (!overflow || l->told_overflow)
		return false;
	l->told_overflow = true;
	fail(complaint, "more than %d interfaces: traffic of the others is not counted",
	     LINKS_MAX);
	return true;
}

/* Lists the links and takes the first reading, by rtnetlink if possible. */
static int begin(struct links *l, struct error *err)
{
	struct link_dump d = {.links = l,
			      .type = RTM_GETLINK,
			      .visit = read_link,
			      .origin = LINK_AT_START};

	if (open_client(&l->query, err) == 0 && dump(&d) == DUMP_FAILED) {
		fail_errno(err, d.failure.errnum, "list links");
		netlink_close(&l->query);
	}
	if (!netlink_is_open(&l->query))
		stand_in(l, err, true);
	l->reopen_at = clock_monotonic() + REOPEN_S;
	return read_links(l, LINK_AT_START, err);
}

struct links *links_open(const char *globs, struct error *err)
{
	struct links *l = calloc(1, sizeof(*l));

	if (!l) {
		fail_memory(err, "links");
		return NULL;
	}
	link_table_open(&l->table, globs, clock_monotonic());
	l->query = l->notify = (struct netlink_client)NETLINK_CLOSED;
	open_notify(l);
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
	netlink_close(&l->notify);
	netlink_close(&l->query);
	free(l);
}

int links_fd(const struct links *l)
{
	return l->notify.fd;
}

void links_without_getstats(struct links *l)
{
	l->getstats_refused = true;
}

const struct link_table *links_table(const struct links *l)
{
	return &l->table;
}

struct links_totals links_totals(const struct links *l)
{
	struct links_totals totals = l->totals;

	totals.buffers_grown = l->query.grown + l->notify.grown;
	return totals;
}
