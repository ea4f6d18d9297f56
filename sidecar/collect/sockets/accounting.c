/* SPDX-License-Identifier: Apache-2.0 */
/* accounting.c - the accounts of the namespace's TCP connections, and where UDP points.
 */
#include <string.h>

#include "accounting.h"

/* The monitor's connections that are open, and those that linger until their peer has
 * closed as well. */
#define OWN_ROOM 1024

/* Of a packet on an Ethernet link. */
#define ETHERNET_HEADER_BYTES  14
#define IP4_HEADER_BYTES       20
#define IP6_HEADER_BYTES       40
#define TCP_HEADER_BYTES       20
#define TIMESTAMP_OPTION_BYTES 12
#define SYN_OPTIONS_BYTES      20 /* MSS, SACK permitted, timestamps, window scale */
#define SYN_OPTIONS_LEAST      4  /* MSS */

int ledger_init(struct ledger *l, const struct collect_options *options, uint64_t seed,
		struct error *err)
{
	memset(l, 0, sizeof(*l));
	listeners_init(&l->listeners);
	l->ephemeral[0] = 32768; /* Linux's own choice */
	l->ephemeral[1] = 60999;
	if (socket_table_init(&l->table, options->max_sockets) < 0 ||
	    socket_table_init(&l->own_table, OWN_ROOM) < 0 ||
	    socket_table_init(&l->udp, options->max_sockets) < 0 ||
	    address_set_init(&l->reached, options->max_destinations, seed) < 0 ||
	    address_set_init(&l->own_addresses, OWN_ADDRESSES_MAX, seed) < 0 ||
	    !(l->flows = flows_new(options->max_destinations, seed))) {
		ledger_release(l);
		return fail(err, "sockets: out of memory for %u sockets and %u flows",
			    options->max_sockets, options->max_destinations);
	}
	return 0;
}

void ledger_release(struct ledger *l)
{
	socket_table_release(&l->table);
	socket_table_release(&l->own_table);
	socket_table_release(&l->udp);
	address_set_release(&l->reached);
	address_set_release(&l->own_addresses);
	flows_free(l->flows);
	l->flows = NULL;
}

static bool is_loopback_address(const struct in6_addr *a)
{
	if (IN6_IS_ADDR_V4MAPPED(a))
		return a->s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(a);
}

/* To or from 127/8 or ::1, or to itself by an address of its own: none of it leaves the
 * pod. */
static bool is_loopback(const struct ledger *l, const struct diag_socket *s)
{
	return is_loopback_address(&s->remote) || is_loopback_address(&s->local) ||
	       IN6_ARE_ADDR_EQUAL(&s->remote, &s->local) ||
	       address_set_has(&l->own_addresses, &s->remote);
}

static bool listens(struct ledger *l, const struct diag_socket *s)
{
	if (listeners_match(&l->listeners, &s->local, s->local_port))
		return true;
	/* A dump is told of the listeners first; for an event they may be old. */
	if (s->state != STATE_CLOSE || l->refreshed || is_loopback(l, s))
		return false;
	l->refreshed = true;
	l->refresh_listeners(l->refresh_context);
	return listeners_match(&l->listeners, &s->local, s->local_port);
}

/* Who opened the connection: the byte counters' word is the kernel's, a listener on the
 * local port is as good as that, and what is left was opened here. */
static enum side side_of(struct ledger *l, const struct diag_socket *s)
{
	if (s->state == STATE_SYN_SENT || s->remote_port == 0 ||
	    s->opener == DIAG_OPENER_HERE)
		return SIDE_OPENED;
	if (s->opener == DIAG_OPENER_THERE || listens(l, s))
		return SIDE_ACCEPTED;
	return SIDE_OPENED;
}

static void count_flow(struct ledger *l, const struct diag_socket *s, enum side side,
		       uint8_t container, const struct flow *moved, uint32_t *active)
{
	if (side == SIDE_OPENED && (moved->tx_bytes > 0 || moved->begun > 0))
		address_set_add(&l->reached, &s->remote);
	if (moved->tx_bytes == 0 && moved->rx_bytes == 0 && moved->begun == 0)
		return;
	struct flow flow = *moved;
	bool opened = side == SIDE_OPENED;
	flow.address = s->remote;
	flow.port = opened ? s->remote_port : s->local_port;
	flow.protocol = IPPROTO_TCP;
	flow.direction = opened ? FLOW_OPENED : FLOW_ACCEPTED;
	flow.container = container;
	flows_add(l->flows, &flow, active);
}

