/* SPDX-License-Identifier: Apache-2.0 */
/* alert_query.c - reads the query of Alertmanager's API v2 (api/v2/openapi.yaml:
 * getAlerts). */
#include "alert_query.h"

#include <string.h>
#include <strings.h>

#include "alertmanager.h"
#include "matcher.h"

/* The matching budget of all regular expressions of a request: some milliseconds. */
#define BUDGET 1000000

struct query {
	struct stream *stream;
	const char *active, *receiver; /* the last value of each */
	long budget;
	struct error *err;
	int result;
};

/* Parses a boolean as go-openapi does: any other value is false. */
static bool is_true(const char *value)
{
	static const char *const words[] = {
	    "true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(value, words[i]) == 0)
			return true;
	return false;
}

static void keep_matching(struct query *q, const struct matcher *m)
{
	struct stream *s = q->stream;
	size_t kept = 0;

	for (size_t i = 0; i < s->alert_count; i++) {
		char scratch[ALERTMANAGER_NAME_MAX];
		const struct alert *alert = stream_alert(s, i);
		const char *value =
		    alert ? alertmanager_label(alert, s->source->pod, m->name, scratch)
			  : "";

		if (matcher_takes(m, value, &q->budget))
			s->alerts[kept++] = s->alerts[i];
	}
	s->alert_count = kept;
}

static int apply_filter(struct query *q, const char *value, size_t length)
{
	struct matcher m;

	if (strlen(value) != length)
		return fail(q->err, "bad matcher format: a NUL in %.100s", value);
	if (matcher_parse(&m, value, q->err) < 0)
		return -1;
	keep_matching(q, &m);
	return 0;
}

static enum MHD_Result take_argument(void *context, enum MHD_ValueKind kind,
				     const char *name, size_t name_length,
				     const char *value, size_t length)
{
	struct query *q = context;

	(void)kind;
	(void)name_length;
	if (!value)
		value = "";
	if (strcmp(name, "filter") == 0)
		q->result = apply_filter(q, value, length);
	else if (strcmp(name, "active") == 0)
		q->active = value;
	else if (strcmp(name, "receiver") == 0)
		q->receiver = value;
	if (q->budget < 0)
		q->result = fail(q->err, "the matchers take too long to evaluate");
	return q->result < 0 ? MHD_NO : MHD_YES;
}

static int apply_receiver(struct query *q)
{
	struct pattern pattern;
	struct error why;

	if (pattern_compile(&pattern, q->receiver, &why) < 0)
		return fail(q->err, "failed to parse receiver param: %.200s", why.text);
	if (!pattern_matches(&pattern, ALERTMANAGER_RECEIVER, &q->budget))
		q->stream->alert_count = 0;
	return 0;
}

int alert_query_apply(struct MHD_Connection *c, struct stream *s, struct error *err)
{
	struct query q = {.stream = s, .budget = BUDGET, .err = err};

	MHD_get_connection_values_n(c, MHD_GET_ARGUMENT_KIND, take_argument, &q);
	if (q.result == 0 && q.receiver && q.receiver[0])
		q.result = apply_receiver(&q);
	if (q.active && q.active[0] && !is_true(q.active))
		s->alert_count = 0;
	return q.result;
}
