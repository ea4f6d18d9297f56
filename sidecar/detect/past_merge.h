/* SPDX-License-Identifier: Apache-2.0 */
/* past_merge.h - departures of several pods become one. */
#ifndef DORMOUSE_DETECT_PAST_MERGE_H
#define DORMOUSE_DETECT_PAST_MERGE_H

#include "dormouse/past.h"

/* Adds a departure to that which is like it and comes at the same hour, or on its own.
 * If there is no room, the one that came least often, and of those the oldest, goes. */
void past_add_departure(struct past *past, const struct past_departure *departure);

/* Whether both come at the same hour, or came shortly one after the other. */
bool departures_near(const struct routine_view *a, const struct routine_view *b);

#endif
