/* SPDX-License-Identifier: Apache-2.0 */
/* learnt.c - checks the learnt state that is restored after a restart. */
#include "learnt.h"

#include <math.h>

void levels_raise(struct levels *to, const struct levels *from)
{
	uint16_t *a = &to->code[0][0];
	const uint16_t *b = &from->code[0][0];

	for (unsigned i = 0; i < WINDOWS * SERIES_COUNT; i++)
		a[i] = a[i] > b[i] ? a[i] : b[i];
}

void levels_sort_in(struct levels top[ROUTINE_COUNT], const struct levels *more)
{
	const uint16_t *from = &more->code[0][0];

	for (unsigned j = 0; j < WINDOWS * SERIES_COUNT; j++) {
		uint16_t v = from[j];
		for (unsigned r = 0; r < ROUTINE_COUNT; r++) {
			uint16_t *t = &top[r].code[0][0] + j;
			uint16_t low = *t < v ? *t : v;
			*t = *t > v ? *t : v;
			v = low;
		}
	}
}

static bool time_sound(double t)
{
	return t >= 0 && t < TIME_MAX;
}

static bool times_sound(const struct learnt *l)
{
	bool sound = time_sound(l->first_time) && time_sound(l->last_time) &&
		     time_sound(l->observed_s) && time_sound(l->generation_s) &&
		     time_sound(l->state_since) && time_sound(l->low_since) &&
		     time_sound(l->low_until) && time_sound(l->warm_until_s) &&
		     time_sound(l->hour_s) && time_sound(l->accepted_s) &&
		     time_sound(l->dormant_s);

	for (unsigned i = 0; i < WINDOWS; i++)
		sound = sound && time_sound(l->known_s[i]);
	for (unsigned i = 0; i < SERIES_COUNT; i++)
		sound = sound && time_sound(l->series_s[i]);
	for (unsigned i = 0; i < BLOCKS; i++)
		sound = sound && time_sound(l->block_end[i]);
	return sound;
}

static bool memory_sound(const struct incident_memory *m)
{
	return time_sound(m->start) && time_sound(m->end) && time_sound(m->told) &&
	       m->grown >= 0 && m->grown < RATE_ABSURD &&
	       calendar_sound(&m->calendar) && m->bytes_most >= 0 &&
	       m->bytes_most < INFINITY && fabs(m->bytes_log) < 1000 &&
	       m->signal < SIGNAL_COUNT && m->kind < ALERT_KIND_COUNT;
}

static bool memories_sound(const struct learnt *l)
{
	bool sound = l->routines_said <= l->routines_ever;

	for (unsigned i = 0; i < INCIDENTS_KEPT; i++)
		sound = sound && memory_sound(&l->incident[i]) &&
			l->incident[i].routine <= l->routines_ever;
	return sound;
}

static bool sizes_sound(const struct learnt *l)
{
	bool sound = true;

	for (unsigned i = 0; i < SIZES_KEPT; i++)
		sound = sound && time_sound(l->size[i].onset) &&
			fabs(l->size[i].doublings) < 1000;
	return sound;
}

static bool places_sound(const struct learnt *l)
{
	return l->state < POD_STATE_COUNT && l->hour_next < HOURS_KEPT &&
	       l->hour_count <= HOURS_KEPT && l->block_next < BLOCKS &&
	       l->block_count <= BLOCKS;
}

int learnt_check(const struct learnt *l, struct error *err)
{
	if (!times_sound(l))
		return fail(err, "a learnt time is out of range");
	if (!places_sound(l))
		return fail(err, "a learnt count is out of range");
	if (!memories_sound(l) || !sizes_sound(l))
		return fail(err, "a remembered incident is out of range");
	for (unsigned s = 0; s < SIGNAL_COUNT; s++)
		if (!histogram_sound(&l->histogram[s]))
			return fail(err, "the histogram of %s is inconsistent",
				    signal_name((enum signal)s));
	return 0;
}
