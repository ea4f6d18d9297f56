/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - the flags of the commands of dormouse. */
#include "options.h"

#include <string.h>

#include "parse.h"

#define LISTEN         "[::]:9477"
#define ALERT_LISTEN   "127.0.0.1:9478"
#define INTERVAL_MIN_S 0.1
#define INTERVAL_MAX_S 300.0
#define MEMORY_MAX_S   (30.0 * 86400) /* nothing is remembered for longer */
#define DURATION_MAX_S (3650.0 * 86400)
#define TRACE_SIZE_MIN 4096.0 /* below that a trace is hardly more than its header */

enum {
	FOR_RUN = 1u << OPTIONS_RUN,
	FOR_REPLAY = 1u << OPTIONS_REPLAY,
	FOR_RECORD = 1u << OPTIONS_RECORD,
	FOR_DETECTION = FOR_RUN | FOR_REPLAY,
	FOR_COLLECTION = FOR_RUN | FOR_RECORD,
};

static const char *const profile_words[] = {"auto", "dormant", "busy", NULL};
static const char *const sensitivity_words[] = {"low", "normal", "high", NULL};

static int set_interval(void *target, const char *value)
{
	struct options *o = target;

	return parse_duration_in(value, INTERVAL_MIN_S, INTERVAL_MAX_S, &o->interval_s);
}

static int set_listen(void *target, const char *value)
{
	struct options *o = target;

	return parse_listen(value, &o->listen);
}

static int set_alert_listen(void *target, const char *value)
{
	struct options *o = target;

	return parse_listen(value, &o->alert_listen);
}

static int set_interfaces(void *target, const char *value)
{
	struct options *o = target;

	return parse_string(value, o->interfaces, sizeof(o->interfaces));
}

static int set_state(void *target, const char *value)
{
	struct options *o = target;

	return parse_string(value, o->state_path, sizeof(o->state_path));
}

static int set_learn(void *target, const char *value)
{
	struct options *o = target;

	return parse_duration_in(value, 0, MEMORY_MAX_S, &o->detect.learn_s);
}

static int set_dormant_after(void *target, const char *value)
{
	struct options *o = target;

	return parse_duration_in(value, 1, MEMORY_MAX_S, &o->detect.dormant_after_s);
}

static int set_profile(void *target, const char *value)
{
	struct options *o = target;
	int word = parse_word(value, profile_words);

	if (word < 0)
		return -1;
	o->detect.profile = (enum profile)word;
	return 0;
}

static int set_egress_budget(void *target, const char *value)
{
	struct options *o = target;
	double bytes;

	if (strcmp(value, "none") == 0) {
		o->detect.egress_budget = 0;
		return 0;
	}
	if (parse_size(value, &bytes) < 0 || bytes <= 0)
		return -1;
	o->detect.egress_budget = bytes;
	return 0;
}

/* Takes a comma-separated list too: a variable or an annotation cannot be repeated. */
static int add_expect(void *target, const char *value)
{
	struct options *o = target;
	struct expect_window windows[EXPECT_WINDOWS_MAX];
	unsigned count = o->detect.expect_count;

	memcpy(windows, o->detect.expect, sizeof(windows));
	for (;;) {
		char one[16];
		size_t length = strcspn(value, ",");
		if (length >= sizeof(one) || count == EXPECT_WINDOWS_MAX)
			return -1;
		memcpy(one, value, length);
		one[length] = '\0';
		if (parse_window(one, &windows[count++]) < 0)
			return -1;
		if (value[length] == '\0')
			break;
		value += length + 1;
	}
	memcpy(o->detect.expect, windows, sizeof(windows));
	o->detect.expect_count = count;
	return 0;
}

static int set_expect(void *target, const char *value)
{
	struct options *o = target;
	unsigned before = o->detect.expect_count;

	o->detect.expect_count = 0;
	if (add_expect(o, value) == 0)
		return 0;
	o->detect.expect_count = before;
	return -1;
}

