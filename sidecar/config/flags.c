/* SPDX-License-Identifier: Apache-2.0 */
/* flags.c - reads a table of flags from defaults, variables and arguments; prints
 * help. */
#include "flags.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/sanitize.h"

#define SHOWN_MAX   81 /* bytes of a value in an error message */
#define HELP_WIDTH  80
#define EXPECTS_MAX 192 /* bytes of what a flag expects, with the NUL */

/* In this order: a later one overrides. */
static const char *const variable_prefixes[] = {"DORMOUSE_DEFAULT_", "DORMOUSE_"};

/* One run of flags_read(). */
struct reading {
	const struct flag_table *table;
	unsigned command;
	void *target;
	uint64_t given; /* bits of the flags that the command line set */
};

static bool takes(unsigned command, const struct flag *flag)
{
	return (flag->commands >> command) & 1u;
}

static uint64_t bit_of(const struct flag_table *table, const struct flag *flag)
{
	return UINT64_C(1) << (flag - table->flags);
}

static const char *expects(const struct flag *flag, char scratch[EXPECTS_MAX])
{
	struct text t = text_over(scratch, EXPECTS_MAX);

	flags_expects(flag, &t);
	return scratch;
}

const struct flag *flags_find(const struct flag_table *table, unsigned command,
			      const char *name, size_t length)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct flag *flag = &table->flags[i];

		if (takes(command, flag) && strlen(flag->name) == length &&
		    memcmp(flag->name, name, length) == 0)
			return flag;
	}
	return NULL;
}

int flags_refuse(struct error *err, const char *source, const struct flag *flag,
		 const char *value)
{
	static const char *const bools[] = {"true", "false", NULL};
	const char *const *word = flag->type == FLAG_BOOL ? bools : flag->words;
	struct nearest guess = nearest_to(value, strlen(value));
	char shown[SHOWN_MAX], expected[EXPECTS_MAX], hint[ERROR_TEXT_MAX];
	struct text t = text_over(hint, sizeof(hint));

	for (; word && *word; word++)
		nearest_consider(&guess, *word);
	nearest_say(&guess, "", &t);
	return fail(err, "invalid value \"%s\" for %s: expected %s%s",
		    sanitize(shown, sizeof(shown), value), source,
		    expects(flag, expected), hint);
}

const char *flags_nearest(const struct flag_table *table, unsigned command,
			  const char *name, size_t length)
{
	struct nearest guess = nearest_to(name, length);

	for (size_t i = 0; i < table->count; i++)
		if (takes(command, &table->flags[i]))
			nearest_consider(&guess, table->flags[i].name);
	return guess.name;
}

static int refuse_unknown(struct error *err, const struct reading *r,
			  const char *argument)
{
	const char *name = argument + strspn(argument, "-");
	const char *near =
	    flags_nearest(r->table, r->command, name, strcspn(name, "="));
	char shown[SHOWN_MAX];

	sanitize(shown, sizeof(shown), argument);
	if (near)
		return fail(err, "unknown flag: %s; did you mean --%s?", shown, near);
	return fail(err, "%s: %s (see --help)",
		    argument[0] == '-' ? "unknown flag" : "unexpected argument", shown);
}

