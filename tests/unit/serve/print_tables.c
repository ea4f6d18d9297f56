/* SPDX-License-Identifier: Apache-2.0 */
/* print_flags - the flags of `dormouse run` as JSON, for what is written from them: see
 * manifests/flags.py. */
#include <stdio.h>

#include "config/options.h"

static void put_member(struct text *t, const char *name, const char *value)
{
	text_printf(t, "\"%s\": ", name);
	text_json_string(t, value);
	text_put(t, ", ");
}

static void put_flag(const struct flag *flag)
{
	char line[2048], words[256];
	struct text t = text_over(line, sizeof(line));
	struct text expected = text_over(words, sizeof(words));

	flags_expects(flag, &expected);
	text_put(&t, "{");
	put_member(&t, "name", flag->name);
	put_member(&t, "type", flags_type_name(flag->type));
	put_member(&t, "default", flag->default_value);
	put_member(&t, "expects", words);
	put_member(&t, "minimum", flag->minimum);
	put_member(&t, "maximum", flag->maximum);
	put_member(&t, "help", flag->help);
	text_printf(&t, "\"size\": %zu, \"annotation\": %s}", flag->size,
		    flag->annotation ? "true" : "false");
	fputs(line, stdout);
}

int main(void)
{
	const char *before = "[";

	for (size_t i = 0; i < options_flags.count; i++) {
		const struct flag *flag = &options_flags.flags[i];

		if (!((flag->commands >> OPTIONS_RUN) & 1u))
			continue;
		fputs(before, stdout);
		put_flag(flag);
		before = ",\n ";
	}
	puts("]");
	return 0;
}
