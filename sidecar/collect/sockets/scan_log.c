/* SPDX-License-Identifier: Apache-2.0 */
/* scan_log.c - the traffic that each of the last socket scans found, by flow. */
#include "scan_log.h"

#include <string.h>

#include "flow_order.h"

struct scan *scan_log_begin(struct scan_log *log, double time, uint32_t step)
{
	struct scan *scan = &log->ring[log->next];

	scan->step = step;
	scan->tcp_count = scan->udp_count = 0;
	scan->rest = (struct scan_moved){0};
	/* The first scan covers the time since the collector was opened. */
	scan->from = log->until;
	scan->until = log->until = time;
	log->next = (log->next + 1) % SCANS_KEPT;
	if (log->count < SCANS_KEPT)
		log->count++;
	return scan;
}

static bool comes_before(const struct scan_moved *a, const struct scan_moved *b)
{
	return amount_comes_before(FLOW_AMOUNT(a), FLOW_AMOUNT(b));
}

void scan_moved_add(struct scan_moved *sum, const struct scan_moved *more)
{
	sum->tx_bytes += more->tx_bytes;
	sum->rx_bytes += more->rx_bytes;
	sum->connections += more->begun;
	if (sum->connections < more->connections)
		sum->connections = more->connections;
	sum->begun += more->begun;
}

/* Adds to the rest of the same scan: they are different connections. */
static void add_to_rest(struct scan *scan, const struct scan_moved *moved)
{
	scan->rest.tx_bytes += moved->tx_bytes;
	scan->rest.rx_bytes += moved->rx_bytes;
	scan->rest.connections += moved->connections;
	scan->rest.begun += moved->begun;
}

void scan_add(struct scan *scan, const struct scan_moved *moved, bool is_udp)
{
	struct scan_moved *kept = is_udp ? scan->udp : scan->tcp;
	uint16_t *count = is_udp ? &scan->udp_count : &scan->tcp_count;
	const unsigned max = is_udp ? SCAN_UDP_KEPT : SCAN_TCP_KEPT;
	unsigned at = *count;

	if (at == max) {
		if (!comes_before(moved, &kept[max - 1])) {
			add_to_rest(scan, moved);
			return;
		}
		add_to_rest(scan, &kept[--at]);
	} else {
		++*count;
	}
	for (; at > 0 && comes_before(moved, &kept[at - 1]); at--)
		kept[at] = kept[at - 1];
	kept[at] = *moved;
}

static void displace(struct scan *scan, struct scan_moved *kept, uint16_t *count,
		     uint32_t place)
{
	for (unsigned i = 0; i < *count; i++) {
		if (kept[i].place != place)
			continue;
		add_to_rest(scan, &kept[i]);
		memmove(&kept[i], &kept[i + 1], (--*count - i) * sizeof(kept[0]));
		return;
	}
}

void scan_log_displaced(struct scan_log *log, uint32_t place)
{
	for (unsigned i = 0; i < log->count; i++) {
		struct scan *scan = &log->ring[i];
		displace(scan, scan->tcp, &scan->tcp_count, place);
		displace(scan, scan->udp, &scan->udp_count, place);
	}
}

/* The kept scan with that index, oldest first. */
static const struct scan *scan_at(const struct scan_log *log, unsigned index)
{
	return &log->ring[(log->next + SCANS_KEPT - log->count + index) % SCANS_KEPT];
}

void scan_log_forget(struct scan_log *log, uint32_t step)
{
	while (log->count > 0 && scan_at(log, 0)->step <= step)
		log->count--;
}

bool scan_log_reaches(const struct scan_log *log, double since)
{
	return log->count > 0 && scan_at(log, 0)->from <= since;
}

static unsigned add_all(struct scan_moved *sums, unsigned count,
			const struct scan_moved *kept, unsigned kept_count)
{
	for (unsigned i = 0; i < kept_count; i++) {
		unsigned at = 0;
		while (at < count && sums[at].place != kept[i].place)
			at++;
		if (at == count)
			sums[count++] = kept[i];
		else
			scan_moved_add(&sums[at], &kept[i]);
	}
	return count;
}

unsigned scan_log_since(const struct scan_log *log, double since,
			struct scan_moved *sums, struct scan_moved *rest)
{
	unsigned count = 0;

	*rest = (struct scan_moved){0};
	for (unsigned i = 0; i < log->count; i++) {
		const struct scan *scan = scan_at(log, i);
		if (scan->until <= since)
			continue;
		count = add_all(sums, count, scan->tcp, scan->tcp_count);
		count = add_all(sums, count, scan->udp, scan->udp_count);
		scan_moved_add(rest, &scan->rest);
	}
	return count;
}
