/* SPDX-License-Identifier: Apache-2.0 */
/* catch_up.h - a burst that makes up for a pause. */
#ifndef DORMOUSE_DETECT_CATCH_UP_H
#define DORMOUSE_DETECT_CATCH_UP_H

#include <stdbool.h>

struct detector;

/* Whether what the series carries now makes up for a pause: a pod that always sends has
 * not sent for minutes, and its last hour is no more than its usual one. */
bool catching_up(const struct detector *d, unsigned series);

#endif
