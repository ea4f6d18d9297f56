/* SPDX-License-Identifier: Apache-2.0 */
/* routines.h - when past incidents become a routine. */
#ifndef DORMOUSE_DETECT_ROUTINES_H
#define DORMOUSE_DETECT_ROUTINES_H

#include "learnt.h"

/* Separate incidents are alike when their levels are within this ratio; and the largest
 * of a routine counts up to this ratio of the third largest. */
#define ROUTINE_RATIO 4.0

/* Whether the entry is a routine of its own hour: it came often enough there. */
static inline bool routine_has_hour(const struct incident_memory *m)
{
	return m->calendar.times >= ROUTINE_COUNT;
}

/* Whether the entry is in use and counts as a separate incident. Entries that began
 * shortly one after the other, or at the same time of day, count as one. */
bool routine_is_separate(const struct learnt *l, unsigned at);

/* Describes one entry, be it a routine or not. */
void incident_view(const struct incident_memory *m, struct routine_view *view);

/* Decides whether the entry became a routine with its last incident: on its own,
 * because it came often enough at its hour, or with others at other hours. `window` and
 * `series` show the incident best. */
void routine_note(struct learnt *l, struct incident_memory *m, enum window window,
		  unsigned series);

#endif