/* Credits what a socket moved, and whether it is a new one, to everyone concerned. */
static void credit(struct ledger *l, const struct diag_socket *s, enum side side,
		   uint8_t container, const struct flow *moved, uint32_t *active)
{
	l->containers.known[container].tcp_tx_bytes += moved->tx_bytes;
	count_flow(l, s, side, container, moved, active);
}

static void add_volume(struct volume *to, const struct diag_socket *s)
{
	to->tx_bytes += (int64_t)s->tx_bytes;
	to->tx_again += (int64_t)s->tx_again;
	to->tx_segments += s->tx_segments;
	to->sockets++;
}

/* Later evidence than a listener's may show that the pod opened the connection after
 * all (or did not): what it sends from now on counts there. */
static void reconsider(struct ledger *l, struct tracked_socket *t,
		       const struct diag_socket *s)
{
	if (t->is_certain || s->opener == DIAG_OPENER_UNKNOWN)
		return;
	t->is_certain = true;
	if (s->opener == DIAG_OPENER_THERE) {
		if (t->side == SIDE_OPENED)
			t->side = SIDE_ACCEPTED;
		return;
	}
	if (t->side == SIDE_OPENED)
		return;
	l->tracked[SIDE_OPENED].sockets++;
	t->side = SIDE_OPENED;
}

