/* SPDX-License-Identifier: Apache-2.0 */
/* print_tables - the tables that manifests and manual are held to, as JSON: the flags
 * of `dormouse run`, signals, kinds of alerts, metrics. See manifests/tables.py. */
#include <stdio.h>

#include "../support/rooms_fixture.h"
#include "config/options.h"

static const char *const next_steps[ALERT_KIND_COUNT] = {
#define KIND(id, name, rank, sentence, next) [ALERT_##id] = (next),
#include "detect/kinds.def"
#undef KIND
};

static char page[64 * 1024], output[64 * 1024];

static void put_member(struct text *t, const char *name, const char *value)
{
	text_printf(t, "\"%s\": ", name);
	text_json_string(t, value);
	text_put(t, ", ");
}

static void put_flag(const struct flag *flag, struct text *t)
{
	char words[256];
	struct text expected = text_over(words, sizeof(words));

	flags_expects(flag, &expected);
	text_put(t, "{");
	put_member(t, "name", flag->name);
	put_member(t, "type", flags_type_name(flag->type));
	put_member(t, "default", flag->default_value);
	put_member(t, "expects", words);
	put_member(t, "minimum", flag->minimum);
	put_member(t, "maximum", flag->maximum);
	put_member(t, "help", flag->help);
	text_printf(t, "\"size\": %zu, \"annotation\": %s}", flag->size,
		    flag->annotation ? "true" : "false");
}

static void put_flags(struct text *t)
{
	const char *before = "\"flags\": [";

	for (size_t i = 0; i < options_flags.count; i++) {
		if (!((options_flags.flags[i].commands >> OPTIONS_RUN) & 1u))
			continue;
		text_put(t, before);
		put_flag(&options_flags.flags[i], t);
		before = ",\n ";
	}
	text_put(t, "]");
}

static void put_signals(struct text *t)
{
	text_put(t, ",\n\"signals\": [");
	for (int i = 0; i < SIGNAL_COUNT; i++)
		text_printf(t, "%s\"%s\"", i ? ", " : "", signal_name((enum signal)i));
	text_put(t, "]");
}

static void put_kinds(struct text *t)
{
	text_put(t, ",\n\"kinds\": [");
	for (int i = 0; i < ALERT_KIND_COUNT; i++) {
		text_printf(t, "%s{\"next\": ", i ? ",\n " : "");
		text_json_string(t, next_steps[i]);
		text_printf(t, ", \"name\": \"%s\"}",
			    alert_kind_name((enum alert_kind)i));
	}
	text_put(t, "]");
}

/* The families of a page of /metrics. */
static void put_metrics(struct text *t)
{
	static const char begin[] = "# TYPE ";
	struct text rendered = text_over(page, sizeof(page));
	const char *before = ",\n\"metrics\": [";

	fake_quiet_pod();
	metrics_render(&fake_source, false, &rendered);
	for (const char *at = page; (at = strstr(at, begin));) {
		at += sizeof(begin) - 1;
		text_printf(t, "%s\"%.*s\"", before, (int)strcspn(at, " "), at);
		before = ", ";
	}
	text_put(t, "]");
}

int main(void)
{
	struct text t = text_over(output, sizeof(output));

	text_put(&t, "{");
	put_flags(&t);
	put_signals(&t);
	put_kinds(&t);
	put_metrics(&t);
	text_put(&t, "}\n");
	fputs(output, stdout);
	return t.overflowed;
}
