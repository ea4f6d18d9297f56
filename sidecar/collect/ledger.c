/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.c - the accounts of the namespace's TCP connections, and where UDP points. */
#include <string.h>

#include "ledger.h"

int ledger_init(struct ledger *l, const struct collect_options *options, uint64_t seed,
		struct error *err)
{
	memset(l, 0, sizeof(*l));
	listeners_init(&l->listeners);
	l->own_port_count = options->own_port_count;
	memcpy(l->own_ports, options->own_ports, sizeof(l->own_ports));
	l->ephemeral[0] = 32768; /* Linux's own choice */
	l->ephemeral[1] = 60999;
	if (socket_table_init(&l->table, options->max_sockets) < 0 ||
	    socket_table_init(&l->udp, options->max_sockets) < 0 ||
	    address_set_init(&l->reached, options->max_destinations, seed) < 0 ||
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
	socket_table_release(&l->udp);
	address_set_release(&l->reached);
	flows_free(l->flows);
	l->flows = NULL;
}

static bool is_own_port(const struct ledger *l, uint16_t port)
{
	for (unsigned i = 0; i < l->own_port_count; i++)
		if (l->own_ports[i] == port && port != 0)
			return true;
	return false;
}

/* To 127/8, ::1, or to itself by its own address: none of it leaves the pod. */
static bool is_loopback(const struct diag_socket *s)
{
	if (IN6_IS_ADDR_V4MAPPED(&s->remote))
		if (s->remote.s6_addr[12] == 127)
			return true;
	return IN6_IS_ADDR_LOOPBACK(&s->remote) ||
	       IN6_ARE_ADDR_EQUAL(&s->remote, &s->local);
}

static bool listens(struct ledger *l, const struct diag_socket *s)
{
	if (listeners_match(&l->listeners, &s->local, s->local_port))
		return true;
	/* A dump is told of the listeners first; for an event they may be old. */
	if (s->state != STATE_CLOSE || l->refreshed || is_loopback(s))
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
	if (is_own_port(l, s->local_port))
		return SIDE_OWN;
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
	if (side == SIDE_OWN) {
		containers_add_own(&l->containers, moved->tx_bytes);
		return;
	}
	l->containers.known[container].tcp_tx_bytes += moved->tx_bytes;
	count_flow(l, s, side, container, moved, active);
}

static void add_volume(struct volume *to, const struct diag_socket *s)
{
	to->tx_bytes += (int64_t)s->tx_bytes;
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
	if (t->side == SIDE_OWN)
		t->container = containers_of(&l->containers, s->cgroup_id);
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
	t->tx_segments = s->tx_segments;
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
	if (side != SIDE_OWN)
		t->container = containers_of(&l->containers, s->cgroup_id);
	if (l->is_marked)
		advance(l, t, s, 1);
	else
		mark(t, s);
}

void ledger_listener(struct ledger *l, const struct diag_socket *s)
{
	listeners_see(&l->listeners, &s->local, s->local_port);
	if (is_own_port(l, s->local_port))
		containers_own(&l->containers, s->cgroup_id);
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
	if (!s->has_counters || IN6_IS_ADDR_UNSPECIFIED(&s->remote))
		return;
	if (is_loopback(s)) {
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
	if (IN6_IS_ADDR_UNSPECIFIED(&s->remote) || is_loopback(s))
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
	if (!l->is_marked || IN6_IS_ADDR_UNSPECIFIED(&s->remote) || is_loopback(s))
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
	struct volume sum = {-before->tx_bytes, -before->tx_segments, -before->sockets};

	for (unsigned i = 0; i < 3; i++) {
		sum.tx_bytes += parts[i]->tx_bytes;
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
	uint8_t container = 0;

	add_volume(&l->ended[side], s);
	if (side != SIDE_OWN)
		container = containers_guess(&l->containers);
	credit(l, s, side, container, &moved, NULL);
}

void ledger_destroyed(struct ledger *l, const struct diag_socket *s)
{
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
	if (is_loopback(s))
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