/* A counter that fell is that of a socket that was connected anew. */
static uint64_t since(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

static void mark(struct tracked_socket *t, const struct diag_socket *s)
{
	t->tx_bytes = s->tx_bytes;
	t->rx_bytes = s->rx_bytes;
	t->tx_again = s->tx_again;
	t->tx_segments = s->tx_segments;
	t->rx_segments = s->rx_segments;
	t->tx_data_segments = s->tx_data_segments;
	t->rx_data_segments = s->rx_data_segments;
}

/* The packets that so many segments are at least: one for each that carries nothing,
 * and one for all that carry something, since the card may cut up what the link counts
 * as one (GSO), or have put together what it received (GRO). A segment without payload
 * is not merged with another. */
static uint64_t packets_at_least(uint32_t segments, uint32_t data_segments)
{
	return (data_segments > 0) +
	       (segments > data_segments ? segments - data_segments : 0);
}

/* Payload received. The peer's FIN counts as a byte of it. */
static uint64_t received_at_least(const struct diag_socket *s, uint64_t bytes,
				  uint32_t data_segments)
{
	bool may_have_fin = s->state != STATE_ESTABLISHED;

	return data_segments > 0 && bytes > 0 ? bytes - may_have_fin : 0;
}

/* What the link carried for certain: payload, and the headers of as many packets as
 * there were at least. A counter that fell was cleared by a reset. */
static void advance_own(struct ledger *l, struct tracked_socket *t,
			const struct diag_socket *s)
{
	uint32_t segments = s->tx_segments - t->tx_segments;
	uint32_t rx_segments = s->rx_segments - t->rx_segments;

	if (s->tx_bytes < t->tx_bytes || s->tx_again < t->tx_again ||
	    s->rx_bytes < t->rx_bytes || segments > INT32_MAX ||
	    rx_segments > INT32_MAX)
		return;
	uint64_t headers = t->headers + (s->timestamps ? TIMESTAMP_OPTION_BYTES : 0);
	uint64_t sent = s->tx_bytes - t->tx_bytes + s->tx_again - t->tx_again;
	uint32_t rx_data = s->rx_data_segments - t->rx_data_segments;
	uint64_t received = received_at_least(s, s->rx_bytes - t->rx_bytes, rx_data);
	uint64_t tx_packets =
	    packets_at_least(segments, s->tx_data_segments - t->tx_data_segments);
	uint64_t rx_packets = packets_at_least(rx_segments, rx_data);

	l->own.tx_bytes += sent + tx_packets * headers;
	l->own.tx_packets += tx_packets;
	l->own.tcp_tx_packets += segments;
	l->own.rx_bytes += received + rx_packets * headers;
	l->own.rx_packets += rx_packets;
	containers_add_own(&l->containers, s->tx_bytes - t->tx_bytes);
	mark(t, s);
}

static void advance(struct ledger *l, struct tracked_socket *t,
		    const struct diag_socket *s, uint32_t connections)
{
	reconsider(l, t, s);
	struct flow moved = {.tx_bytes = since(s->tx_bytes, t->tx_bytes),
			     .rx_bytes = since(s->rx_bytes, t->rx_bytes),
			     .begun = connections};
	struct volume *to = &l->tracked[t->side];
	to->tx_bytes += (int64_t)moved.tx_bytes;
	to->tx_again += (int64_t)since(s->tx_again, t->tx_again);
	/* The kernel's counter has 32 bits and wraps; starting anew it falls. */
	uint32_t segments = s->tx_segments - t->tx_segments;
	to->tx_segments += s->tx_bytes >= t->tx_bytes ? segments : s->tx_segments;
	to->sockets += connections;
	mark(t, s);
	credit(l, s, t->side, t->container, &moved, &t->active);
}

/* A socket leaves the table for one that sent more: from now on it is in the sums over
 * those that are not followed, with what was counted of it. */
static void unfollow(struct ledger *l, struct tracked_socket *t)
{
	const struct diag_socket counted = {.tx_bytes = t->tx_bytes,
					    .tx_again = t->tx_again,
					    .tx_segments = t->tx_segments};

	add_volume(&l->live_before[t->side], &counted);
	if (t->dump == l->dump)
		add_volume(&l->live[t->side], &counted);
	socket_table_remove(&l->table, t);
}

/* A place in the table for a socket that is not there. NULL when it is full of those
 * that sent more. */
static struct tracked_socket *follow(struct ledger *l, const struct diag_socket *s)
{
	struct tracked_socket *t = socket_table_add(&l->table, s->cookie);
	if (t || !l->is_marked)
		return t;
	struct tracked_socket *lesser = socket_table_lesser(&l->table, s->tx_bytes);
	if (!lesser)
		return NULL;
	unfollow(l, lesser);
	return socket_table_add(&l->table, s->cookie);
}

/* A socket that is seen for the first time, alive. */
static void meet(struct ledger *l, const struct diag_socket *s)
{
	enum side side = side_of(l, s);
	struct tracked_socket *t = follow(l, s);
	if (!t) {
		add_volume(&l->live[side], s);
		return;
	}
	t->side = (uint8_t)side;
	t->is_certain = s->opener != DIAG_OPENER_UNKNOWN;
	t->dump = l->dump;
	t->container = containers_of(&l->containers, s->cgroup_id);
	if (l->is_marked)
		advance(l, t, s, 1);
	else
		mark(t, s);
}

void ledger_listener(struct ledger *l, const struct diag_socket *s)
{
	listeners_see(&l->listeners, &s->local, s->local_port);
	for (unsigned i = 0; i < l->own_listener_count; i++)
		if (l->own_listeners[i] == s->cookie)
			containers_own(&l->containers, s->cgroup_id);
}

void ledger_own_listener(struct ledger *l, uint64_t cookie)
{
	if (l->own_listener_count < OWN_LISTENERS_MAX)
		l->own_listeners[l->own_listener_count++] = cookie;
}

/* The SYN and the SYN-ACK are in no counter of an accepted socket but for the SYN,
 * which is a segment received (tcp_create_openreq_child() in net/ipv4/tcp_minisocks.c);
 * both carry options of their own. */
static void count_handshake(struct ledger *l, const struct tracked_socket *t,
			    const struct diag_socket *s)
{
	l->own.tx_bytes +=
	    t->headers + (s->timestamps ? SYN_OPTIONS_BYTES : SYN_OPTIONS_LEAST);
	l->own.tx_packets++;
	l->own.tcp_tx_packets++;
	if (s->timestamps)
		l->own.rx_bytes += SYN_OPTIONS_BYTES - TIMESTAMP_OPTION_BYTES;
}

bool ledger_own_accepted(struct ledger *l, const struct diag_socket *s)
{
	if (is_loopback(l, s))
		return false;
	struct tracked_socket *t = socket_table_add(&l->own_table, s->cookie);
	if (!t) {
		l->untracked++;
		return false;
	}
	/* A dump may have met it while it waited to be accepted. */
	struct tracked_socket *met = socket_table_find(&l->table, s->cookie);
	if (met)
		socket_table_remove(&l->table, met);
	t->dump = l->dump;
	t->headers =
	    ETHERNET_HEADER_BYTES + TCP_HEADER_BYTES +
	    (IN6_IS_ADDR_V4MAPPED(&s->remote) ? IP4_HEADER_BYTES : IP6_HEADER_BYTES);
	count_handshake(l, t, s);
	advance_own(l, t, s);
	return true;
}

bool ledger_own_seen(struct ledger *l, const struct diag_socket *s)
{
	struct tracked_socket *t = socket_table_find(&l->own_table, s->cookie);

	if (!t)
		return false;
	t->dump = l->dump;
	advance_own(l, t, s);
	return true;
}

static bool own_destroyed(struct ledger *l, const struct diag_socket *s)
{
	if (!ledger_own_seen(l, s))
		return false;
	socket_table_remove(&l->own_table, socket_table_find(&l->own_table, s->cookie));
	return true;
}

void ledger_begin_dump(struct ledger *l)
{
	l->dump++;
	l->loopback_live = 0;
	memset(l->live, 0, sizeof(l->live));
	listeners_begin(&l->listeners);
}

void ledger_live(struct ledger *l, const struct diag_socket *s)
{
	if (s->state == STATE_LISTEN) {
		ledger_listener(l, s);
		return;
	}
	if (!s->has_counters || IN6_IS_ADDR_UNSPECIFIED(&s->remote) ||
	    ledger_own_seen(l, s))
		return;
	if (is_loopback(l, s)) {
		l->loopback_live += side_of(l, s) == SIDE_OPENED;
		return;
	}
	struct tracked_socket *t = socket_table_find(&l->table, s->cookie);
	if (!t) {
		meet(l, s);
		return;
	}
	t->dump = l->dump;
	if (l->is_marked)
		advance(l, t, s, 0);
	else
		mark(t, s);
}

static bool is_ephemeral(const struct ledger *l, uint16_t port)
{
	return port >= l->ephemeral[0] && port <= l->ephemeral[1];
}

/* Nothing tells who spoke first between two UDP sockets, but for the ports: one that
 * the kernel gave out here, and one there that someone chose. */
static enum flow_direction udp_direction(const struct ledger *l,
					 const struct diag_socket *s)
{
	bool opened =
	    is_ephemeral(l, s->local_port) && !is_ephemeral(l, s->remote_port);
	return opened ? FLOW_OPENED : FLOW_UNKNOWN;
}

static void count_udp(struct ledger *l, const struct diag_socket *s, uint8_t container,
		      bool begun, uint32_t *active)
{
	struct flow flow = {
	    .address = s->remote,
	    .port = s->remote_port,
	    .protocol = IPPROTO_UDP,
	    .direction = (uint8_t)udp_direction(l, s),
	    .container = container,
	    .begun = begun,
	};
	address_set_add(&l->reached, &s->remote);
	flows_add(l->flows, &flow, active);
}

void ledger_udp(struct ledger *l, const struct diag_socket *s)
{
	if (IN6_IS_ADDR_UNSPECIFIED(&s->remote) || is_loopback(l, s))
		return;
	struct tracked_socket *t = socket_table_find(&l->udp, s->cookie);
	bool is_new = !t && (t = socket_table_add(&l->udp, s->cookie));
	if (t)
		t->dump = l->dump;
	count_udp(l, s, containers_of(&l->containers, s->cgroup_id),
		  is_new && l->is_marked, t ? &t->active : NULL);
}

void ledger_udp_destroyed(struct ledger *l, const struct diag_socket *s)
{
	struct tracked_socket *t = socket_table_find(&l->udp, s->cookie);

	if (t) { /* the look that saw it alive counted it, with its owner */
		socket_table_remove(&l->udp, t);
		return;
	}
	if (!l->is_marked || IN6_IS_ADDR_UNSPECIFIED(&s->remote) || is_loopback(l, s))
		return;
	count_udp(l, s, containers_guess(&l->containers), true, NULL);
}

static bool has_untracked(const struct ledger *l)
{
	for (unsigned i = 0; i < SIDE_COUNT; i++)
		if (l->live[i].sockets || l->live_before[i].sockets)
			return true;
	return false;
}

/* What moved on one side since the last settlement, tracked or not. A socket that was
 * untracked and has found a place since is in `tracked` with all it ever sent and in
 * `live_before` with what was counted already, so only the sum says anything. */
static struct volume moved_on(const struct ledger *l, enum side side)
{
	const struct volume *parts[] = {&l->tracked[side], &l->ended[side],
					&l->live[side]};
	const struct volume *before = &l->live_before[side];
	struct volume sum = {-before->tx_bytes, -before->tx_again, -before->tx_segments,
			     -before->sockets};

	for (unsigned i = 0; i < 3; i++) {
		sum.tx_bytes += parts[i]->tx_bytes;
		sum.tx_again += parts[i]->tx_again;
		sum.tx_segments += parts[i]->tx_segments;
		sum.sockets += parts[i]->sockets;
	}
	return sum;
}

static uint64_t clamp(int64_t value, int64_t highest)
{
	if (value < 0)
		return 0;
	return (uint64_t)(value < highest ? value : highest);
}

/* An untracked socket's side is judged anew in each dump and may change, so the sum
 * over both sides is what is exact, and a side's share is held within it. */
static void settle(struct ledger *l)
{
	struct volume opened = moved_on(l, SIDE_OPENED);
	struct volume accepted = moved_on(l, SIDE_ACCEPTED);
	int64_t tx_bytes = opened.tx_bytes + accepted.tx_bytes;
	int64_t tx_segments = opened.tx_segments + accepted.tx_segments;

	l->tx_bytes += clamp(tx_bytes, INT64_MAX);
	l->tx_again += clamp(opened.tx_again + accepted.tx_again, INT64_MAX);
	l->tx_segments += clamp(tx_segments, INT64_MAX);
	l->initiated_tx_bytes += clamp(opened.tx_bytes, tx_bytes > 0 ? tx_bytes : 0);
	l->opened += clamp(opened.sockets, INT64_MAX);
	l->opened_anywhere += clamp(opened.sockets, INT64_MAX);
	memset(l->tracked, 0, sizeof(l->tracked));
	memset(l->ended, 0, sizeof(l->ended));
}

static int64_t count_live(const struct volume *sides)
{
	int64_t sum = 0;
	for (unsigned i = 0; i < SIDE_COUNT; i++)
		sum += sides[i].sockets;
	return sum;
}

/* Makes the untracked of this dump the ones that the next is compared with. */
static void turn_page(struct ledger *l)
{
	int64_t more = count_live(l->live) - count_live(l->live_before);
	int64_t loopback = l->loopback_live + l->loopback_ended - l->loopback_before;

	l->untracked += clamp(more, INT64_MAX);
	memcpy(l->live_before, l->live, sizeof(l->live));
	if (l->is_marked)
		l->opened_anywhere += clamp(loopback, INT64_MAX);
	l->loopback_before = l->loopback_live;
	l->loopback_ended = 0;
}

void ledger_end_dump(struct ledger *l, bool complete, double time)
{
	if (complete) {
		listeners_end(&l->listeners);
		socket_table_forget_unseen(&l->table, l->dump, l->lost);
		socket_table_forget_unseen(&l->own_table, l->dump, l->lost);
		socket_table_forget_unseen(&l->udp, l->dump, l->udp_lost);
	}
	/* With part of the untracked missing their sum says nothing: it waits. */
	if (l->is_marked && (complete || !has_untracked(l)))
		settle(l);
	if (complete) {
		turn_page(l);
		l->is_marked = true;
	}
	memset(l->live, 0, sizeof(l->live));
	l->destinations = l->reached.count;
	address_set_clear(&l->reached);
	flows_commit(l->flows, time);
}

void ledger_begin_events(struct ledger *l)
{
	l->refreshed = false;
}

/* A connection that lived and died between two dumps. Whose it was is not told. */
static void ended_unseen(struct ledger *l, const struct diag_socket *s)
{
	enum side side = side_of(l, s);
	struct flow moved = {
	    .tx_bytes = s->tx_bytes, .rx_bytes = s->rx_bytes, .begun = 1};
	uint8_t container = containers_guess(&l->containers);

	add_volume(&l->ended[side], s);
	credit(l, s, side, container, &moved, NULL);
}

void ledger_destroyed(struct ledger *l, const struct diag_socket *s)
{
	if (own_destroyed(l, s))
		return;
	struct tracked_socket *t = socket_table_find(&l->table, s->cookie);
	if (t) {
		if (l->is_marked)
			advance(l, t, s, 0);
		socket_table_remove(&l->table, t);
		return;
	}
	/* Sockets that never tried to connect are told of as well: they have no remote
	 * address. One whose connect() found no free port has no local port. */
	bool tried = !IN6_IS_ADDR_UNSPECIFIED(&s->remote) && s->local_port != 0;
	if (!l->is_marked || !s->has_counters || !tried)
		return;
	if (is_loopback(l, s))
		l->loopback_ended += side_of(l, s) == SIDE_OPENED;
	else
		ended_unseen(l, s);
}

void ledger_events_lost(struct ledger *l)
{
	l->lost = l->dump + 1;
}

void ledger_udp_events_lost(struct ledger *l)
{
	l->udp_lost = l->dump + 1;
}

void ledger_end_events(struct ledger *l)
{
	if (l->is_marked && !has_untracked(l))
		settle(l);
}

void ledger_add_opened(struct ledger *l, uint64_t opened, uint64_t anywhere)
{
	l->opened += opened;
	l->opened_anywhere += anywhere;
}
