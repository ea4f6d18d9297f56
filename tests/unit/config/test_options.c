/* SPDX-License-Identifier: Apache-2.0 */
/* Flags, variables and their values. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/testing.h"
#include "config/options.h"
#include "config/parse.h"

static char complaints[1024];

static void complain(const char *line)
{
	size_t length = strlen(complaints);

	snprintf(complaints + length, sizeof(complaints) - length, "%s\n", line);
}

/* Parses up to four arguments, of which unused ones are NULL. */
static int parse(struct options *options, struct error *err, const char *a,
		 const char *b, const char *c, const char *d)
{
	char *argv[] = {(char *)"run", (char *)a, (char *)b,
			(char *)c,     (char *)d, NULL};
	int argc = 1;

	while (argv[argc])
		argc++;
	complaints[0] = '\0';
	return options_parse(options, OPTIONS_RUN, argc, argv, complain, err);
}

static int clear_environment(void **state)
{
	(void)state;
	return clearenv();
}

CASE(without_flags_the_documented_defaults_hold)
{
	struct options o;
	struct error err;

	assert_int_equal(parse(&o, &err, NULL, NULL, NULL, NULL), 0);
	assert_true(o.interval_s == 10);
	assert_string_equal(o.listen.text, "[::]:9477");
	assert_int_equal(o.listen.address.ss_family, AF_INET6);
	assert_string_equal(o.alert_listen.text, "127.0.0.1:9478");
	assert_string_equal(o.interfaces, "");
	assert_string_equal(o.state_path, "");
	assert_true(o.detect.learn_s == 3600);
	assert_true(o.detect.dormant_after_s == 900);
	assert_int_equal(o.detect.profile, PROFILE_AUTO);
	assert_true(o.detect.egress_budget == 0);
	assert_int_equal(o.detect.expect_count, 0);
	assert_int_equal(o.detect.sensitivity, SENSITIVITY_NORMAL);
	assert_int_equal(o.log_format, LOG_JSON);
	assert_int_equal(o.config_errors, 0);
}

CASE(a_flag_takes_its_value_with_or_without_an_equals_sign)
{
	struct options o;
	struct error err;

	assert_int_equal(parse(&o, &err, "--interval", "100ms", "--learn=2h", NULL), 0);
	assert_true(o.interval_s == 0.1);
	assert_true(o.detect.learn_s == 7200);
}

CASE(a_flag_wins_over_its_variable)
{
	struct options o;
	struct error err;

	setenv("DORMOUSE_EGRESS_BUDGET", "1MB", 1);
	setenv("DORMOUSE_SENSITIVITY", "high", 1);
	assert_int_equal(parse(&o, &err, "--egress-budget", "2KiB/s", NULL, NULL), 0);
	assert_true(o.detect.egress_budget == 2048);
	assert_int_equal(o.detect.sensitivity, SENSITIVITY_HIGH);
}

