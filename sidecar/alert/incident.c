/* SPDX-License-Identifier: Apache-2.0 */
/* incident.c - which verdicts are one incident, and what an incident adds up to. */
#include "incident.h"

#include <math.h>
#include <string.h>

unsigned kind_rank(enum alert_kind kind)
{
	switch (kind) {
	case ALERT_PROXY_RELAY:
		return KIND_RANK_MAX;
	case ALERT_CONNECTION_FANOUT:
		return 2;
	case ALERT_DORMANCY_BREAK:
	case ALERT_EGRESS_VOLUME:
	case ALERT_EGRESS_DRIFT:
		return 1;
	case ALERT_BUDGET_EXCEEDED:
	case ALERT_MONITOR_GAP:
	case ALERT_KIND_COUNT:
		break;
	}
	return 0;
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

static void count_from(struct incident *in, const struct verdict *v)
{
	in->counted_onset = v->onset;
	in->counted_bytes = v->bytes;
}

void incident_begin(struct incident *in, uint64_t id, double now,
		    const struct verdict *v)
{
	memset(in, 0, sizeof(*in));
	in->alert.id = id;
	in->alert.verdict = *v;
	in->alert.peak = v->value;
	in->alert.total_bytes = v->bytes;
	in->alert.starts_at = in->alert.updated_at = now;
	in->signal_shown_at = in->flowed_at = now;
	in->kinds = 1u << v->kind;
	count_from(in, v);
}

void incident_take_over(struct incident *in, const struct verdict *v)
{
	struct verdict *kept = &in->alert.verdict;
	const double onset = fmin(kept->onset, v->onset);
	const unsigned risk = kept->risk > v->risk ? kept->risk : v->risk;

	*kept = *v;
	kept->onset = onset;
	kept->risk = risk;
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

/* The bytes of a departure that is new to the incident. Those before the incident was
 * last shown are counted already; how many they are is not known, so they are taken to
 * have flowed evenly. */
static uint64_t uncounted_share(const struct incident *in, double now,
				const struct verdict *v)
{
	const double length = now - v->onset, fresh = now - in->alert.updated_at;

	if (length <= 0 || fresh <= 0)
		return 0;
	return fresh >= length ? v->bytes
			       : (uint64_t)((double)v->bytes * fresh / length);
}

/* What flowed since the incident was last shown. Several departures of one incident
 * overlap in time: each byte is counted with one of them. */
static uint64_t count_bytes(struct incident *in, double now,
			    const struct verdict *const shown[], size_t count)
{
	const struct verdict *with = NULL;
	uint64_t fresh = 0;

	for (size_t i = 0; i < count && !with; i++)
		if (shown[i]->onset == in->counted_onset)
			with = shown[i];
	if (!with) {
		with = speaker(in, shown, count);
		fresh = uncounted_share(in, now, with);
	} else if (with->bytes > in->counted_bytes) {
		fresh = with->bytes - in->counted_bytes;
	}
	count_from(in, with);
	in->alert.total_bytes += fresh;
	return fresh;
}

static bool is_flowing(const struct incident *in, double now, uint64_t fresh_bytes)
{
	const double since_shown = now - in->alert.updated_at;
	const double since_onset = now - in->alert.verdict.onset;

	return (double)fresh_bytes * since_onset >=
	       FLOWING_SHARE * (double)in->alert.total_bytes * since_shown;
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

	if (is_flowing(in, now, count_bytes(in, now, shown, count)))
		in->flowed_at = now;
	for (size_t i = 0; i < count; i++) {
		in->kinds |= 1u << shown[i]->kind;
		/* What it was at its worst: a pause makes nothing less risky. */
		if (shown[i]->risk > kept->risk)
			kept->risk = shown[i]->risk;
	}
	kept->bytes = v->bytes;
	kept->received = v->received;
	kept->balance = v->balance;
	show_value(in, now, hold_s, v);
	in->alert.updated_at = now;
}
