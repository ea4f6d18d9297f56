/* SPDX-License-Identifier: Apache-2.0 */
/* exposition.c - writes families and samples, without printf() where it would cost more
 * than the rest of a scrape. */
#include "exposition.h"

#include <math.h>
#include <string.h>

#include "base/version.h"

static const char *type_name(enum metric_type type, bool openmetrics)
{
	if (type == METRIC_HISTOGRAM)
		return " histogram\n";
	if (type == METRIC_COUNTER)
		return " counter\n";
	return type == METRIC_INFO && openmetrics ? " info\n" : " gauge\n";
}

/* In OpenMetrics, a family's name lacks the suffix of its samples. */
static size_t family_length(enum metric_type type, const char *name, bool openmetrics)
{
	size_t length = strlen(name);

	if (openmetrics && type == METRIC_COUNTER)
		return length - strlen("_total");
	return openmetrics && type == METRIC_INFO ? length - strlen("_info") : length;
}

void exposition_family(struct exposition *x, enum metric_type type, const char *name,
		       const char *label, const char *help)
{
	size_t length = family_length(type, name, x->openmetrics);

	x->name = name;
	x->label = label;
	x->second = NULL;
	text_put(x->t, "# HELP ");
	text_put_bytes(x->t, name, length);
	text_put_bytes(x->t, " ", 1);
	text_put(x->t, help);
	text_put(x->t, "\n# TYPE ");
	text_put_bytes(x->t, name, length);
	text_put(x->t, type_name(type, x->openmetrics));
}

void exposition_family_of_two(struct exposition *x, enum metric_type type,
			      const char *name, const char *label, const char *second,
			      const char *help)
{
	exposition_family(x, type, name, label, help);
	x->second = second;
}

void exposition_escape(struct text *t, const char *value)
{
	text_visible(t, value, true);
}

/* Prometheus' text format has its own quoting, which differs from JSON's. */
static void put_label(struct text *t, const char *before, const char *label,
		      const char *value)
{
	text_put_bytes(t, before, 1);
	text_put(t, label);
	text_put_bytes(t, "=\"", 2);
	exposition_escape(t, value);
	text_put_bytes(t, "\"", 1);
}

static void put_name(struct exposition *x, const char *value_of_label)
{
	text_put(x->t, x->name);
	if (x->label && value_of_label) {
		put_label(x->t, "{", x->label, value_of_label);
		text_put_bytes(x->t, "}", 1);
	}
	text_put_bytes(x->t, " ", 1);
}

void exposition_count(struct exposition *x, const char *value_of_label, uint64_t value)
{
	put_name(x, value_of_label);
	text_unsigned(x->t, value);
	text_put_bytes(x->t, "\n", 1);
}

void exposition_count_of_two(struct exposition *x, const char *value_of_label,
			     const char *value_of_second, uint64_t value)
{
	text_put(x->t, x->name);
	put_label(x->t, "{", x->label, value_of_label);
	put_label(x->t, ",", x->second, value_of_second);
	text_put_bytes(x->t, "} ", 2);
	text_unsigned(x->t, value);
	text_put_bytes(x->t, "\n", 1);
}

/* Writes a number of at most six decimals; false when it has more. The division rounds
 * to nearest, so the decimals read back as exactly the same number. */
static bool put_decimal(struct text *t, double value)
{
	double magnitude = fabs(value);
	uint64_t millionths;

	if (!(magnitude < 1e9))
		return false;
	millionths = (uint64_t)(magnitude * 1e6 + 0.5);
	if ((double)millionths / 1e6 != magnitude)
		return false;
	if (value < 0)
		text_put_bytes(t, "-", 1);
	text_unsigned(t, millionths / 1000000);

	char decimals[8] = ".000000";
	uint64_t rest = millionths % 1000000;
	size_t length = rest ? 7 : 0;
	for (size_t i = 6; i > 0; i--, rest /= 10)
		decimals[i] = (char)('0' + rest % 10);
	while (length > 0 && decimals[length - 1] == '0')
		length--;
	text_put_bytes(t, decimals, length);
	return true;
}

static void put_number(struct text *t, double value)
{
	if (isnan(value))
		text_put(t, "NaN");
	else if (isinf(value))
		text_put(t, value > 0 ? "+Inf" : "-Inf");
	else if (value >= 0 && value < 1e15 && value == floor(value))
		text_unsigned(t, (uint64_t)value);
	else if (!put_decimal(t, value))
		text_number(t, value);
}

void exposition_number(struct exposition *x, const char *value_of_label, double value)
{
	put_name(x, value_of_label);
	put_number(x->t, value);
	text_put_bytes(x->t, "\n", 1);
}

/* Writes a bucket's bound, a whole number with one decimal. OpenMetrics requires this
 * form; the text format uses it too, so that both have the same series. */
static void put_bound(struct text *t, double bound)
{
	put_number(t, bound);
	if (bound == floor(bound) && !isinf(bound))
		text_put_bytes(t, ".0", 2);
}

void exposition_histogram(struct exposition *x, const char *name, const char *help,
			  const struct exposition_buckets *buckets)
{
	uint64_t sum = 0;

	exposition_family(x, METRIC_HISTOGRAM, name, NULL, help);
	for (size_t i = 0; i <= buckets->count; i++) {
		sum += buckets->counts[i];
		text_put(x->t, name);
		text_put(x->t, "_bucket{le=\"");
		put_bound(x->t, i < buckets->count ? buckets->bounds[i] : INFINITY);
		text_put(x->t, "\"} ");
		text_unsigned(x->t, sum);
		text_put_bytes(x->t, "\n", 1);
	}
	text_put(x->t, name);
	text_put(x->t, "_sum ");
	put_number(x->t, buckets->sum);
	text_put_bytes(x->t, "\n", 1);
	text_put(x->t, name);
	text_put(x->t, "_count ");
	text_unsigned(x->t, sum);
	text_put_bytes(x->t, "\n", 1);
}

void exposition_single(struct exposition *x, enum metric_type type, const char *name,
		       const char *help, uint64_t value)
{
	exposition_family(x, type, name, NULL, help);
	exposition_count(x, NULL, value);
}

void exposition_rows(struct exposition *x, const struct exposition_row *rows,
		     size_t count)
{
	for (size_t i = 0; i < count; i++)
		exposition_single(x, rows[i].type, rows[i].name, rows[i].help,
				  rows[i].value);
}

void exposition_build_info(struct exposition *x)
{
	exposition_family_of_two(x, METRIC_INFO, "dormouse_build_info", "version",
				 "revision", "Version and commit of this build.");
	exposition_count_of_two(x, dormouse_version(), dormouse_commit(), 1);
}

void exposition_end(struct exposition *x)
{
	if (x->openmetrics)
		text_put(x->t, "# EOF\n");
}
