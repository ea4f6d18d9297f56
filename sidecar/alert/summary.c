/* SPDX-License-Identifier: Apache-2.0 */
/* summary.c - describes an alert in one or two sentences: what, how much, compared with
 * what, and where to.
 *
 * The sentences claim only what is known. "99 of 100 intervals" is the baseline's p99.
 * "never" means that the baseline's mean is 0. If nothing was learnt, the sentence says
 * so.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "collect/flow_words.h"
#include "dormouse/alert.h"

/* Prints few digits, but never rounds a value to zero. */
static void put_number(struct text *t, double value, bool whole)
{
	if (value > 0 && value < 0.05)
		text_printf(t, "%.1g", value);
	else
		text_printf(t, "%.*f", value > 0 && value < 9.95 && !whole ? 1 : 0,
			    value);
}

static void put_scaled(struct text *t, double value, const char *const units[])
{
	unsigned scale = 0;

	if (!(value > 0))
		value = 0;
	/* 999.5 would be printed as 1000. */
	while (value >= 999.5 && units[scale + 1]) {
		value /= 1000;
		scale++;
	}
	put_number(t, value, false);
	text_printf(t, " %s", units[scale]);
}

static void put_bytes(struct text *t, double bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", NULL};

	put_scaled(t, bytes, units);
}

/* "340 packets", "1 packet", "0.3 packets". */
static void put_count(struct text *t, double count, const char *unit)
{
	size_t length = strlen(unit);

	if (count == 1) /* "addresses" loses two letters, other units one */
		length -= strcmp(unit, "addresses") == 0 ? 2 : 1;
	put_number(t, count, count == floor(count));
	text_printf(t, " %.*s", (int)length, unit);
}

/* Prints a value of the signal with its unit: "1.2 MB/s", "340 packets/s". Rare events
 * are per minute or hour: "3 connections/h". */
static void put_value(struct text *t, enum signal signal, double value)
{
	const char *unit = signal_unit(signal), *per = "/s";

	if (!(value > 0))
		value = 0;
	if (signal_is_gauge(signal)) {
		put_count(t, value, unit);
		text_put(t, " in an interval");
		return;
	}
	if (value > 0 && value < 0.1) {
		per = value * 60 < 1 ? "/h" : "/min";
		value *= value * 60 < 1 ? 3600 : 60;
	}
	if (strcmp(unit, "bytes") == 0)
		put_bytes(t, value);
	else
		put_count(t, value, unit);
	text_put(t, per);
}

static void put_duration(struct text *t, double seconds)
{
	if (seconds < 90)
		text_printf(t, "%.0f s", seconds);
	else if (seconds < 90 * 60)
		text_printf(t, "%.0f min", seconds / 60);
	else if (seconds < 36 * 3600)
		text_printf(t, "%.0f h", seconds / 3600);
	else
		text_printf(t, "%.0f d", seconds / 86400);
}

/* Writes what the pod does, or did if the alert is over: "sends 1.0 MB/s over TCP
 * (tcp_tx_bytes)". */
static void put_deed(struct text *t, const struct alert *alert)
{
	const enum signal signal = alert->verdict.signal;
	const struct signal_words *words = signal_words(signal);
	const bool over = alert->ends_at > 0;

	text_printf(t, over ? "%s up to " : "%s ", over ? words->did : words->does);
	put_value(t, signal, over ? alert->peak : alert->verdict.value);
	text_printf(t, "%s (%s", words->how, signal_name(signal));
	if (!over && alert->verdict.window_s > 0) { /* the value is a mean over it */
		text_put(t, ", over ");
		put_duration(t, alert->verdict.window_s);
	}
	text_put(t, ")");
}

static void put_unlearnt(struct text *t, const struct verdict *v)
{
	text_put(t, ". Nothing has been learnt about that yet");
	if (v->baseline.threshold > 0) {
		text_put(t, "; until then the limit is ");
		put_value(t, v->signal, v->baseline.threshold);
	}
}

/* For a baseline whose p99 is 0: says whether any interval had traffic. */
static void put_silence(struct text *t, const struct verdict *v)
{
	const struct signal_words *words = signal_words(v->signal);
	const char *unit = signal_unit(v->signal);
	const bool counted = strcmp(unit, "bytes") != 0 && strcmp(unit, "packets") != 0;

	if (v->baseline.mean > 0)
		text_put(t, ". Before, in at most 1 of 100 intervals it ");
	else
		text_put(t, ". Before, as far as was learnt, it never ");
	text_printf(t, "%s %s%s", words->did, counted ? "any" : "anything", words->how);
}

