/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - the flags of the commands: a table, read for variables, flags and help.
 */
#include "dormouse/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dormouse/values.h"

#define INTERVAL_MIN_S 0.1
#define INTERVAL_MAX_S 300.0
#define MEMORY_MAX_S   (30.0 * 86400) /* nothing is remembered for longer */
#define DURATION_MAX_S (3650.0 * 86400)
#define TRACE_SIZE_MIN 4096.0 /* below that a trace is hardly more than its header */
#define FLAG_NAME_MAX  32
#define FLAG_COUNT     (sizeof(flags) / sizeof(flags[0]))

/* Takes the value into the options; -1 when it will not do. */
typedef int flag_setter(struct options *options, const char *value);

struct flag {
	unsigned commands; /* bits 1u << enum options_command: who takes it */
	const char *name, *standard, *wants, *means;
	flag_setter *set;
};

enum {
	FOR_RUN = 1u << OPTIONS_RUN,
	FOR_REPLAY = 1u << OPTIONS_REPLAY,
	FOR_RECORD = 1u << OPTIONS_RECORD,
	FOR_DETECTION = FOR_RUN | FOR_REPLAY,
	FOR_COLLECTION = FOR_RUN | FOR_RECORD,
};

static int set_duration(const char *value, double minimum, double maximum,
			double *seconds)
{
	double parsed;

	if (value_duration(value, &parsed) < 0 || parsed < minimum || parsed > maximum)
		return -1;
	*seconds = parsed;
	return 0;
}

static int set_word(const char *value, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(value, words[i]) == 0)
			return i;
	return -1;
}

static int set_string(const char *value, char *target, size_t size)
{
	size_t length = strlen(value);

	if (length == 0 || length >= size)
		return -1;
	memcpy(target, value, length + 1);
	return 0;
}

static int set_interval(struct options *o, const char *value)
{
	return set_duration(value, INTERVAL_MIN_S, INTERVAL_MAX_S, &o->interval_s);
}

static int set_listen(struct options *o, const char *value)
{
	return value_listen(value, &o->listen);
}

static int set_alert_listen(struct options *o, const char *value)
{
	return value_listen(value, &o->alert_listen);
}

static int set_interfaces(struct options *o, const char *value)
{
	return set_string(value, o->interfaces, sizeof(o->interfaces));
}

static int set_state(struct options *o, const char *value)
{
	return set_string(value, o->state_path, sizeof(o->state_path));
}

static int set_learn(struct options *o, const char *value)
{
	return set_duration(value, 0, MEMORY_MAX_S, &o->detect.learn_s);
}

static int set_dormant_after(struct options *o, const char *value)
{
	return set_duration(value, 1, MEMORY_MAX_S, &o->detect.dormant_after_s);
}

static int set_profile(struct options *o, const char *value)
{
	static const char *const words[] = {"auto", "dormant", "busy", NULL};
	int word = set_word(value, words);

	if (word < 0)
		return -1;
	o->detect.profile = (enum profile)word;
	return 0;
}

static int set_egress_budget(struct options *o, const char *value)
{
	double bytes;

	if (strcmp(value, "none") == 0) {
		o->detect.egress_budget = 0;
		return 0;
	}
	if (value_size(value, &bytes) < 0 || bytes <= 0)
		return -1;
	o->detect.egress_budget = bytes;
	return 0;
}

/* Takes a comma-separated list too: a variable or an annotation cannot be repeated. */
static int set_expect(struct options *o, const char *value)
{
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
		if (value_window(one, &windows[count++]) < 0)
			return -1;
		if (value[length] == '\0')
			break;
		value += length + 1;
	}
	memcpy(o->detect.expect, windows, sizeof(windows));
	o->detect.expect_count = count;
	return 0;
}

static int set_sensitivity(struct options *o, const char *value)
{
	static const char *const words[] = {"low", "normal", "high", NULL};
	int word = set_word(value, words);

	if (word < 0)
		return -1;
	o->detect.sensitivity = (enum sensitivity)word;
	return 0;
}

static int set_log_format(struct options *o, const char *value)
{
	static const char *const words[] = {"json", "text", NULL};
	int word = set_word(value, words);

	if (word < 0)
		return -1;
	o->log_format = (enum log_format)word;
	return 0;
}

static int set_max_sockets(struct options *o, const char *value)
{
	return value_count(value, 16, 65536, &o->max_sockets);
}

static int set_max_destinations(struct options *o, const char *value)
{
	return value_count(value, 16, 65536, &o->max_destinations);
}

static int set_switch(const char *value, bool *on)
{
	static const char *const words[] = {"false", "true", NULL};
	int word = set_word(value, words);

	if (word < 0)
		return -1;
	*on = word == 1;
	return 0;
}

