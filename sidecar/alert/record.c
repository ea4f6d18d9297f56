/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - the life of one alert, and the totals of its incident. */
#include "record.h"

#include <math.h>
#include <string.h>

bool record_is_of(const struct alert_record *record, const struct verdict *v)
{
	const enum alert_kind kind = record->alert.verdict.kind;

	if (record->left_behind)
		return false;
	if (alert_kind_rank(v->kind) == 0 || alert_kind_rank(kind) == 0)
		return kind == v->kind && kind != ALERT_MONITOR_GAP &&
		       record->incident == v->incident;
	return record->incident == v->incident;
}

bool record_changes_kind(const struct alert_record *record, const struct verdict *v)
{
	return alert_kind_rank(v->kind) > alert_kind_rank(record->alert.verdict.kind);
}

bool record_comes_back(const struct alert_record *record, const struct verdict *v)
{
	return v->onset - record->alert.ends_at <= COOL_DOWN_S;
}

bool record_recur(struct alert_record *record, const struct verdict *v)
{
	struct alert *alert = &record->alert;
	const bool begins = record->recurring != v->incident;

	if (begins) {
		record->recurring = v->incident;
		record->recurred = 0;
		alert->occurrences++;
		alert->last_occurrence = v->onset;
	}
	if (v->bytes > record->recurred) {
		alert->occurrence_bytes += v->bytes - record->recurred;
		record->recurred = v->bytes;
	}
	return begins;
}

double record_hold_s(double interval_s)
{
	return fmax(HOLD_INTERVALS * interval_s, HOLD_MIN_S);
}

/* Sets the incident's onset and byte totals from the verdict. */
static void count_from(struct alert_record *record, const struct verdict *v)
{
	record->alert.verdict.onset = v->onset;
	record->sent_before = v->sent_in_all - v->bytes;
	record->received_before = v->received_in_all - v->received;
}

void record_begin(struct alert_record *record, uint64_t id, double now,
		  const struct verdict *v)
{
	memset(record, 0, sizeof(*record));
	record->alert.id = id;
	record->alert.verdict = *v;
	record->alert.peak = v->value;
	record->alert.starts_at = record->alert.updated_at = now;
	record->signal_shown_at = record->flowed_at = now;
	record->incident = v->incident;
	record->period_at = now;
	record->told_onset = v->onset;
	count_from(record, v);
}

/* Begins a period: the destinations of the one before are known now. */
static void begin_period(struct alert_record *record, double now)
{
	struct alert_evidence *evidence = &record->alert.evidence;

	for (unsigned i = 0; i < evidence->flow_count; i++)
		evidence->flows[i].late = false;
	evidence->settled = true;
	record->peers = (struct peers_sent){0};
	record->period_at = now;
	record->period_bytes = record->alert.verdict.bytes;
}

bool record_moved(struct alert_record *record, double now,
		  const struct traffic_span *scan)
{
	if (record->alert.evidence.settled)
		peers_add(&record->peers, &record->alert.evidence, scan);
	if (now - record->period_at < PEERS_PERIOD_S)
		return false;
	if (peers_moved(&record->peers) && record->moves < MOVES_MAX)
		return true;
	begin_period(record, now);
	return false;
}

/* Moves the late destinations from one evidence to another. */
static void take_late(struct alert_evidence *to, struct alert_evidence *from)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < from->flow_count; i++)
		if (from->flows[i].late)
			to->flows[to->flow_count++] = from->flows[i];
		else
			from->flows[kept++] = from->flows[i];
	from->flow_count = kept;
	for (unsigned i = 0; i < from->container_count; i++)
		memcpy(to->containers[i], from->containers[i],
		       sizeof(to->containers[i]));
	to->container_count = from->container_count;
}

void record_move(struct alert_record *record, struct alert_record *from, uint64_t id,
		 double now, const struct verdict *v)
{
	struct verdict moved = *v;

	moved.onset = from->period_at;
	moved.bytes = from->alert.verdict.bytes - from->period_bytes;
	record_begin(record, id, now, &moved);
	record->moves = from->moves + 1;
	take_late(&record->alert.evidence, &from->alert.evidence);
	begin_period(record, now);
	from->incident = 0;
	from->flowed_at = from->period_at;
}