static void put_past(struct text *t, const struct verdict *v)
{
	const struct signal_words *words = signal_words(v->signal);

	if (v->baseline.samples == 0) {
		put_unlearnt(t, v);
	} else if (!(v->baseline.p99 > 0)) {
		put_silence(t, v);
	} else {
		text_printf(t, ". Before, in 99 of 100 intervals it %s at most ",
			    words->did);
		put_value(t, v->signal, v->baseline.p99);
		text_put(t, words->how);
	}
}

static void put_relay(struct text *t, const struct alert *alert)
{
	const struct verdict *v = &alert->verdict;

	text_printf(t, "This pod %s on what it receives: ",
		    alert->ends_at > 0 ? "passed" : "seems to pass");
	put_bytes(t, (double)v->received);
	text_put(t, " came in and ");
	put_bytes(t, (double)v->bytes);
	text_put(t, " went out in ");
	put_duration(t, alert->updated_at - v->onset);
	text_put(t, "; it ");
	put_deed(t, alert);
}

static void put_gap(struct text *t, const struct alert *alert)
{
	const struct verdict *v = &alert->verdict;

	/* A killed monitor observed a part of this time but could not save that. */
	text_put(t, "In the ");
	put_duration(t, alert->starts_at - v->onset);
	text_put(t, " between the last saved state and the monitor's return, this pod "
		    "sent ");
	put_bytes(t, (double)v->bytes);
	text_put(t, ", on average ");
	put_value(t, v->signal, v->value);
	if (v->baseline.threshold > 0) {
		text_put(t, "; its past explains up to ");
		put_value(t, v->signal, v->baseline.threshold);
	}
}

static void put_budget(struct text *t, const struct verdict *v)
{
	if (v->baseline.threshold > 0) {
		text_put(t, " of ");
		put_value(t, v->signal, v->baseline.threshold);
	}
}

/* The sentences by kind. Either a function writes the whole sentence, or it consists of
 * `now` (`over` if the alert is over), what the pod does, `after`, and the output of
 * `rest`. */
static const struct sentence {
	void (*told_by)(struct text *t, const struct alert *alert);
	const char *now, *over, *after;
	void (*rest)(struct text *t, const struct verdict *v);
} sentences[ALERT_KIND_COUNT] = {
#define TOLD_BY(function)                   .told_by = (function)
#define DEED(now, over, after, rest)        NULL, now, over, after, rest
#define KIND(id, name, rank, sentence, ...) [ALERT_##id] = {sentence},
#include "detect/kinds.def"
#undef KIND
};

static void put_what(struct text *t, const struct alert *alert)
{
	const struct sentence *s = &sentences[alert->verdict.kind];

	if (s->told_by) {
		s->told_by(t, alert);
	} else {
		text_put(t, alert->ends_at > 0 ? s->over : s->now);
		put_deed(t, alert);
		text_put(t, s->after);
		s->rest(t, &alert->verdict);
	}
	text_put(t, ".");
}

static void put_end(struct text *t, const struct flow *f)
{
	const bool client = f->direction == FLOW_ACCEPTED;
	const bool bracketed = !client && !IN6_IS_ADDR_V4MAPPED(&f->address);

	text_put(t, bracketed ? "[" : "");
	flow_put_address(t, &f->address);
	text_put(t, bracketed ? "]" : "");
	text_printf(t, client ? ", a client of port %u here" : ":%u", f->port);
	if (f->protocol == IPPROTO_UDP)
		text_put(t, " (UDP)");
}

/* Returns the bytes to all destinations of the evidence. */
static uint64_t accounted(const struct alert_evidence *e)
{
	uint64_t sum = e->other_bytes;

	for (unsigned i = 0; i < e->flow_count; i++)
		sum += e->flows[i].flow.tx_bytes;
	return sum;
}

/* Returns the bytes to the first destination, from all containers. */
static uint64_t share_of_first(const struct alert_evidence *e)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < e->flow_count; i++) {
		const struct flow *first = &e->flows[0].flow, *f = &e->flows[i].flow;
		if (IN6_ARE_ADDR_EQUAL(&f->address, &first->address) &&
		    f->port == first->port && f->protocol == first->protocol &&
		    f->direction == first->direction)
			sum += f->tx_bytes;
	}
	return sum;
}

/* Destinations with less than one part in this many are not named. */
#define SHARE_TOLD 20