static int set_lifecycle(struct options *o, const char *value)
{
	return set_switch(value, &o->replay.lifecycle);
}

static int set_summary(struct options *o, const char *value)
{
	return set_switch(value, &o->replay.summary);
}

static int set_baseline_out(struct options *o, const char *value)
{
	return set_string(value, o->replay.baseline_path,
			  sizeof(o->replay.baseline_path));
}

static int set_out(struct options *o, const char *value)
{
	return set_string(value, o->record.path, sizeof(o->record.path));
}

static int set_record_duration(struct options *o, const char *value)
{
	return set_duration(value, INTERVAL_MIN_S, DURATION_MAX_S,
			    &o->record.duration_s);
}

static int set_max_size(struct options *o, const char *value)
{
	double bytes;

	if (value_size(value, &bytes) < 0 || bytes < TRACE_SIZE_MIN || bytes > 1e15)
		return -1;
	o->record.max_bytes = bytes;
	return 0;
}

static int set_keep(struct options *o, const char *value)
{
	return value_count(value, 1, 999, &o->record.keep);
}

#define SWITCH "true or false"

static const struct flag flags[] = {
    {FOR_COLLECTION, "interval", "10s", "a duration from 100ms to 5m",
     "time between samples", set_interval},
    {FOR_RUN, "listen", "[::]:9477", "ADDRESS:PORT, such as [::]:9477",
     "metrics and health are served here", set_listen},
    {FOR_RUN, "alert-listen", "127.0.0.1:9478", "ADDRESS:PORT, such as 127.0.0.1:9478",
     "alerts and baseline too", set_alert_listen},
    {FOR_COLLECTION, "interfaces", NULL,
     "globs such as eth*,!eth9, at most 255 characters",
     "what to watch; default all but lo", set_interfaces},
    {FOR_RUN, "state", NULL, "a file's path of at most 255 characters",
     "keeps the baseline over a restart", set_state},
    {FOR_DETECTION, "learn", "1h", "a duration from 0s to 30d",
     "before that only absolute limits speak", set_learn},
    {FOR_DETECTION, "dormant-after", "15m", "a duration from 1s to 30d",
     "low traffic for that long is dormancy", set_dormant_after},
    {FOR_DETECTION, "profile", "auto", "auto, dormant or busy",
     "what kind of pod this is", set_profile},
    {FOR_DETECTION, "egress-budget", "none",
     "bytes a second, such as 64KiB or 2MB, or none", "sending more is an alert",
     set_egress_budget},
    {FOR_DETECTION, "expect", NULL,
     "at most 8 windows such as 02:00-02:30, in UTC, between commas",
     "traffic there is learnt, not alerted", set_expect},
    {FOR_DETECTION, "sensitivity", "normal", "low, normal or high", "how soon to speak",
     set_sensitivity},
    {FOR_RUN, "log-format", "json", "json or text", "lines on stderr", set_log_format},
    {FOR_COLLECTION, "max-sockets", "4096", "a whole number from 16 to 65536",
     "followed one by one; more as a sum", set_max_sockets},
    {FOR_COLLECTION, "max-destinations", "512", "a whole number from 16 to 65536",
     "remembered for evidence", set_max_destinations},
    {FOR_REPLAY, "lifecycle", "false", SWITCH,
     "print alerts again when they change or end", set_lifecycle},
    {FOR_REPLAY, "summary", "false", SWITCH, "a table for people instead of JSON",
     set_summary},
    {FOR_REPLAY, "baseline-out", NULL, "a file's path of at most 255 characters",
     "what was learnt, as JSON, a line a trace", set_baseline_out},
    {FOR_RECORD, "out", NULL, "a file's path of at most 255 characters",
     "appended to; default standard output", set_out},
    {FOR_RECORD, "duration", NULL, "a duration from 100ms to 3650d",
     "how long; default until SIGTERM", set_record_duration},
    {FOR_RECORD, "max-size", NULL, "a size of at least 4096 bytes, such as 10MB",
     "then FILE becomes FILE.1 and so on", set_max_size},
    {FOR_RECORD, "keep", "4", "a whole number from 1 to 999", "how many FILE.N",
     set_keep},
};

static const struct {
	const char *usage, *does;
} commands[] = {
    [OPTIONS_RUN] = {"run [FLAGS]",
		     "watches what this network namespace sends, until SIGTERM"},
    [OPTIONS_REPLAY] = {"replay [FLAGS] TRACE...",
			"prints the alerts of recorded counters; - is standard input"},
    [OPTIONS_RECORD] = {"record [FLAGS]",
			"writes this network namespace's counters as a trace"},
};

static bool takes(enum options_command command, const struct flag *flag)
{
	return (flag->commands >> command) & 1u;
}

