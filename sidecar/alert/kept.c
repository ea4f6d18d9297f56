/* SPDX-License-Identifier: Apache-2.0 */
/* kept.c - checks the alerts that are restored after a restart. The bytes are foreign:
 * anything may stand in the place of a bool, of an enum, of a text's end. */
#include "kept.h"

#include <math.h>
#include <string.h>

/* Unix seconds, so that a date can be written. */
static bool times_sound(const double *const *times, size_t count)
{
	bool sound = true;

	for (size_t i = 0; i < count; i++)
		sound = sound && *times[i] >= 0 && *times[i] < 1e11;
	return sound;
}

static bool record_times_sound(const struct alert_record *r)
{
	const struct alert *a = &r->alert;
	const double *const times[] = {
	    &a->starts_at,  &a->updated_at,      &a->ends_at,
	    &r->told_onset, &a->last_occurrence, &a->verdict.onset,
	    &r->period_at,  &a->verdict.repeats, &r->flowed_at,
	    &r->seen_until, &r->signal_shown_at, &a->verdict.baseline.since,
	};

	return times_sound(times, sizeof(times) / sizeof(times[0]));
}

/* Reading anything but 0 and 1 as a bool is undefined. */
static bool bool_sound(const bool *b)
{
	unsigned char byte;

	memcpy(&byte, b, 1);
	return byte <= 1;
}

/* Whether the text ends within its place and has no control characters. */
static bool text_sound(const char *text, size_t size)
{
	size_t length = 0;

	while (length < size && (unsigned char)text[length] >= ' ')
		length++;
	return length < size && text[length] == '\0';
}

static bool verdict_sound(const struct verdict *v)
{
	return v->kind < ALERT_KIND_COUNT && v->signal < SIGNAL_COUNT &&
	       bool_sound(&v->recurs) && isfinite(v->value) && isfinite(v->window_s) &&
	       isfinite(v->sigmas) && isfinite(v->balance) && v->risk <= 100 &&
	       isfinite(v->baseline.mean) && isfinite(v->baseline.stddev) &&
	       isfinite(v->baseline.p99) && isfinite(v->baseline.threshold);
}

static bool flows_sound(const struct alert_evidence *e)
{
	bool sound = e->flow_count <= ALERT_FLOWS_MAX;

	for (unsigned i = 0; sound && i < e->flow_count; i++) {
		const struct alert_flow *f = &e->flows[i];

		sound = bool_sound(&f->late) && f->flow.direction <= FLOW_UNKNOWN &&
			text_sound(f->container, sizeof(f->container));
	}
	return sound;
}

static bool evidence_sound(const struct alert_evidence *e)
{
	bool sound = flows_sound(e) && bool_sound(&e->settled) &&
		     e->container_count <= ALERT_CONTAINERS_MAX &&
		     e->interface_count <= ALERT_INTERFACES_MAX;

	for (unsigned i = 0; sound && i < e->container_count; i++)
		sound = text_sound(e->containers[i], sizeof(e->containers[i]));
	for (unsigned i = 0; sound && i < e->interface_count; i++)
		sound = text_sound(e->interfaces[i], sizeof(e->interfaces[i]));
	return sound;
}

static bool record_sound(const struct alert_record *r)
{
	return record_times_sound(r) && verdict_sound(&r->alert.verdict) &&
	       evidence_sound(&r->alert.evidence) && isfinite(r->alert.peak) &&
	       bool_sound(&r->alert.end_unseen) && bool_sound(&r->left_behind) &&
	       r->moves <= MOVES_MAX;
}

/* Whether the order names each slot once. */
static bool order_sound(const struct kept_alerts *kept)
{
	uint64_t named = 0;

	for (unsigned i = 0; i < kept->count; i++)
		named |= (uint64_t)(kept->order[i] < kept->count)
			 << kept->order[i] % 64;
	return (unsigned)__builtin_popcountll(named) == kept->count;
}
_Static_assert(ALERTS_REMEMBERED <= 64, "a bit for each slot");

int kept_check(const void *block, size_t bytes, struct error *err)
{
	const struct kept_alerts *kept = block;

	if (bytes < kept_bytes(0) || kept->count > ALERTS_REMEMBERED ||
	    bytes != kept_bytes(kept->count))
		return fail(err, "not as long as its alerts");
	if (!order_sound(kept))
		return fail(err, "the order of the alerts is inconsistent");
	for (unsigned i = 0; i < kept->count; i++)
		if (!record_sound(&kept->slots[i]))
			return fail(err, "alert %u has a value that is out of range",
				    i);
	return 0;
}
