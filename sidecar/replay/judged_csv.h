/* SPDX-License-Identifier: Apache-2.0 */
/* judged_csv.h - what became of each sample, as CSV for a spreadsheet or a plot. */
#ifndef DORMOUSE_REPLAY_JUDGED_CSV_H
#define DORMOUSE_REPLAY_JUDGED_CSV_H

#include <stdio.h>

#include "dormouse/replay.h"

/* The row that names the columns: the time, the trace, the pod's state, the kinds of
 * alerts that fire; and of each signal its value a second (the gauge's as it is), its
 * threshold, and its state. */
void judged_csv_header(FILE *out);

/* A row. The state of a signal is "absent" from the sample; "learning" or "unjudged",
 * without a threshold as long as nothing is learnt, or ever; "within" its threshold or
 * "above" it; or "alert": one that fires is of this signal. */
void judged_csv_row(FILE *out, const char *trace, const struct replayer *p,
		    const struct sample *sample);

#endif