/* Whether the first destination received enough to be named. */
static bool has_share(const struct alert_evidence *e, uint64_t total)
{
	const uint64_t sum = accounted(e), first = share_of_first(e);

	return first > 0 && first >= (sum > total ? sum : total) / SHARE_TOLD;
}

/* Writes where the largest part of the total went, and its size. The evidence may begin
 * slightly before the total (collector_moved_since()). Then the sentence compares the
 * part with the sum of the evidence. */
static void put_share(struct text *t, const struct alert_evidence *e, uint64_t total,
		      const char *of_it)
{
	const uint64_t sum = accounted(e);

	text_put(t, ", ");
	put_bytes(t, (double)share_of_first(e));
	if (sum > total + total / SHARE_TOLD) {
		text_put(t, " of the ");
		put_bytes(t, (double)sum);
		text_put(t, " that its connections sent about then");
	} else {
		text_put(t, of_it);
	}
	text_put(t, " to ");
	put_end(t, &e->flows[0].flow);
}

/* The kernel does not count the bytes of UDP sockets. So only the destinations of
 * connected sockets are known. */
static void put_udp(struct text *t, const struct alert *alert)
{
	const struct alert_evidence *e = &alert->evidence;
	const enum signal signal = alert->verdict.signal;

	if (signal != SIGNAL_UDP_TX_BYTES && signal != SIGNAL_UDP_TX_PACKETS)
		return;
	if (e->flow_count == 0 || e->flows[0].flow.protocol != IPPROTO_UDP)
		return;
	text_put(t, e->flow_count > 1 || e->other_connections > 0
			? "; UDP sockets are connected to others and to "
			: "; a UDP socket is connected to ");
	put_end(t, &e->flows[0].flow);
}

/* Whether more bytes are unaccounted for than went to the first destination. */
static bool is_unaccounted(const struct alert_evidence *e, uint64_t total)
{
	return e->unaccounted.bytes > share_of_first(e) &&
	       e->unaccounted.bytes >= total / SHARE_TOLD;
}

/* Writes how many bytes no socket accounts for, and their probable source. */
static void put_unaccounted(struct text *t, const struct unaccounted *u)
{
	static const char *const names[UNACCOUNTED_SOURCE_COUNT] = {
	    [UNACCOUNTED_ICMP] = "ICMP",
	    [UNACCOUNTED_FORWARDED] = "packets that the kernel forwarded",
	    [UNACCOUNTED_RESETS] = "connections that were reset",
	    [UNACCOUNTED_NOT_IP] = "packets of another protocol than IP",
	};
	unsigned most = 0;

	for (unsigned i = 1; i < UNACCOUNTED_SOURCE_COUNT; i++)
		if (u->packets[i] > u->packets[most])
			most = i;
	text_put(t, ", ");
	put_bytes(t, (double)u->bytes);
	text_put(t, " of it unaccounted for by any socket");
	if (u->packets[most] > 0)
		text_printf(t, " (%s)", names[most]);
}

/* Writes the total, unless the sentence has it already, and the destination if it is
 * known: "20 MB so far, 18 MB of it to ...". */
static void put_where(struct text *t, const struct alert *alert)
{
	const struct alert_evidence *e = &alert->evidence;

	if (sentences[alert->verdict.kind].told_by) {
		if (!has_share(e, alert->verdict.bytes))
			return;
		text_put(t, " Of that");
		put_share(t, e, alert->verdict.bytes, "");
	} else {
		if (alert->verdict.bytes == 0)
			return;
		text_put(t, " ");
		put_bytes(t, (double)alert->verdict.bytes);
		text_put(t, alert->ends_at > 0 ? " in all" : " so far");
		if (is_unaccounted(e, alert->verdict.bytes))
			put_unaccounted(t, &e->unaccounted);
		else if (has_share(e, alert->verdict.bytes))
			put_share(t, e, alert->verdict.bytes, " of it");
		else
			put_udp(t, alert);
	}
	text_put(t, ".");
}

/* Writes how often the same came again. */
static void put_occurrences(struct text *t, const struct alert *alert)
{
	if (alert->occurrences == 0)
		return;
	text_printf(t, " It came again %" PRIu64 " %s, ", alert->occurrences,
		    alert->occurrences == 1 ? "time" : "times");
	put_bytes(t, (double)alert->occurrence_bytes);
	text_put(t, alert->occurrences == 1 ? "." : " in all.");
}

void alert_summary(const struct alert *alert, struct text *t)
{
	put_what(t, alert);
	put_where(t, alert);
	put_occurrences(t, alert);
}