void flags_variable(const char *prefix, const struct flag *flag,
		    char name[FLAG_VARIABLE_MAX])
{
	size_t at = strlen(prefix);

	memcpy(name, prefix, at);
	for (const char *p = flag->name; *p && at < FLAG_VARIABLE_MAX - 1; p++)
		name[at++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	name[at] = '\0';
}

static void take_variables(const struct reading *r, const char *prefix,
			   flags_complaint *complain, struct flags_found *found)
{
	for (size_t i = 0; i < r->table->count; i++) {
		const struct flag *flag = &r->table->flags[i];
		char name[FLAG_VARIABLE_MAX];
		struct error err;

		if (!takes(r->command, flag))
			continue;
		flags_variable(prefix, flag, name);
		const char *value = getenv(name);
		if (!value || !value[0])
			continue;
		if (flags_set(flag, r->target, value) == 0) {
			found->by_variable |= bit_of(r->table, flag);
			continue;
		}
		found->config_errors++;
		flags_refuse(&err, name, flag, value);
		complain(err.text);
	}
}

/* Sets a flag from its argument. Sets `*took_next` if the value is in `next`. */
static int take_flag(struct reading *r, const char *argument, const char *next,
		     bool *took_next, struct error *err)
{
	char source[FLAG_VARIABLE_MAX], expected[EXPECTS_MAX];
	size_t length = strcspn(argument, "=");
	const struct flag *flag = NULL;

	*took_next = false;
	if (length > 2 && argument[0] == '-' && argument[1] == '-')
		flag = flags_find(r->table, r->command, argument + 2, length - 2);
	if (!flag)
		return refuse_unknown(err, r, argument);
	snprintf(source, sizeof(source), "--%s", flag->name);

	const char *value = flag->type == FLAG_BOOL ? "true" : next;
	if (argument[length] == '=')
		value = argument + length + 1;
	if (!value)
		return fail(err, "missing value for %s: expected %s", source,
			    expects(flag, expected));
	*took_next = value == next;

	/* The first value of a list replaces the variable's; further values add to
	 * it. */
	uint64_t bit = bit_of(r->table, flag);
	int result = (r->given & bit) ? flags_add(flag, r->target, value)
				      : flags_set(flag, r->target, value);
	r->given |= bit;
	return result < 0 ? flags_refuse(err, source, flag, value) : 0;
}

static void take_defaults(const struct reading *r)
{
	for (size_t i = 0; i < r->table->count; i++) {
		const struct flag *flag = &r->table->flags[i];

		if (flag->default_value)
			flags_set(flag, r->target, flag->default_value);
	}
}

/* "-", or an argument without a leading dash; after "--" any argument. */
static bool is_operand(const struct reading *r, const char *argument, bool only)
{
	return r->table->commands[r->command].operands &&
	       (only || argument[0] != '-' || argument[1] == '\0');
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static int take_arguments(struct reading *r, int argc, char **argv,
			  struct flags_found *found, struct error *err)
{
	bool only_operands = false;

	for (int i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;
		bool took_next;

		if (is_operand(r, argv[i], only_operands)) {
			argv[1 + found->operand_count++] = argv[i];
			continue;
		}
		if (r->table->commands[r->command].operands &&
		    strcmp(argv[i], "--") == 0) {
			only_operands = true;
			continue;
		}
		if (take_flag(r, argv[i], next, &took_next, err) < 0)
			return -1;
		i += took_next;
	}
	return 0;
}

int flags_read(const struct flag_table *table, unsigned command, void *target, int argc,
	       char **argv, flags_complaint *complain, struct flags_found *found,
	       struct error *err)
{
	struct reading reading = {.table = table, .command = command, .target = target};

	*found = (struct flags_found){0};
	take_defaults(&reading);
	if (asks_for_help(argc, argv))
		return 1;
	for (size_t i = 0; i < sizeof(variable_prefixes) / sizeof(variable_prefixes[0]);
	     i++)
		take_variables(&reading, variable_prefixes[i], complain, found);
	int result = take_arguments(&reading, argc, argv, found, err);
	found->by_variable &= ~reading.given;
	return result;
}

bool flags_by_variable(const struct flag_table *table, const struct flags_found *found,
		       const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->flags[i].name, name) == 0)
			return found->by_variable & bit_of(table, &table->flags[i]);
	return false;
}

/* "duration of 100ms to 5m (10s): time between samples". */
static void put_row(const struct flag *flag, size_t indent, FILE *out)
{
	char line[512], expected[EXPECTS_MAX];
	struct text t = text_over(line, sizeof(line));
	const char *what = expects(flag, expected);

	what += strncmp(what, "a ", 2) == 0 ? 2 : 0;
	/* A screen has no room for examples, nor for lengths that nobody reaches. */
	const char *rest = strstr(what, ", such as");
	rest = rest ? rest : strstr(what, " of at most ");
	text_put_bytes(&t, what, rest ? (size_t)(rest - what) : strlen(what));
	if (flag->default_value)
		text_printf(&t, " (%s)", flag->default_value);
	text_printf(&t, ": %s", flag->help);
	display_wrapped(out, line, indent, HELP_WIDTH, indent);
}

static void put_head(const struct flag_command *command, const char *program, FILE *out)
{
	char line[512];

	snprintf(line, sizeof(line), "%s %s: %s.", program, command->usage,
		 command->help);
	display_wrapped(out, line, 0, HELP_WIDTH, 0);
	fputs("Each --some-flag is also the variable DORMOUSE_SOME_FLAG; a flag wins.\n"
	      "Durations: 100ms, 10s, 5m, 1h, 30d. Sizes: 500, 64KiB, 2MB. Defaults in "
	      "().\n",
	      out);
}

void flags_help(const struct flag_table *table, unsigned command, FILE *out)
{
	size_t widest = 0;

	for (size_t i = 0; i < table->count; i++) {
		size_t width = strlen(table->flags[i].name);

		if (takes(command, &table->flags[i]) && width > widest)
			widest = width;
	}
	put_head(&table->commands[command], table->program, out);
	for (size_t i = 0; i < table->count; i++) {
		const struct flag *flag = &table->flags[i];

		if (!takes(command, flag))
			continue;
		fprintf(out, "  --%-*s  ", (int)widest, flag->name);
		put_row(flag, widest + 6, out);
	}
}