static int set_sensitivity(void *target, const char *value)
{
	struct options *o = target;
	int word = parse_word(value, sensitivity_words);

	if (word < 0)
		return -1;
	o->detect.sensitivity = (enum sensitivity)word;
	return 0;
}

static int set_log_format(void *target, const char *value)
{
	struct options *o = target;

	return parse_log_format(value, &o->log_format);
}

static int set_max_sockets(void *target, const char *value)
{
	struct options *o = target;

	return parse_count(value, 16, 65536, &o->max_sockets);
}

static int set_max_destinations(void *target, const char *value)
{
	struct options *o = target;

	return parse_count(value, 16, 65536, &o->max_destinations);
}

static int set_lifecycle(void *target, const char *value)
{
	struct options *o = target;

	return parse_bool(value, &o->replay.lifecycle);
}

static int set_summary(void *target, const char *value)
{
	struct options *o = target;

	return parse_bool(value, &o->replay.summary);
}

static int set_baseline_out(void *target, const char *value)
{
	struct options *o = target;

	return parse_string(value, o->replay.baseline_path,
			    sizeof(o->replay.baseline_path));
}

static int set_csv(void *target, const char *value)
{
	struct options *o = target;

	return parse_string(value, o->replay.csv_path, sizeof(o->replay.csv_path));
}

static int add_column(void *target, const char *value)
{
	struct options *o = target;

	return column_map_add(&o->replay.columns, value);
}

static int set_column(void *target, const char *value)
{
	struct options *o = target;
	struct column_map map = {.names = {{NULL, 0}}};

	if (column_map_add(&map, value) < 0)
		return -1;
	o->replay.columns = map;
	return 0;
}

static int set_out(void *target, const char *value)
{
	struct options *o = target;

	return parse_string(value, o->record.path, sizeof(o->record.path));
}

static int set_record_duration(void *target, const char *value)
{
	struct options *o = target;

	return parse_duration_in(value, INTERVAL_MIN_S, DURATION_MAX_S,
				 &o->record.duration_s);
}

static int set_max_size(void *target, const char *value)
{
	struct options *o = target;
	double bytes;

	if (parse_size(value, &bytes) < 0 || bytes < TRACE_SIZE_MIN || bytes > 1e15)
		return -1;
	o->record.max_bytes = bytes;
	return 0;
}

static int set_keep(void *target, const char *value)
{
	struct options *o = target;

	return parse_count(value, 1, 999, &o->record.keep);
}

