/* SPDX-License-Identifier: Apache-2.0 */
/* accounting.c - counts the traffic of the namespace's TCP connections. */
#include <string.h>

#include "accounting_parts.h"
#include "config/allow.h"

/* The monitor's open connections, and those that remain until their peer has closed
 * too. */
#define OWN_ROOM 1024

/* After the loss of reports, how long those that were missed may still be only late. */
#define FORGIVE_S 5.0

/* Destinations outside --allow that are told apart. */
#define OUTSIDE_ROOM 64

int accounting_init(struct socket_accounting *a, const struct collect_options *options,
		    uint64_t seed, struct error *err)
{
	memset(a, 0, sizeof(*a));
	listeners_init(&a->listeners);
	seen_addresses_init(&a->seen, seed);
	known_peers_init(&a->peers, seed);
	a->allow = options->allow;
	a->ephemeral[0] = 32768; /* Linux's default */
	a->ephemeral[1] = 60999;
	if (socket_table_init(&a->table, options->max_sockets) < 0 ||
	    socket_table_init(&a->own_table, OWN_ROOM) < 0 ||
	    socket_table_init(&a->udp, options->max_sockets) < 0 ||
	    address_set_init(&a->destinations, options->max_destinations, seed) < 0 ||
	    address_set_init(&a->own_addresses, OWN_ADDRESSES_MAX, seed) < 0 ||
	    !(a->flows = flows_new(options->max_destinations, seed)) ||
	    (options->allow && !(a->outside = flows_new(OUTSIDE_ROOM, seed)))) {
		accounting_release(a);
		return fail(err, "sockets: out of memory for %u sockets and %u flows",
			    options->max_sockets, options->max_destinations);
	}
	return 0;
}

void accounting_release(struct socket_accounting *a)
{
	socket_table_release(&a->table);
	socket_table_release(&a->own_table);
	socket_table_release(&a->udp);
	address_set_release(&a->destinations);
	address_set_release(&a->own_addresses);
	flows_free(a->flows);
	flows_free(a->outside);
	a->flows = a->outside = NULL;
}

static bool is_loopback_address(const struct in6_addr *a)
{
	if (IN6_IS_ADDR_V4MAPPED(a))
		return a->s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(a);
}

bool accounting_is_loopback(const struct socket_accounting *a,
			    const struct diag_socket *s)
{
	return is_loopback_address(&s->remote) || is_loopback_address(&s->local) ||
	       IN6_ARE_ADDR_EQUAL(&s->remote, &s->local) ||
	       address_set_has(&a->own_addresses, &s->remote);
}

static bool listens(struct socket_accounting *a, const struct diag_socket *s)
{
	if (listeners_match(&a->listeners, &s->local, s->local_port))
		return true;
	/* A dump lists the listeners first; for an event they may be out of date. */
	if (s->state != STATE_CLOSE || a->refreshed || accounting_is_loopback(a, s))
		return false;
	a->refreshed = true;
	a->refresh_listeners(a->refresh_context);
	return listeners_match(&a->listeners, &s->local, s->local_port);
}

/* Returns who opened the connection. The byte counters are the kernel's own evidence,
 * and a listener on the local port is as reliable; without either, the pod opened
 * it. */
static enum socket_role role_of(struct socket_accounting *a,
				const struct diag_socket *s)
{
	if (s->state == STATE_SYN_SENT || s->remote_port == 0 ||
	    s->opener == DIAG_OPENER_HERE)
		return ROLE_CLIENT;
	if (s->opener == DIAG_OPENER_THERE || listens(a, s))
		return ROLE_SERVER;
	return ROLE_CLIENT;
}

/* UDP sockets that the first dump lists are counted by the next one: until then the
 * addresses of an earlier run can be restored. */
void accounting_sent_to(struct socket_accounting *a, const struct in6_addr *remote)
{
	address_set_add(&a->destinations, remote);
	if (a->has_base && seen_addresses_add(&a->seen, remote) && !a->seen_unknown)
		a->new_destinations++;
}

/* Both tables of flows commit at the same time, so a connection's `*active` is right
 * for both; only one of them may advance it. */
static void add_outside(struct socket_accounting *a, const struct flow *moved,
			const uint32_t *active)
{
	uint32_t before = active ? *active : 0;

	flows_add(a->outside, moved, active ? &before : NULL);
	a->outside_waits = true;
}

