/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - what learning found, for people and as JSON, on standard output. */
#ifndef DORMOUSE_INJECTOR_LEARN_REPORT_H
#define DORMOUSE_INJECTOR_LEARN_REPORT_H

#include "config_maps.h"

/* The table's head, and a workload's row: its pods, days, alerts, and what changes
 * against the old document. `old`: NULL if there is none. */
void report_head(void);
void report_row(const struct workload *w, enum config_map_change change,
		const char *old);
/* The same where what there is in the cluster is not known. */
void report_row_alone(const struct workload *w);

/* On stderr: workloads of which nothing or not all was learnt, or that have no place in
 * a ConfigMap. */
void report_unlearnt(const struct learning *l);

/* The evaluations: a row each, its alerts below it, and all together. */
void report_evaluations(const struct learning *l);

/* The same as JSON, an object a line. Returns -1 without memory. */
int report_evaluations_json(const struct learning *l, unsigned seed, struct error *err);

#endif