static const struct flag flags[] = {
    {FOR_COLLECTION, "interval", "10s", "a duration from 100ms to 5m",
     "time between samples", .set = set_interval},
    {FOR_RUN, "listen", LISTEN, "ADDRESS:PORT, such as [::]:9477", "metrics and health",
     .set = set_listen},
    {FOR_RUN, "alert-listen", ALERT_LISTEN, "ADDRESS:PORT, such as 127.0.0.1:9478",
     "these, alerts and baseline", .set = set_alert_listen},
    {FOR_COLLECTION, "interfaces", NULL,
     "globs such as eth*,!eth9, at most 255 characters",
     "interfaces to watch; else all but lo", .set = set_interfaces},
    {FOR_RUN, "state", NULL, "a file's path of at most 255 characters",
     "keeps the baseline over a restart", .set = set_state},
    {FOR_DETECTION, "learn", "1h", "a duration from 0s to 30d",
     "then it is judged by its past", .set = set_learn},
    {FOR_DETECTION, "dormant-after", "15m", "a duration from 1s to 30d",
     "of low traffic to be dormant", .set = set_dormant_after},
    {FOR_DETECTION, "profile", "auto", "auto, dormant or busy",
     "what kind of pod this is", .words = profile_words, .set = set_profile},
    {FOR_DETECTION, "egress-budget", "none",
     "none or bytes a second, such as 64KiB or 2MB", "sending more is an alert",
     .set = set_egress_budget},
    {FOR_DETECTION, "expect", NULL,
     "at most 8 windows such as 02:00-02:30, in UTC, between commas",
     "traffic there is learnt, not alerted", .set = set_expect, .add = add_expect},
    {FOR_DETECTION, "sensitivity", "normal", "low, normal or high",
     "how easily it alerts", .words = sensitivity_words, .set = set_sensitivity},
    {FOR_RUN, "log-format", "json", "json or text", "lines on stderr",
     .words = log_format_words, .set = set_log_format},
    {FOR_COLLECTION, "max-sockets", "4096", "a whole number from 16 to 65536",
     "sockets followed", .set = set_max_sockets},
    {FOR_COLLECTION, "max-destinations", "512", "a whole number from 16 to 65536",
     "kept as evidence", .set = set_max_destinations},
    {FOR_REPLAY, "lifecycle", "false", FLAG_SWITCH,
     "alerts as they begin, change and end", .set = set_lifecycle},
    {FOR_REPLAY, "summary", "false", FLAG_SWITCH, "a table for people instead of JSON",
     .set = set_summary},
    {FOR_REPLAY, "baseline-out", NULL, "a file's path of at most 255 characters",
     "what was learnt, as JSON, a line a trace", .set = set_baseline_out},
    {FOR_REPLAY, "csv", NULL, "a file's path of at most 255 characters",
     "each sample's values, thresholds, states", .set = set_csv},
    {FOR_REPLAY, "column", NULL,
     "SIGNAL=COLUMN or time=COLUMN, such as tx_bytes=eth0_out, repeatable",
     "tx_bytes=eth0_out: what a column is", .set = set_column, .add = add_column},
    {FOR_RECORD, "out", NULL, "a file's path of at most 255 characters",
     "appended to; else standard output", .set = set_out},
    {FOR_RECORD, "duration", NULL, "a duration from 100ms to 3650d",
     "how long; else until SIGTERM", .set = set_record_duration},
    {FOR_RECORD, "max-size", NULL, "a size of at least 4096 bytes, such as 10MB",
     "then FILE becomes FILE.1 and so on", .set = set_max_size},
    {FOR_RECORD, "keep", "4", "a whole number from 1 to 999", "how many FILE.N",
     .set = set_keep},
};

static const struct flag_command commands[] = {
    [OPTIONS_RUN] = {.usage = "run [FLAGS]",
		     .does =
			 "watches what this network namespace sends, until SIGTERM"},
    [OPTIONS_REPLAY] =
	{.usage = "replay [FLAGS] TRACE...",
	 .does = "prints the alerts of recorded counters; - is standard input",
	 .operands = true},
    [OPTIONS_RECORD] = {.usage = "record [FLAGS]",
			.does = "writes this network namespace's counters as a trace"},
};

const struct flag_table options_flags = {
    .program = "dormouse",
    .flags = flags,
    .count = sizeof(flags) / sizeof(flags[0]),
    .commands = commands,
};

int options_parse(struct options *options, enum options_command command, int argc,
		  char **argv, flags_complaint *complain, struct error *err)
{
	struct flags_found found;

	memset(options, 0, sizeof(*options));
	options->command = command;
	int result = flags_read(&options_flags, command, options, argc, argv, complain,
				&found, err);
	options->config_errors = found.config_errors;
	options->operand_count = found.operand_count;
	options->listen_by_variable =
	    flags_by_variable(&options_flags, &found, "listen");
	options->alert_listen_by_variable =
	    flags_by_variable(&options_flags, &found, "alert-listen");
	return result;
}

bool options_listen_by_default(struct options *options)
{
	if (!options->listen_by_variable && !options->alert_listen_by_variable)
		return false;
	if (options->listen_by_variable)
		parse_listen(LISTEN, &options->listen);
	if (options->alert_listen_by_variable)
		parse_listen(ALERT_LISTEN, &options->alert_listen);
	return true;
}

void options_help(enum options_command command, FILE *out)
{
	flags_help(&options_flags, command, out);
}