CASE(an_empty_variable_is_unset)
{
	struct options o;
	struct error err;

	setenv("DORMOUSE_INTERVAL", "", 1);
	assert_int_equal(parse(&o, &err, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(o.config_errors, 0);
	assert_true(o.interval_s == 10);
}

CASE(a_bad_variable_is_said_and_counted_and_the_default_holds)
{
	struct options o;
	struct error err;

	setenv("DORMOUSE_DORMANT_AFTER", "soon", 1);
	setenv("DORMOUSE_PROFILE", "lazy", 1);
	assert_int_equal(parse(&o, &err, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(o.config_errors, 2);
	assert_true(o.detect.dormant_after_s == 900);
	assert_non_null(strstr(complaints,
			       "invalid value \"soon\" for DORMOUSE_DORMANT_AFTER: "
			       "expected a duration of 1s to 30d\n"));
	assert_non_null(
	    strstr(complaints, "invalid value \"lazy\" for DORMOUSE_PROFILE: "));
}

CASE(a_bad_flag_fails_naming_flag_value_and_what_would_do)
{
	struct options o;
	struct error err;

	assert_int_equal(parse(&o, &err, "--interval", "10ms", NULL, NULL), -1);
	assert_string_equal(err.text,
			    "invalid value \"10ms\" for --interval: expected a "
			    "duration of 100ms to 5m");
	assert_int_equal(parse(&o, &err, "--intervall", "1s", NULL, NULL), -1);
	assert_string_equal(err.text,
			    "unknown flag: --intervall; did you mean --interval?");
	assert_int_equal(parse(&o, &err, "--colour=red", NULL, NULL, NULL), -1);
	assert_string_equal(err.text, "unknown flag: --colour=red (see --help)");
	assert_int_equal(parse(&o, &err, "--state", NULL, NULL, NULL), -1);
	assert_string_equal(err.text,
			    "missing value for --state: expected a file's path "
			    "of at most 255 characters");
	assert_int_equal(parse(&o, &err, "stray", NULL, NULL, NULL), -1);
	assert_string_equal(err.text, "unexpected argument: stray (see --help)");
}

CASE(a_mistyped_word_gets_the_nearest_of_those_that_would_do)
{
	static const struct {
		const char *flag, *value, *end;
	} cases[] = {
	    {"--profile", "dormnat", "did you mean dormant?"},
	    {"--profile", "Busy", "did you mean busy?"},
	    {"--sensitivity", "hihg", "did you mean high?"},
	    {"--log-format", "jsno", "did you mean json?"},
	    {"--log-format", "xml", "expected json or text"},
	    {"--interval", "often", "expected a duration of 100ms to 5m"},
	};
	struct options o;
	struct error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    parse(&o, &err, cases[i].flag, cases[i].value, NULL, NULL), -1);
		assert_true(strlen(err.text) > strlen(cases[i].end));
		assert_string_equal(err.text + strlen(err.text) - strlen(cases[i].end),
				    cases[i].end);
	}
}

CASE(nothing_of_a_bad_flag_reaches_the_terminal_raw)
{
	static const char bad[] =
	    "\033]0;owned\007\r\n\xFF\xE2\x80\xAE\xE2\x80\xAC\xC2\x9B";
	char flag[64], endless[512];
	struct options o;
	struct error err;

	snprintf(flag, sizeof(flag), "--%s=1", bad);
	memset(endless, '\033', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	const char *const arguments[][2] = {{flag, NULL},
					    {bad, NULL},
					    {endless, NULL},
					    {"--interval", bad},
					    {"--profile", endless}};
	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
		assert_int_equal(
		    parse(&o, &err, arguments[i][0], arguments[i][1], NULL, NULL), -1);
		for (const char *p = err.text; *p; p++)
			assert_in_range(*p, 0x20, 0x7E);
	}
	setenv("DORMOUSE_PROFILE", bad, 1);
	assert_int_equal(parse(&o, &err, NULL, NULL, NULL, NULL), 0);
	assert_null(strchr(complaints, '\033'));
}

CASE(help_names_what_each_flag_takes)
{
	static const enum options_command all[] = {OPTIONS_RUN, OPTIONS_REPLAY,
						   OPTIONS_RECORD};

	for (size_t c = 0; c < 3; c++) {
		char text[8192] = "", joined[8192] = "";
		FILE *out = fmemopen(text, sizeof(text), "w");
		size_t length = 0;

		options_help(all[c], out);
		fclose(out);
		/* Wrapped lines are joined again: what is named may be anywhere. */
		for (const char *p = text; *p; p++)
			if (!strchr(" \n", *p) || (length && joined[length - 1] != ' '))
				joined[length++] = *p == '\n' ? ' ' : *p;
		for (const char *p = text; *p; p += strcspn(p, "\n") + 1)
			assert_in_range(strcspn(p, "\n"), 0, 80);
		for (size_t i = 0; i < options_flags.count; i++) {
			const struct flag *f = &options_flags.flags[i];
			char name[64], expected[128], all_of_it[128] = "";
			struct text t = text_over(all_of_it, sizeof(all_of_it));
			flags_expects(f, &t);
			const char *end = strstr(all_of_it, ", such as");
			end = end ? end : strstr(all_of_it, " of at most ");

			snprintf(name, sizeof(name), " --%s ", f->name);
			bool takes = (f->commands >> all[c]) & 1u;
			assert_int_equal(strstr(joined, name) != NULL, takes);
			const char *from =
			    all_of_it + (strncmp(all_of_it, "a ", 2) == 0 ? 2 : 0);
			snprintf(expected, sizeof(expected), "%.*s",
				 end ? (int)(end - from) : (int)strlen(from), from);
			if (takes && !strstr(joined, expected))
				fail_msg("%s: no \"%s\"", name, expected);
			for (const char *const *w = f->words; w && *w; w++)
				assert_non_null(strstr(all_of_it, *w));
		}
	}
}

/* What the compiler does not see of a row. */
CASE(every_row_is_complete)
{
	static struct options o;

	for (size_t i = 0; i < options_flags.count; i++) {
		const struct flag *f = &options_flags.flags[i];
		const bool bounded = f->type == FLAG_COUNT ||
				     f->type == FLAG_DURATION || f->type == FLAG_SIZE;

		assert_true(f->commands != 0 && f->help && f->help[0]);
		assert_int_equal(f->words != NULL, f->type == FLAG_WORD);
		assert_int_equal(f->minimum && f->maximum, bounded);
		assert_true(f->type != FLAG_LISTEN || f->default_value);
		assert_true(!f->annotation || ((f->commands >> OPTIONS_RUN) & 1u));
		if (f->default_value)
			assert_int_equal(flags_set(f, &o, f->default_value), 0);
		if (bounded) {
			assert_int_equal(flags_set(f, &o, f->minimum), 0);
			assert_int_equal(flags_set(f, &o, f->maximum), 0);
		}
	}
}

CASE(a_default_variable_gives_way_to_the_variable_and_the_flag)
{
	struct options o;
	struct error err;

	setenv("DORMOUSE_DEFAULT_INTERVAL", "30s", 1);
	assert_int_equal(parse(&o, &err, NULL, NULL, NULL, NULL), 0);
	assert_true(o.interval_s == 30);
	setenv("DORMOUSE_INTERVAL", "", 1);
	assert_int_equal(parse(&o, &err, NULL, NULL, NULL, NULL), 0);
	assert_true(o.interval_s == 30);
	setenv("DORMOUSE_INTERVAL", "20s", 1);
	assert_int_equal(parse(&o, &err, NULL, NULL, NULL, NULL), 0);
	assert_true(o.interval_s == 20);
	assert_int_equal(parse(&o, &err, "--interval=5s", NULL, NULL, NULL), 0);
	assert_true(o.interval_s == 5);
}

CASE(a_bad_variable_leaves_the_default_variable_in_force)
{
	struct options o;
	struct error err;

	setenv("DORMOUSE_DEFAULT_EXPECT", "01:00-02:00", 1);
	setenv("DORMOUSE_EXPECT", "03:00-04:00,never", 1);
	assert_int_equal(parse(&o, &err, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(o.detect.expect_count, 1);
	assert_int_equal(o.detect.expect[0].begin_s, 3600);
	assert_int_equal(o.config_errors, 1);
	assert_non_null(strstr(complaints, "invalid value \"03:00-04:00,never\" for "
					   "DORMOUSE_EXPECT: "));
	setenv("DORMOUSE_DEFAULT_INTERVAL", "soon", 1);
	assert_int_equal(parse(&o, &err, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(o.config_errors, 2);
	assert_non_null(strstr(complaints, "invalid value \"soon\" for "
					   "DORMOUSE_DEFAULT_INTERVAL: "));
}

CASE(expect_is_repeatable_and_takes_lists_and_replaces_the_variable)
{
	struct options o;
	struct error err;

	setenv("DORMOUSE_EXPECT", "01:00-02:00,23:30-00:30", 1);
	assert_int_equal(parse(&o, &err, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(o.detect.expect_count, 2);
	assert_int_equal(o.detect.expect[1].begin_s, 23 * 3600 + 1800);
	assert_int_equal(o.detect.expect[1].end_s, 1800);

	assert_int_equal(
	    parse(&o, &err, "--expect=03:00-04:00", "--expect=05:00-06:00", NULL, NULL),
	    0);
	assert_int_equal(o.detect.expect_count, 2);
	assert_int_equal(o.detect.expect[0].begin_s, 3 * 3600);
}

CASE(a_list_of_windows_with_one_bad_is_refused_whole)
{
	struct options o;
	struct error err;

	setenv("DORMOUSE_EXPECT", "01:00-02:00,25:00-26:00", 1);
	assert_int_equal(parse(&o, &err, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(o.detect.expect_count, 0);
	assert_int_equal(o.config_errors, 1);
}

CASE(help_fits_a_screen)
{
	struct options o;
	struct error err;
	char text[4096] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");
	int lines = 0, column = 0;

	assert_int_equal(parse(&o, &err, "--help", NULL, NULL, NULL), 1);
	options_help(OPTIONS_RUN, out);
	fclose(out);
	for (const char *p = text; *p; p++) {
		column = *p == '\n' ? 0 : column + 1;
		lines += *p == '\n';
		assert_true(column <= 80);
	}
	assert_in_range(lines, 10, 24);
}

CASE(addresses_to_listen_on)
{
	static const char *const bad[] = {"",           "9477",    "1.2.3.4",
					  "1.2.3:80",   "[::1:80", "::1:80",
					  "[::]:65536", "[::]:+1", "host:80"};
	struct listen_address l;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&l.address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&l.address;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_listen(bad[i], &l), -1);
	assert_int_equal(parse_listen("127.0.0.1:9478", &l), 0);
	assert_int_equal(in->sin_family, AF_INET);
	assert_int_equal(ntohs(in->sin_port), 9478);
	assert_int_equal(ntohl(in->sin_addr.s_addr), 0x7F000001);
	assert_int_equal(parse_listen(":80", &l), 0);
	assert_int_equal(in6->sin6_family, AF_INET6);
	assert_int_equal(parse_listen("[::1]:0", &l), 0);
	assert_int_equal(in6->sin6_port, 0);
	assert_int_equal(l.length, sizeof(struct sockaddr_in6));
}

CASE(windows_are_exact_and_not_empty)
{
	static const char *const bad[] = {"2:00-03:00",  "02:00",       "02:00-02:00",
					  "24:01-01:00", "02:60-03:00", "02:00-03:00 "};
	struct expect_window w;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_window(bad[i], &w), -1);
	assert_int_equal(parse_window("22:15-24:00", &w), 0);
	assert_int_equal(w.begin_s, 22 * 3600 + 900);
	assert_int_equal(w.end_s, 86400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(without_flags_the_documented_defaults_hold,
				   clear_environment),
	    cmocka_unit_test_setup(
		a_flag_takes_its_value_with_or_without_an_equals_sign,
		clear_environment),
	    cmocka_unit_test_setup(a_flag_wins_over_its_variable, clear_environment),
	    cmocka_unit_test_setup(an_empty_variable_is_unset, clear_environment),
	    cmocka_unit_test_setup(
		a_default_variable_gives_way_to_the_variable_and_the_flag,
		clear_environment),
	    cmocka_unit_test_setup(a_bad_variable_leaves_the_default_variable_in_force,
				   clear_environment),
	    cmocka_unit_test_setup(
		a_bad_variable_is_said_and_counted_and_the_default_holds,
		clear_environment),
	    cmocka_unit_test_setup(a_bad_flag_fails_naming_flag_value_and_what_would_do,
				   clear_environment),
	    cmocka_unit_test_setup(
		expect_is_repeatable_and_takes_lists_and_replaces_the_variable,
		clear_environment),
	    cmocka_unit_test_setup(a_list_of_windows_with_one_bad_is_refused_whole,
				   clear_environment),
	    cmocka_unit_test_setup(
		a_mistyped_word_gets_the_nearest_of_those_that_would_do,
		clear_environment),
	    cmocka_unit_test_setup(nothing_of_a_bad_flag_reaches_the_terminal_raw,
				   clear_environment),
	    cmocka_unit_test(help_names_what_each_flag_takes),
	    cmocka_unit_test(every_row_is_complete),
	    cmocka_unit_test(help_fits_a_screen),
	    cmocka_unit_test(addresses_to_listen_on),
	    cmocka_unit_test(windows_are_exact_and_not_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
