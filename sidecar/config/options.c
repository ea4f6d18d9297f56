/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - the flags of the commands of dormouse. */
#include "options.h"

#include <string.h>

#include "flag_rows.h"

#define FLAG_TARGET struct options

enum {
	FOR_RUN = 1u << OPTIONS_RUN,
	FOR_REPLAY = 1u << OPTIONS_REPLAY,
	FOR_RECORD = 1u << OPTIONS_RECORD,
	FOR_DETECTION = FOR_RUN | FOR_REPLAY,
	FOR_COLLECTION = FOR_RUN | FOR_RECORD,
};

const char *const log_format_words[] = {"json", "text", NULL};
static const char *const profile_words[] = {"auto", "dormant", "busy", NULL};
static const char *const sensitivity_words[] = {"low", "normal", "high", NULL};

static const struct flag flags[] = {
    {"interval", FOR_COLLECTION, "10s", "time between samples",
     DURATION(interval_s, "100ms", "5m"), ANNOTATION},
    {"listen", FOR_RUN, "[::]:9477", "metrics and health", LISTEN(listen), ANNOTATION},
    {"alert-listen", FOR_RUN, "127.0.0.1:9478", "metrics, health, alerts and baseline",
     LISTEN(alert_listen), ANNOTATION},
    {"interfaces", FOR_COLLECTION, NULL, "interfaces to watch; else all but lo",
     GLOBS(interfaces), ANNOTATION},
    {"state", FOR_RUN, NULL, "keeps the baseline over a restart", PATH(state_path)},
    {"learn", FOR_DETECTION, "1h",
     "learning period; until then only absolute limits apply",
     DURATION(detect.learn_s, "0s", "30d"), ANNOTATION},
    {"dormant-after", FOR_DETECTION, "15m",
     "low traffic for that long makes it dormant",
     DURATION(detect.dormant_after_s, "1s", "30d"), ANNOTATION},
    {"profile", FOR_DETECTION, "auto", "expected behaviour",
     WORD(detect.profile, profile_words), ANNOTATION},
    {"egress-budget", FOR_DETECTION, "none", "sending more is an alert",
     BUDGET(detect.egress_budget), ANNOTATION},
    {"expect", FOR_DETECTION, NULL, "traffic there is learnt, not alerted",
     WINDOWS(detect), ANNOTATION},
    {"sensitivity", FOR_DETECTION, "normal", "detection sensitivity",
     WORD(detect.sensitivity, sensitivity_words), ANNOTATION},
    {"log-format", FOR_RUN, "json", "lines on stderr",
     WORD(log_format, log_format_words), ANNOTATION},
    {"max-sockets", FOR_COLLECTION, "4096", "sockets followed",
     COUNT(max_sockets, "16", "65536"), ANNOTATION},
    {"max-destinations", FOR_COLLECTION, "512", "kept as evidence",
     COUNT(max_destinations, "16", "65536"), ANNOTATION},
    {"lifecycle", FOR_REPLAY, "false", "alerts as they begin, change and end",
     BOOL(replay.lifecycle)},
    {"summary", FOR_REPLAY, "false", "a table for people instead of JSON",
     BOOL(replay.summary)},
    {"baseline-out", FOR_REPLAY, NULL, "what was learnt, as JSON, a line a trace",
     PATH(replay.baseline_path)},
    {"csv", FOR_REPLAY, NULL, "each sample's values, thresholds, states",
     PATH(replay.csv_path)},
    {"column", FOR_REPLAY, NULL, "tx_bytes=eth0_out: what a column is",
     COLUMNS(replay.columns)},
    {"out", FOR_RECORD, NULL, "appended to; else standard output", PATH(record.path)},
    {"duration", FOR_RECORD, NULL, "how long; else until SIGTERM",
     DURATION(record.duration_s, "100ms", "3650d")},
    {"max-size", FOR_RECORD, NULL, "then FILE becomes FILE.1 and so on",
     SIZE(record.max_bytes, "4KiB", "1000TB")},
    {"keep", FOR_RECORD, "4", "how many FILE.N", COUNT(record.keep, "1", "999")},
};

static const struct flag_command commands[] = {
    [OPTIONS_RUN] = {.usage = "run [FLAGS]",
		     .help =
			 "watches what this network namespace sends, until SIGTERM"},
    [OPTIONS_REPLAY] =
	{.usage = "replay [FLAGS] TRACE...",
	 .help = "prints the alerts of recorded counters; - is standard input",
	 .operands = true},
    [OPTIONS_RECORD] = {.usage = "record [FLAGS]",
			.help = "writes this network namespace's counters as a trace"},
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

/* Puts the default back where a variable chose the address. */
static void listen_by_default(struct options *options, const char *name)
{
	const struct flag *flag =
	    flags_find(&options_flags, OPTIONS_RUN, name, strlen(name));

	flags_set(flag, options, flag->default_value);
}

bool options_listen_by_default(struct options *options)
{
	if (!options->listen_by_variable && !options->alert_listen_by_variable)
		return false;
	if (options->listen_by_variable)
		listen_by_default(options, "listen");
	if (options->alert_listen_by_variable)
		listen_by_default(options, "alert-listen");
	return true;
}

void options_help(enum options_command command, FILE *out)
{
	flags_help(&options_flags, command, out);
}
