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
static const char *const metrics_detail_words[] = {"full", "counters", NULL};
static const char *const sensitivity_words[] = {"low", "normal", "high", NULL};

static const struct flag flags[] = {
    {"interval", FOR_COLLECTION, DURATION(interval_s, "100ms", "5m"), "10s",
     "time between samples", ANNOTATION},
    {"listen", FOR_RUN, LISTEN(listen), "[::]:9477", "metrics and health", ANNOTATION},
    {"alert-listen", FOR_RUN, LISTEN(alert_listen), "127.0.0.1:9478",
     "these, alerts, baseline", ANNOTATION},
    {"metrics-detail", FOR_RUN, WORD(metrics.detail, metrics_detail_words), "full",
     "how much --listen tells", ANNOTATION},
    {"metrics-token-file", FOR_RUN, PATH(metrics.token_path), NULL, "for full detail"},
    {"interfaces", FOR_COLLECTION, GLOBS(interfaces), NULL,
     "watched; default: all but lo", ANNOTATION},
    {"state", FOR_RUN, PATH(state_path), NULL, "keeps the baseline over a restart"},
    {"baseline", FOR_DETECTION, PATH(baseline_path), NULL,
     "what the workload's other pods do"},
    {"learn", FOR_DETECTION, DURATION(detect.learn_s, "0s", "30d"), "1h",
     "then it is judged by its past", ANNOTATION},
    {"dormant-after", FOR_DETECTION, DURATION(detect.dormant_after_s, "1s", "30d"),
     "15m", "low traffic for that long makes it dormant", ANNOTATION},
    {"profile", FOR_DETECTION, WORD(detect.profile, profile_words), "auto",
     "expected behaviour", ANNOTATION},
    {"egress-budget", FOR_DETECTION, BUDGET(detect.egress_budget), "none",
     "sending more is an alert", ANNOTATION},
    {"expect", FOR_DETECTION, WINDOWS(detect), NULL,
     "traffic there is learnt, not alerted", ANNOTATION},
    {"sensitivity", FOR_DETECTION, WORD(detect.sensitivity, sensitivity_words),
     "normal", "detection sensitivity", ANNOTATION},
    {"log-format", FOR_RUN, WORD(log_format, log_format_words), "json",
     "format of the log on stderr", ANNOTATION},
    {"max-sockets", FOR_COLLECTION, COUNT(max_sockets, "16", "65536"), "4096",
     "sockets followed", ANNOTATION},
    {"max-destinations", FOR_COLLECTION, COUNT(max_destinations, "16", "65536"), "512",
     "kept as evidence", ANNOTATION},
    {"lifecycle", FOR_REPLAY, BOOL(replay.lifecycle), "false",
     "alerts as they begin, change and end"},
    {"summary", FOR_REPLAY, BOOL(replay.summary), "false",
     "a table for people instead of JSON"},
    {"baseline-out", FOR_REPLAY, PATH(replay.baseline_path), NULL,
     "baselines as JSON, one line per trace"},
    {"csv", FOR_REPLAY, PATH(replay.csv_path), NULL,
     "each sample's values, thresholds, states"},
    {"column", FOR_REPLAY, COLUMNS(replay.columns), NULL,
     "names a column, as tx_bytes=eth0_out"},
    {"out", FOR_RECORD, PATH(record.path), NULL, "appended to; else standard output"},
    {"duration", FOR_RECORD, DURATION(record.duration_s, "100ms", "3650d"), NULL,
     "how long; else until SIGTERM"},
    {"max-size", FOR_RECORD, SIZE(record.max_bytes, "4KiB", "1000TB"), NULL,
     "then FILE becomes FILE.1 and so on"},
    {"keep", FOR_RECORD, COUNT(record.keep, "1", "999"), "4", "number of FILE.N kept"},
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
	options->baseline_by_variable =
	    flags_by_variable(&options_flags, &found, "baseline");
	options->token_by_variable =
	    flags_by_variable(&options_flags, &found, "metrics-token-file");
	return result;
}

void detect_options_default(struct detect_options *options)
{
	struct options all;

	memset(&all, 0, sizeof(all));
	for (size_t i = 0; i < options_flags.count; i++)
		if ((flags[i].commands & FOR_DETECTION) == FOR_DETECTION &&
		    flags[i].default_value)
			flags_set(&flags[i], &all, flags[i].default_value);
	*options = all.detect;
}

void options_listen_by_default(struct options *options, const char *name)
{
	const struct flag *flag =
	    flags_find(&options_flags, OPTIONS_RUN, name, strlen(name));

	flags_set(flag, options, flag->default_value);
}

void options_help(enum options_command command, FILE *out)
{
	flags_help(&options_flags, command, out);
}