void record_take_over(struct alert_record *record, const struct verdict *v)
{
	struct verdict *kept = &record->alert.verdict;
	const struct verdict was = *kept;

	*kept = *v;
	if (v->onset < was.onset) {
		count_from(record, v);
	} else {
		kept->onset = was.onset;
		kept->bytes = was.bytes;
	}
	kept->risk = was.risk > v->risk ? was.risk : v->risk;
	record->alert.peak = v->value;
}

/* Updates the bytes since the onset. Returns how many were sent since the incident was
 * last shown. */
static uint64_t count_bytes(struct alert_record *record, const struct verdict *v)
{
	struct verdict *kept = &record->alert.verdict;
	const uint64_t before = kept->bytes;

	kept->sent_in_all = v->sent_in_all;
	kept->received_in_all = v->received_in_all;
	kept->bytes = v->sent_in_all - record->sent_before;
	kept->received = v->received_in_all - record->received_before;
	kept->balance =
	    v->balance < 0 ? v->balance : verdict_balance(kept->bytes, kept->received);
	return kept->bytes - before;
}

static bool is_flowing(const struct alert_record *record, double now,
		       uint64_t fresh_bytes)
{
	const double since_shown = now - record->alert.updated_at;
	const double since_onset = now - record->alert.verdict.onset;

	return (double)fresh_bytes * since_onset >=
	       FLOWING_SHARE * (double)record->alert.verdict.bytes * since_shown;
}

void record_end(struct alert_record *record)
{
	record->alert.ends_at = record->flowed_at;
	record->alert.end_unseen = record->left_behind;
}

void record_reopen(struct alert_record *record, double now)
{
	record->alert.ends_at = 0;
	record->flowed_at = now;
}

bool record_left_behind(struct alert_record *record, double now, bool may_fire)
{
	record->incident = record->recurring = 0;
	if (record->alert.ends_at > 0)
		return false;
	record->left_behind = true;
	if (!may_fire || fabs(now - record->alert.updated_at) > COOL_DOWN_S)
		record_end(record);
	return record->alert.ends_at == 0;
}

bool record_may_resume(const struct alert_record *record, const struct verdict *v)
{
	const enum alert_kind kind = record->alert.verdict.kind;

	if (!record->left_behind ||
	    (record->alert.ends_at > 0 && !record_comes_back(record, v)))
		return false;
	if (alert_kind_rank(v->kind) == 0 || alert_kind_rank(kind) == 0)
		return kind == v->kind && kind != ALERT_MONITOR_GAP;
	return (kind == ALERT_CONNECTION_FANOUT) ==
	       (v->kind == ALERT_CONNECTION_FANOUT);
}

void record_resume(struct alert_record *record, double now, const struct verdict *v)
{
	struct verdict *kept = &record->alert.verdict;

	record->incident = v->incident;
	record->left_behind = record->alert.end_unseen = false;
	record->alert.ends_at = 0;
	record->flowed_at = record->period_at = record->alert.updated_at = now;
	record->period_bytes = kept->bytes;
	/* Unsigned: as if the detector had counted on. */
	record->sent_before = v->sent_in_all - v->bytes - kept->bytes;
	record->received_before = v->received_in_all - v->received - kept->received;
}

/* Updates the value if it is of the alert's signal, because values of other signals
 * cannot be compared with it. */
static void show_value(struct alert_record *record, double now, double hold_s,
		       const struct verdict *v)
{
	struct verdict *kept = &record->alert.verdict;

	if (v->signal != kept->signal && now - record->signal_shown_at < hold_s)
		return;
	if (v->signal != kept->signal) {
		kept->signal = v->signal;
		kept->baseline = v->baseline;
		record->alert.peak = v->value;
	}
	kept->value = v->value;
	kept->window_s = v->window_s;
	kept->sigmas = v->sigmas;
	record->alert.peak = fmax(record->alert.peak, v->value);
	record->signal_shown_at = now;
}

void record_show(struct alert_record *record, double now, double hold_s,
		 const struct verdict *v)
{
	struct verdict *kept = &record->alert.verdict;

	if (is_flowing(record, now, count_bytes(record, v)))
		record->flowed_at = now;
	/* Keep the highest risk: a pause does not reduce it. */
	if (v->risk > kept->risk)
		kept->risk = v->risk;
	show_value(record, now, hold_s, v);
	record->alert.updated_at = now;
}
