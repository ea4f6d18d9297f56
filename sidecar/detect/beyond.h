/* SPDX-License-Identifier: Apache-2.0 */
/* beyond.h - finds traffic beyond the levels of incidents that go on already. */
#ifndef DORMOUSE_DETECT_BEYOND_H
#define DORMOUSE_DETECT_BEYOND_H

#include "exceedance.h"

struct detector;

/* Fills in the window and series furthest above `level` among those that are above
 * their threshold too. f->ratio is the value over the threshold, f->alert_ratio the
 * value over the level and over what was reported before; both are 0 when there is
 * none. f->hot says whether the traffic goes on. */
void beyond_take(const struct detector *d, float (*level)[SERIES_COUNT],
		 struct exceedance *f);

#endif
