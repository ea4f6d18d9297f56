/* SPDX-License-Identifier: Apache-2.0 */
/* print_tables - the tables that manifests and manual are held to, as JSON: the flags
 * of `dormouse run`, signals, kinds of alerts, metrics. See manifests/tables.py. */
#include <stdio.h>

#include "../support/rooms_fixture.h"
#include "base/json_writer.h"
#include "config/options.h"

static const char *const next_steps[ALERT_KIND_COUNT] = {
#define KIND(id, name, rank, sentence, next) [ALERT_##id] = (next),
#include "detect/kinds.def"
#undef KIND
};

static char page[64 * 1024], output[64 * 1024];

static void put_flag(const struct flag *flag, struct json_writer *w)
{
	char words[256];
	struct text expected = text_over(words, sizeof(words));

	flags_expects(flag, &expected);
	json_object(w, NULL);
	json_string(w, "name", flag->name);
	json_string(w, "type", flags_type_name(flag->type));
	json_string(w, "default", flag->default_value);
	json_string(w, "expects", words);
	json_string(w, "minimum", flag->minimum);
	json_string(w, "maximum", flag->maximum);
	json_string(w, "help", flag->help);
	json_unsigned(w, "size", flag->size);
	json_bool(w, "annotation", flag->annotation);
	json_end(w);
}

static void put_flags(struct json_writer *w)
{
	json_array(w, "flags");
	for (size_t i = 0; i < options_flags.count; i++)
		if ((options_flags.flags[i].commands >> OPTIONS_RUN) & 1u)
			put_flag(&options_flags.flags[i], w);
	json_end(w);
}

static void put_signals(struct json_writer *w)
{
	json_array(w, "signals");
	for (int i = 0; i < SIGNAL_COUNT; i++)
		json_string(w, NULL, signal_name((enum signal)i));
	json_end(w);
}

static void put_kinds(struct json_writer *w)
{
	json_array(w, "kinds");
	for (int i = 0; i < ALERT_KIND_COUNT; i++) {
		json_object(w, NULL);
		json_string(w, "next", next_steps[i]);
		json_string(w, "name", alert_kind_name((enum alert_kind)i));
		json_end(w);
	}
	json_end(w);
}

/* The families of a page of /metrics. */
static void put_metrics(struct json_writer *w)
{
	static const char begin[] = "# TYPE ";
	struct text rendered = text_over(page, sizeof(page));

	fake_quiet_pod();
	metrics_render(&fake_source, (struct metrics_form){.openmetrics = false},
		       &rendered);
	json_array(w, "metrics");
	for (char *at = page; (at = strstr(at, begin));) {
		at += sizeof(begin) - 1;
		char *end = at + strcspn(at, " ");
		*end = '\0';
		json_string(w, NULL, at);
		at = end + 1;
	}
	json_end(w);
}

int main(void)
{
	struct text t = text_over(output, sizeof(output));
	struct json_writer w = json_writer_over(&t);

	json_object(&w, NULL);
	put_flags(&w);
	put_signals(&w);
	put_kinds(&w);
	put_metrics(&w);
	json_end(&w);
	json_end_line(&w);
	fputs(output, stdout);
	return json_is_whole(&w) ? 0 : 1;
}