void accounting_moved(struct socket_accounting *a, const struct flow *moved,
		      bool by_pod, uint32_t *active)
{
	known_peers_add(&a->peers, moved);
	if (a->outside && by_pod &&
	    !allow_permits(a->allow, &moved->address, moved->port))
		add_outside(a, moved, active);
	flows_add(a->flows, moved, active);
}

static void count_flow(struct socket_accounting *a, const struct diag_socket *s,
		       enum socket_role role, uint8_t container,
		       const struct flow *moved, uint32_t *active)
{
	if (role == ROLE_CLIENT && (moved->tx_bytes > 0 || moved->begun > 0))
		accounting_sent_to(a, &s->remote);
	if (moved->tx_bytes == 0 && moved->rx_bytes == 0 && moved->begun == 0)
		return;
	struct flow flow = *moved;
	bool opened = role == ROLE_CLIENT;
	flow.address = s->remote;
	flow.port = opened ? s->remote_port : s->local_port;
	flow.protocol = IPPROTO_TCP;
	flow.direction = opened ? FLOW_OPENED : FLOW_ACCEPTED;
	flow.container = container;
	accounting_moved(a, &flow, opened, active);
}

/* Adds a socket's traffic, and whether it is new, to its container and its flow. */
static void credit(struct socket_accounting *a, const struct diag_socket *s,
		   enum socket_role role, uint8_t container, const struct flow *moved,
		   uint32_t *active)
{
	a->containers.known[container].tcp_tx_bytes += moved->tx_bytes;
	count_flow(a, s, role, container, moved, active);
}

static void add_volume(struct volume *to, const struct diag_socket *s)
{
	to->tx_bytes += (int64_t)s->tx_bytes;
	to->tx_again += (int64_t)s->tx_again;
	to->tx_segments += s->tx_segments;
	to->sockets++;
}

/* Evidence after the listener's may show that the pod did (or did not) open the
 * connection: its later traffic counts in the new role. */
static void reconsider(struct socket_accounting *a, struct tracked_socket *t,
		       const struct diag_socket *s)
{
	if (t->is_certain || s->opener == DIAG_OPENER_UNKNOWN)
		return;
	t->is_certain = true;
	if (s->opener == DIAG_OPENER_THERE) {
		if (t->role == ROLE_CLIENT)
			t->role = ROLE_SERVER;
		return;
	}
	if (t->role == ROLE_CLIENT)
		return;
	a->tracked[ROLE_CLIENT].sockets++;
	t->role = ROLE_CLIENT;
}

