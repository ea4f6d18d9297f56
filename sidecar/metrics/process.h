/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - the standard process_* metrics. */
#ifndef DORMOUSE_METRICS_PROCESS_H
#define DORMOUSE_METRICS_PROCESS_H

#include "exposition.h"

/* Appends process_* of this process. Values that /proc does not provide are left out.
 * `started_at` is in Unix seconds. */
void process_metrics(struct exposition *x, double started_at);

#endif
