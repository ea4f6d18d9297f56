/* SPDX-License-Identifier: Apache-2.0 */
/* judged_csv.h - writes the values, thresholds and states of each sample as CSV. */
#ifndef DORMOUSE_REPLAY_JUDGED_CSV_H
#define DORMOUSE_REPLAY_JUDGED_CSV_H

#include <stdio.h>

#include "dormouse/replay.h"

/* Writes the header row: the time, the trace, the pod's state, the kinds of alerts that
 * fire; and for each signal its value per second (the value itself for a gauge), its
 * threshold, and its state. */
void judged_csv_header(FILE *out);

/* Writes a row. The state of a signal is "absent" when the sample lacks it; "learning"
 * without a threshold yet; "unjudged" when it never has a threshold; "within" or
 * "above" its threshold; or "alert" when an alert of this signal fires. */
void judged_csv_row(FILE *out, const char *trace, const struct replayer *p,
		    const struct sample *sample);

#endif