static bool is_switch(const struct flag *flag)
{
	return strcmp(flag->wants, SWITCH) == 0;
}

static const struct flag *flag_by_name(enum options_command command, const char *name,
				       size_t length)
{
	for (size_t i = 0; i < FLAG_COUNT; i++)
		if (takes(command, &flags[i]) && strlen(flags[i].name) == length &&
		    memcmp(flags[i].name, name, length) == 0)
			return &flags[i];
	return NULL;
}

/* The one sentence for a value that will not do, from a flag or a variable. */
static int refuse(struct error *err, const char *source, const struct flag *flag,
		  const char *value)
{
	return fail(err, "%s: \"%.80s\" will not do: it takes %s", source, value,
		    flag->wants);
}

/* "DORMOUSE_SOME_FLAG" for --some-flag. */
static void variable_name(const struct flag *flag, char name[FLAG_NAME_MAX])
{
	size_t at = strlen(memcpy(name, "DORMOUSE_", sizeof("DORMOUSE_")));

	for (const char *p = flag->name; *p && at < FLAG_NAME_MAX - 1; p++)
		name[at++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	name[at] = '\0';
}

static void take_variables(struct options *o, options_complaint *complain)
{
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		char name[FLAG_NAME_MAX];
		struct error err;

		variable_name(&flags[i], name);
		const char *value = getenv(name);
		if (!takes(o->command, &flags[i]) || !value || !value[0] ||
		    flags[i].set(o, value) == 0)
			continue;
		o->config_errors++;
		refuse(&err, name, &flags[i], value);
		complain(err.text);
	}
}

static int take_flag(struct options *o, const char *argument, const char *next,
		     unsigned *given, bool *took_next, struct error *err)
{
	char source[FLAG_NAME_MAX + 2] = "--";
	size_t length = strcspn(argument, "=");
	const struct flag *flag = NULL;

	*took_next = false;
	if (length > 2 && argument[0] == '-' && argument[1] == '-')
		flag = flag_by_name(o->command, argument + 2, length - 2);
	if (!flag)
		return fail(err, "%.80s: there is no such flag; see --help", argument);
	memcpy(source + 2, flag->name, strlen(flag->name) + 1);

	const char *value = is_switch(flag) ? "true" : next;
	if (argument[length] == '=')
		value = argument + length + 1;
	if (!value)
		return fail(err, "%s: a value is missing: it takes %s", source,
			    flag->wants);
	*took_next = value == next;

	/* The first --expect replaces what the variable said, further ones add to it.
	 */
	unsigned bit = 1u << (flag - flags);
	if (flag->set == set_expect && !(*given & bit))
		o->detect.expect_count = 0;
	*given |= bit;
	if (flag->set(o, value) < 0)
		return refuse(err, source, flag, value);
	return 0;
}

static void set_defaults(struct options *o, enum options_command command)
{
	memset(o, 0, sizeof(*o));
	o->command = command;
	for (size_t i = 0; i < FLAG_COUNT; i++)
		if (flags[i].standard)
			flags[i].set(o, flags[i].standard);
}

/* Only replay takes operands: "-" or what does not begin with a dash; after "--" all.
 */
static bool is_operand(const struct options *o, const char *argument, bool only)
{
	return o->command == OPTIONS_REPLAY &&
	       (only || argument[0] != '-' || argument[1] == '\0');
}

int options_parse(struct options *options, enum options_command command, int argc,
		  char **argv, options_complaint *complain, struct error *err)
{
	unsigned given = 0;
	bool only_operands = false;

	set_defaults(options, command);
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return 1;
	take_variables(options, complain);
	for (int i = 1; i < argc; i++) {
		bool took_next;
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;

		if (is_operand(options, argv[i], only_operands)) {
			argv[1 + options->operand_count++] = argv[i];
			continue;
		}
		if (command == OPTIONS_REPLAY && strcmp(argv[i], "--") == 0) {
			only_operands = true;
			continue;
		}
		if (take_flag(options, argv[i], next, &given, &took_next, err) < 0)
			return -1;
		i += took_next;
	}
	return 0;
}

void options_help(enum options_command command, FILE *out)
{
	fprintf(out,
		"dormouse %s: %s.\n"
		"Each --some-flag is also the variable DORMOUSE_SOME_FLAG; a flag "
		"wins.\n"
		"  flag                default          means\n",
		commands[command].usage, commands[command].does);
	for (size_t i = 0; i < FLAG_COUNT; i++)
		if (takes(command, &flags[i]))
			fprintf(out, "  --%-17s %-16s %s\n", flags[i].name,
				flags[i].standard ? flags[i].standard : "-",
				flags[i].means);
}
