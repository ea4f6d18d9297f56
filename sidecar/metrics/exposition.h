/* SPDX-License-Identifier: Apache-2.0 */
/* exposition.h - metrics as Prometheus reads them: text 0.0.4 or OpenMetrics 1.0.
 *
 * Begin a family, then write its samples. The two formats differ in the name of a
 * counter's family, in the type of an info, and in the last line.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#ifndef DORMOUSE_METRICS_EXPOSITION_H
#define DORMOUSE_METRICS_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_INFO, METRIC_HISTOGRAM };

struct exposition {
	struct text *t;
	bool openmetrics;
	const char *name;   /* of the current family */
	const char *label;  /* of its samples; NULL: none */
	const char *second; /* second label, if samples have two */
};

/* Begins a family. `name` is the sample's full name, counters with "_total", infos with
 * "_info". `help` has no newline and no backslash. */
void exposition_family(struct exposition *x, enum metric_type type, const char *name,
		       const char *label, const char *help);

/* Writes a sample of the family. `value_of_label` is escaped; it is ignored if the
 * family has no label. */
void exposition_count(struct exposition *x, const char *value_of_label, uint64_t value);
void exposition_number(struct exposition *x, const char *value_of_label, double value);

/* The same for a family whose samples have two labels. */
void exposition_family_of_two(struct exposition *x, enum metric_type type,
			      const char *name, const char *label, const char *second,
			      const char *help);
void exposition_count_of_two(struct exposition *x, const char *value_of_label,
			     const char *value_of_second, uint64_t value);

/* The number of values in each bucket: at most the bucket's bound and above the one
 * before. `counts` has one more entry than `bounds`, for values above all of them. */
struct exposition_buckets {
	const double *bounds; /* ascending */
	const uint64_t *counts;
	size_t count;
	double sum; /* of the values */
};

/* Writes a family with one histogram. */
void exposition_histogram(struct exposition *x, const char *name, const char *help,
			  const struct exposition_buckets *buckets);

/* Appends a label's value, escaped. UTF-8 stays unchanged, other bytes become \xHH:
 * interface names may contain any bytes, labels must be UTF-8. */
void exposition_escape(struct text *t, const char *value);

/* Writes a family with one sample. */
void exposition_single(struct exposition *x, enum metric_type type, const char *name,
		       const char *help, uint64_t value);

/* Writes several of them. */
struct exposition_row {
	const char *name;
	enum metric_type type;
	uint64_t value;
	const char *help;
};
void exposition_rows(struct exposition *x, const struct exposition_row *rows,
		     size_t count);

/* Writes dormouse_build_info. */
void exposition_build_info(struct exposition *x);

/* Writes the last line. */
void exposition_end(struct exposition *x);

#endif