/* A counter that fell belongs to a socket that was connected again. */
static uint64_t since(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

void accounting_set_counted(struct tracked_socket *t, const struct diag_socket *s)
{
	t->tx_bytes = s->tx_bytes;
	t->rx_bytes = s->rx_bytes;
	t->tx_again = s->tx_again;
	t->tx_segments = s->tx_segments;
	t->rx_segments = s->rx_segments;
	t->tx_data_segments = s->tx_data_segments;
	t->rx_data_segments = s->rx_data_segments;
}

static void advance(struct socket_accounting *a, struct tracked_socket *t,
		    const struct diag_socket *s, uint32_t connections)
{
	reconsider(a, t, s);
	struct flow moved = {.tx_bytes = since(s->tx_bytes, t->tx_bytes),
			     .rx_bytes = since(s->rx_bytes, t->rx_bytes),
			     .begun = connections};
	struct volume *to = &a->tracked[t->role];
	to->tx_bytes += (int64_t)moved.tx_bytes;
	to->tx_again += (int64_t)since(s->tx_again, t->tx_again);
	/* The kernel's counter has 32 bits and wraps; on a new connection it falls. */
	uint32_t segments = s->tx_segments - t->tx_segments;
	to->tx_segments += s->tx_bytes >= t->tx_bytes ? segments : s->tx_segments;
	to->sockets += connections;
	accounting_set_counted(t, s);
	credit(a, s, t->role, t->container, &moved, &t->active);
}

/* Removes a socket from the table for one that sent more: from now on it is in the sums
 * over untracked sockets, with what was counted of it. */
static void unfollow(struct socket_accounting *a, struct tracked_socket *t)
{
	const struct diag_socket counted = {.tx_bytes = t->tx_bytes,
					    .tx_again = t->tx_again,
					    .tx_segments = t->tx_segments};

	add_volume(&a->live_before[t->role], &counted);
	if (t->dump == a->dump)
		add_volume(&a->live[t->role], &counted);
	socket_table_remove(&a->table, t);
}

/* Finds a place in the table for a new socket. NULL if the table is full and the
 * sockets examined sent too much to be replaced. */
static struct tracked_socket *follow(struct socket_accounting *a,
				     const struct diag_socket *s)
{
	struct tracked_socket *t = socket_table_add(&a->table, s->cookie);
	if (t || !a->has_base)
		return t;
	struct tracked_socket *lesser = socket_table_lesser(&a->table, s->tx_bytes);
	if (!lesser)
		return NULL;
	unfollow(a, lesser);
	return socket_table_add(&a->table, s->cookie);
}

/* Adds an open socket that is seen for the first time. */
static void meet(struct socket_accounting *a, const struct diag_socket *s)
{
	enum socket_role role = role_of(a, s);
	struct tracked_socket *t = follow(a, s);
	if (!t) {
		add_volume(&a->live[role], s);
		return;
	}
	t->role = (uint8_t)role;
	t->is_certain = s->opener != DIAG_OPENER_UNKNOWN;
	t->dump = a->dump;
	t->container = containers_of(&a->containers, s->cgroup_id);
	if (a->has_base)
		advance(a, t, s, 1);
	else
		accounting_set_counted(t, s);
}

void accounting_listener(struct socket_accounting *a, const struct diag_socket *s)
{
	listeners_see(&a->listeners, &s->local, s->local_port);
	for (unsigned i = 0; i < a->own_listener_count; i++)
		if (a->own_listeners[i] == s->cookie)
			containers_own(&a->containers, s->cgroup_id);
}

/* Kernel source: inet_diag_dump_icsk() goes on in a chain of its hash table by
 * position. If a socket of the chain ended between two of a dump's datagrams, its place
 * is taken at the chain's head, and the sockets behind it are listed again. */
static bool was_just_listed(struct socket_accounting *a, uint64_t cookie)
{
	for (unsigned i = 0; i < LISTED_RECENT; i++)
		if (a->listed[i] == cookie)
			return true;
	a->listed[a->listed_next++ % LISTED_RECENT] = cookie;
	return false;
}

void accounting_begin_dump(struct socket_accounting *a)
{
	a->dump++;
	memset(a->listed, 0, sizeof(a->listed));
	a->loopback_live = 0;
	memset(a->live, 0, sizeof(a->live));
	listeners_begin(&a->listeners);
}

void accounting_live(struct socket_accounting *a, const struct diag_socket *s)
{
	if (s->state == STATE_LISTEN) {
		accounting_listener(a, s);
		return;
	}
	if (!s->has_counters || IN6_IS_ADDR_UNSPECIFIED(&s->remote) ||
	    accounting_own_seen(a, s))
		return;
	struct tracked_socket *t = socket_table_find(&a->table, s->cookie);
	if (!t && was_just_listed(a, s->cookie))
		return;
	if (accounting_is_loopback(a, s)) {
		a->loopback_live += role_of(a, s) == ROLE_CLIENT;
		return;
	}
	if (!t) {
		meet(a, s);
		return;
	}
	t->dump = a->dump;
	if (a->has_base)
		advance(a, t, s, 0);
	else
		accounting_set_counted(t, s);
}

static bool has_untracked(const struct socket_accounting *a)
{
	for (unsigned i = 0; i < ROLE_COUNT; i++)
		if (a->live[i].sockets || a->live_before[i].sockets)
			return true;
	return false;
}

/* Returns the traffic of one role since the last settle(), tracked or not. A socket
 * that was untracked and is tracked now is in `tracked` with all that it ever sent and
 * in `live_before` with what was already counted, so only the sum is meaningful. */
static struct volume moved_on(const struct socket_accounting *a, enum socket_role role)
{
	const struct volume *parts[] = {&a->tracked[role], &a->ended[role],
					&a->live[role]};
	const struct volume *before = &a->live_before[role];
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

static struct volume sum_of(const struct volume *a, const struct volume *b)
{
	return (struct volume){a->tx_bytes + b->tx_bytes, a->tx_again + b->tx_again,
			       a->tx_segments + b->tx_segments,
			       a->sockets + b->sockets};
}

static struct volume less(const struct volume *a, const struct volume *b)
{
	return (struct volume){a->tx_bytes - b->tx_bytes, a->tx_again - b->tx_again,
			       a->tx_segments - b->tx_segments,
			       a->sockets - b->sockets};
}

static uint64_t clamp(int64_t value, int64_t highest)
{
	if (value < 0)
		return 0;
	return (uint64_t)(value < highest ? value : highest);
}

/* What is missing of a sum, at most so much of each count. */
static struct volume missing_of(const struct volume *sum, const struct volume *most)
{
	return (struct volume){
	    (int64_t)clamp(-sum->tx_bytes, most->tx_bytes),
	    (int64_t)clamp(-sum->tx_again, most->tx_again),
	    (int64_t)clamp(-sum->tx_segments, most->tx_segments),
	    (int64_t)clamp(-sum->sockets, most->sockets),
	};
}

bool accounting_awaits_reports(const struct socket_accounting *a)
{
	return a->owed.sockets > 0 && a->time >= a->owed_at &&
	       a->time - a->owed_at <= REPORT_LATE_S;
}

static void reduce(struct volume *v, double share)
{
	v->tx_bytes -= (int64_t)((double)v->tx_bytes * share);
	v->tx_again -= (int64_t)((double)v->tx_again * share);
	v->tx_segments -= (int64_t)((double)v->tx_segments * share);
	v->sockets -= (int64_t)((double)v->sockets * share);
}

/* Reports that were lost are not waited for. Which sockets' they were is not known;
 * those that are only late have come after FORGIVE_S. Of the rest as many are forgiven
 * as were lost, each of the average size. */
static void forgive(struct socket_accounting *a)
{
	const int64_t waits = a->owed.sockets;

	if (a->reports_lost == 0)
		return;
	if (a->lost_at == 0)
		a->lost_at = a->time;
	if (a->time - a->lost_at < FORGIVE_S && a->reports_lost < UINT64_MAX)
		return;
	if (waits > 0) {
		const uint64_t lost = a->reports_lost < (uint64_t)waits
					  ? a->reports_lost
					  : (uint64_t)waits;
		const double share = (double)lost / (double)waits;

		reduce(&a->owed, share);
		reduce(&a->owed_opened, share);
	}
	a->reports_lost = 0;
}

/* An untracked socket's role is determined again in each dump and may change, so only
 * the sum over both roles is exact, and each role's share is limited to it.
 *
 * A socket may be missing in a dump before its end is reported. What it had sent is
 * owed, so that the report does not count it again, however many dumps later it comes.
 * Reports that were lost are forgiven, and after REPORT_LATE_S all are. Bytes whose
 * sockets have all been reported are owed until the next dump: they were sent by a
 * socket that was reset, whose counters the kernel clears. */
static void settle(struct socket_accounting *a, bool dumped)
{
	static const struct volume any = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
	const struct volume opened_now = moved_on(a, ROLE_CLIENT);
	const struct volume accepted_now = moved_on(a, ROLE_SERVER);
	const struct volume all_now = sum_of(&opened_now, &accepted_now);
	const struct volume opened = less(&opened_now, &a->owed_opened);
	const struct volume all = less(&all_now, &a->owed);
	const bool anew = dumped && !accounting_awaits_reports(a);

	a->tx_bytes += clamp(all.tx_bytes, INT64_MAX);
	a->tx_again += clamp(all.tx_again, INT64_MAX);
	a->tx_segments += clamp(all.tx_segments, INT64_MAX);
	a->initiated_tx_bytes +=
	    clamp(opened.tx_bytes, all.tx_bytes > 0 ? all.tx_bytes : 0);
	a->opened += clamp(opened.sockets, INT64_MAX);
	a->opened_anywhere += clamp(opened.sockets, INT64_MAX);
	if (all_now.sockets < 0)
		a->owed_at = a->time;
	a->owed = missing_of(anew ? &all_now : &all, &any);
	a->owed_opened = missing_of(anew ? &opened_now : &opened, &a->owed);
	if (dumped)
		forgive(a);
	memset(a->tracked, 0, sizeof(a->tracked));
	memset(a->ended, 0, sizeof(a->ended));
}

static int64_t count_live(const struct volume *roles)
{
	int64_t sum = 0;
	for (unsigned i = 0; i < ROLE_COUNT; i++)
		sum += roles[i].sockets;
	return sum;
}

/* Keeps the untracked sockets of this dump to compare the next dump with. */
static void carry_over(struct socket_accounting *a)
{
	int64_t more = count_live(a->live) - count_live(a->live_before);
	int64_t loopback = a->loopback_live + a->loopback_ended - a->loopback_before;

	a->untracked += clamp(more, INT64_MAX);
	memcpy(a->live_before, a->live, sizeof(a->live));
	if (a->has_base)
		a->opened_anywhere += clamp(loopback, INT64_MAX);
	a->loopback_before = a->loopback_live;
	a->loopback_ended = 0;
}

/* Notes this dump as one that is REPORT_LATE_S old when as much time has passed. */
static void note_late(struct socket_accounting *a)
{
	if (a->time >= a->marked_at && a->time - a->marked_at < REPORT_LATE_S)
		return;
	a->late = a->marked;
	a->marked = a->dump;
	a->marked_at = a->time;
}

static void forget_unseen(struct socket_accounting *a)
{
	note_late(a);
	a->due = socket_table_forget_unseen(&a->table, a->dump, a->lost, a->late);
	socket_table_forget_unseen(&a->own_table, a->dump, a->lost, a->late);
	socket_table_forget_unseen(&a->udp, a->dump, a->udp_lost, a->late);
}

void accounting_end_dump(struct socket_accounting *a, bool complete, double time)
{
	a->time = time;
	if (complete) {
		listeners_end(&a->listeners);
		forget_unseen(a);
	}
	/* If some untracked sockets are missing, their sum is meaningless: settle()
	 * waits. */
	if (a->has_base && (complete || !has_untracked(a)))
		settle(a, complete);
	if (complete) {
		carry_over(a);
		a->has_base = true;
	}
	memset(a->live, 0, sizeof(a->live));
	a->destination_count = a->destinations.count;
	address_set_clear(&a->destinations);
	flows_commit(a->flows, time);
	if (a->outside)
		flows_commit(a->outside, time);
	a->outside_waits = false;
	known_peers_commit(&a->peers, time);
}

void accounting_begin_events(struct socket_accounting *a)
{
	a->refreshed = false;
}

/* Counts an attempt to connect if the socket ends without ever having had a connection:
 * refused, timed out, unreachable, or closed by the pod while it waited for an answer.
 * The kernel's AttemptFails has all but the last. */
static void count_failed(struct socket_accounting *a, const struct diag_socket *s,
			 enum socket_role role)
{
	if (!s->has_counters || s->was_established || role != ROLE_CLIENT)
		return;
	if (accounting_is_loopback(a, s))
		a->failed_loopback++;
	else
		a->failed++;
}

/* Counts a connection that began and ended between two dumps. Its container is not
 * known. */
static void ended_unseen(struct socket_accounting *a, const struct diag_socket *s)
{
	enum socket_role role = role_of(a, s);
	struct flow moved = {
	    .tx_bytes = s->tx_bytes, .rx_bytes = s->rx_bytes, .begun = 1};
	uint8_t container = containers_guess(&a->containers);

	add_volume(&a->ended[role], s);
	count_failed(a, s, role);
	credit(a, s, role, container, &moved, NULL);
}

void accounting_destroyed(struct socket_accounting *a, const struct diag_socket *s)
{
	if (accounting_own_destroyed(a, s))
		return;
	struct tracked_socket *t = socket_table_find(&a->table, s->cookie);
	if (t) {
		if (a->has_base)
			advance(a, t, s, 0);
		count_failed(a, s, t->role);
		socket_table_remove(&a->table, t);
		return;
	}
	/* The kernel also reports sockets that never tried to connect: they have no
	 * remote address. A socket whose connect() found no free port has no local
	 * port. */
	bool tried = !IN6_IS_ADDR_UNSPECIFIED(&s->remote) && s->local_port != 0;
	if (!a->has_base || !s->has_counters || !tried)
		return;
	if (accounting_is_loopback(a, s)) {
		enum socket_role role = role_of(a, s);

		a->loopback_ended += role == ROLE_CLIENT;
		count_failed(a, s, role);
	} else {
		ended_unseen(a, s);
	}
}

void accounting_events_lost(struct socket_accounting *a, uint64_t reports)
{
	a->lost = a->dump + 1;
	a->lost_at = 0;
	a->reports_lost = reports < UINT64_MAX - a->reports_lost
			      ? a->reports_lost + reports
			      : UINT64_MAX;
}

void accounting_udp_events_lost(struct socket_accounting *a)
{
	a->udp_lost = a->dump + 1;
}

void accounting_end_events(struct socket_accounting *a)
{
	if (a->has_base && !has_untracked(a))
		settle(a, false);
}

void accounting_add_opened(struct socket_accounting *a, uint64_t opened,
			   uint64_t anywhere)
{
	a->opened += opened;
	a->opened_anywhere += anywhere;
}
