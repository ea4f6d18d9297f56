/* SPDX-License-Identifier: Apache-2.0 */
/* incident.c - which verdicts are one incident, and what an incident adds up to. */
#include "incident.h"

#include <math.h>
#include <string.h>

unsigned kind_rank(enum alert_kind kind)
{
	static const unsigned ranks[ALERT_KIND_COUNT] = {
#define KIND(id, name, rank, ...) [ALERT_##id] = (rank),
#include "detect/kinds.def"
#undef KIND
	};

	return ranks[kind];
}

enum belonging incident_belonging(const struct incident *in, const struct verdict *v,
				  double now)
{
	enum alert_kind kind = in->alert.verdict.kind;
	unsigned says = kind_rank(kind), adds = kind_rank(v->kind);

	if (kind == v->kind)
		return kind == ALERT_MONITOR_GAP ? BELONGS_NOT : BELONGS;
	if (says == 0 || adds == 0)
		return BELONGS_NOT;
	if (adds <= says)
		return BELONGS;
	return now - in->alert.starts_at <= TAKEOVER_S ? TAKES_OVER : BELONGS_NOT;
}

bool incident_comes_back(const struct incident *in, const struct verdict *v)
{
	if (v->onset - in->alert.ends_at > COOL_DOWN_S)
		return false;
	return v->signal != in->alert.verdict.signal ||
	       v->value <= ESCALATION * in->alert.peak;
}

double incident_hold_s(double interval_s)
{
	return fmax(HOLD_INTERVALS * interval_s, HOLD_MIN_S);
}

/* The incident's onset is the verdict's. */
static void count_from(struct incident *in, const struct verdict *v)
{
	in->alert.verdict.onset = v->onset;
	in->sent_before = v->sent_in_all - v->bytes;
	in->received_before = v->received_in_all - v->received;
}

void incident_begin(struct incident *in, uint64_t id, double now,
		    const struct verdict *v)
{
	memset(in, 0, sizeof(*in));
	in->alert.id = id;
	in->alert.verdict = *v;
	in->alert.peak = v->value;
	in->alert.starts_at = in->alert.updated_at = now;
	in->signal_shown_at = in->flowed_at = now;
	in->kinds = 1u << v->kind;
	count_from(in, v);
}

void incident_take_over(struct incident *in, const struct verdict *v)
{
	struct verdict *kept = &in->alert.verdict;
	const struct verdict was = *kept;

	*kept = *v;
	if (v->onset < was.onset) {
		count_from(in, v);
	} else {
		kept->onset = was.onset;
		kept->bytes = was.bytes;
	}
	kept->risk = was.risk > v->risk ? was.risk : v->risk;
	in->alert.peak = v->value;
}

/* The one that speaks for the incident at this sample: of its own kind if there is one,
 * else of the kind that says most. */
static const struct verdict *speaker(const struct incident *in,
				     const struct verdict *const shown[], size_t count)
{
	const struct verdict *best = shown[0];

	for (size_t i = 0; i < count; i++) {
		if (shown[i]->kind == in->alert.verdict.kind)
			return shown[i];
		if (kind_rank(shown[i]->kind) > kind_rank(best->kind))
			best = shown[i];
	}
	return best;
}

/* Takes in what the links carried since the onset, and returns how much of it was sent
 * since the incident was last shown. */
static uint64_t count_bytes(struct incident *in, const struct verdict *v)
{
	struct verdict *kept = &in->alert.verdict;
	const uint64_t before = kept->bytes;

	kept->sent_in_all = v->sent_in_all;
	kept->received_in_all = v->received_in_all;
	kept->bytes = v->sent_in_all - in->sent_before;
	kept->received = v->received_in_all - in->received_before;
	kept->balance =
	    v->balance < 0 ? v->balance : verdict_balance(kept->bytes, kept->received);
	return kept->bytes - before;
}

static bool is_flowing(const struct incident *in, double now, uint64_t fresh_bytes)
{
	const double since_shown = now - in->alert.updated_at;
	const double since_onset = now - in->alert.verdict.onset;

	return (double)fresh_bytes * since_onset >=
	       FLOWING_SHARE * (double)in->alert.verdict.bytes * since_shown;
}

void incident_end(struct incident *in)
{
	in->alert.ends_at = in->flowed_at;
}

void incident_reopen(struct incident *in, double now)
{
	in->alert.ends_at = 0;
	in->flowed_at = now;
}

/* Takes in the value if it is of the alert's signal; else it means something else. */
static void show_value(struct incident *in, double now, double hold_s,
		       const struct verdict *v)
{
	struct verdict *kept = &in->alert.verdict;

	if (v->signal != kept->signal && now - in->signal_shown_at < hold_s)
		return;
	if (v->signal != kept->signal) {
		kept->signal = v->signal;
		kept->baseline = v->baseline;
		in->alert.peak = v->value;
	}
	kept->value = v->value;
	kept->window_s = v->window_s;
	kept->sigmas = v->sigmas;
	in->alert.peak = fmax(in->alert.peak, v->value);
	in->signal_shown_at = now;
}

void incident_show(struct incident *in, double now, double hold_s,
		   const struct verdict *const shown[], size_t count)
{
	const struct verdict *v = speaker(in, shown, count);
	struct verdict *kept = &in->alert.verdict;

	if (is_flowing(in, now, count_bytes(in, v)))
		in->flowed_at = now;
	for (size_t i = 0; i < count; i++) {
		in->kinds |= 1u << shown[i]->kind;
		/* What it was at its worst: a pause makes nothing less risky. */
		if (shown[i]->risk > kept->risk)
			kept->risk = shown[i]->risk;
	}
	show_value(in, now, hold_s, v);
	in->alert.updated_at = now;
}
