/* SPDX-License-Identifier: Apache-2.0 */
/* flag_types.c - the types of flags: what each expects, and how its values are read. */
#include <stdlib.h>
#include <string.h>

#include "allow.h"
#include "base/units.h"
#include "columns.h"
#include "detect_options.h"
#include "flags.h"
#include "listen_address.h"
#include "parse.h"

/* Reads a value into the member; -1 if it is invalid. `add`: a list keeps its
 * entries. */
typedef int value_reader(const struct flag *flag, const char *value, bool add,
			 void *member);

static int read_bool(const struct flag *flag, const char *value, bool add, void *member)
{
	(void)flag;
	(void)add;
	return parse_bool(value, member);
}

static int read_word(const struct flag *flag, const char *value, bool add, void *member)
{
	int word = parse_word(value, flag->words);

	(void)add;
	if (word < 0)
		return -1;
	*(unsigned *)member = (unsigned)word;
	return 0;
}

static int read_count(const struct flag *flag, const char *value, bool add,
		      void *member)
{
	(void)add;
	return parse_count(value, strtoul(flag->minimum, NULL, 10),
			   strtoul(flag->maximum, NULL, 10), member);
}

/* Reads a quantity and checks the bounds, which are texts of the same form. */
static int read_within(const struct flag *flag, const char *value,
		       int (*parse)(const char *text, double *number), double *member)
{
	double number, bound;

	if (parse(value, &number) < 0)
		return -1;
	if (flag->minimum && parse(flag->minimum, &bound) == 0 && number < bound)
		return -1;
	if (flag->maximum && parse(flag->maximum, &bound) == 0 && number > bound)
		return -1;
	*member = number;
	return 0;
}

static int read_duration(const struct flag *flag, const char *value, bool add,
			 void *member)
{
	(void)add;
	return read_within(flag, value, parse_duration, member);
}

static int read_size(const struct flag *flag, const char *value, bool add, void *member)
{
	(void)add;
	return read_within(flag, value, parse_size, member);
}

static int read_budget(const struct flag *flag, const char *value, bool add,
		       void *member)
{
	double bytes = 0;

	(void)flag;
	(void)add;
	if (strcmp(value, "none") != 0 && (parse_size(value, &bytes) < 0 || bytes <= 0))
		return -1;
	*(double *)member = bytes;
	return 0;
}

static int read_text(const struct flag *flag, const char *value, bool add, void *member)
{
	(void)add;
	return parse_string(value, member, flag->size);
}

/* Only https, because a token is sent there. */
static int read_url(const struct flag *flag, const char *value, bool add, void *member)
{
	(void)add;
	if (strncmp(value, "https://", 8) != 0 || !value[8])
		return -1;
	return parse_string(value, member, flag->size);
}

static int read_http_url(const struct flag *flag, const char *value, bool add,
			 void *member)
{
	(void)add;
	if (strncmp(value, "http://", 7) != 0 || !value[7])
		return read_url(flag, value, add, member);
	return parse_string(value, member, flag->size);
}

static int read_listen(const struct flag *flag, const char *value, bool add,
		       void *member)
{
	(void)flag;
	(void)add;
	return parse_listen(value, member);
}

/* Accepts several windows separated by commas, because a variable or an annotation
 * cannot be repeated. */
static int read_windows(const struct flag *flag, const char *value, bool add,
			void *member)
{
	struct detect_options *o = member;
	struct expect_window windows[EXPECT_WINDOWS_MAX];
	unsigned count = add ? o->expect_count : 0;

	(void)flag;
	memcpy(windows, o->expect, sizeof(windows));
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
	memcpy(o->expect, windows, sizeof(windows));
	o->expect_count = count;
	return 0;
}

static int read_columns(const struct flag *flag, const char *value, bool add,
			void *member)
{
	struct column_map map = {.names = {{NULL, 0}}};

	(void)flag;
	if (add)
		return column_map_add(member, value);
	if (column_map_add(&map, value) < 0)
		return -1;
	*(struct column_map *)member = map;
	return 0;
}

static int read_prefixes(const struct flag *flag, const char *value, bool add,
			 void *member)
{
	struct allow_rules rules = {.count = 0};

	(void)flag;
	if (add)
		return allow_parse(value, member);
	if (allow_parse(value, &rules) < 0)
		return -1;
	*(struct allow_rules *)member = rules;
	return 0;
}

/* The noun says what is expected; flags_expects() adds the details of the row. */
static const struct {
	const char *name, *noun;
	value_reader *read;
} types[FLAG_TYPES] = {
    [FLAG_BOOL] = {"bool", "true or false", read_bool},
    [FLAG_WORD] = {"word", "", read_word},
    [FLAG_COUNT] = {"count", "a whole number", read_count},
    [FLAG_DURATION] = {"duration", "a duration", read_duration},
    [FLAG_SIZE] = {"size", "a size", read_size},
    [FLAG_BUDGET] = {"budget", "none or bytes a second, such as 64KiB or 2MB",
		     read_budget},
    [FLAG_NAME] = {"name", "a name", read_text},
    [FLAG_PATH] = {"path", "a file's path", read_text},
    [FLAG_GLOBS] = {"text", "globs such as eth*,!eth9", read_text},
    [FLAG_URL] = {"url", "https://HOST:PORT", read_url},
    [FLAG_HTTP_URL] = {"url", "http://HOST:PORT or https://HOST:PORT", read_http_url},
    [FLAG_LISTEN] = {"address", "ADDRESS:PORT", read_listen},
    [FLAG_WINDOWS] = {"windows", "", read_windows},
    [FLAG_COLUMNS] = {"columns",
		      "SIGNAL=COLUMN or time=COLUMN, such as "
		      "tx_bytes=eth0_out, repeatable",
		      read_columns},
    [FLAG_PREFIXES] = {"prefixes",
		       "none or at most 64 of 10.0.0.0/8, 192.0.2.7:443, "
		       "[fd00::/8]:443",
		       read_prefixes},
};

int flags_set(const struct flag *flag, void *target, const char *value)
{
	return types[flag->type].read(flag, value, false,
				      (char *)target + flag->offset);
}

int flags_add(const struct flag *flag, void *target, const char *value)
{
	return types[flag->type].read(flag, value, true, (char *)target + flag->offset);
}

const char *flags_type_name(enum flag_type type)
{
	return types[type].name;
}

/* "auto, dormant or busy" */
static void put_words(const char *const *words, struct text *t)
{
	for (size_t i = 0; words[i]; i++) {
		if (i > 0)
			text_put(t, words[i + 1] ? ", " : " or ");
		text_put(t, words[i]);
	}
}

void flags_expects(const struct flag *flag, struct text *t)
{
	const char *noun = types[flag->type].noun;

	switch (flag->type) {
	case FLAG_WORD:
		put_words(flag->words, t);
		break;
	case FLAG_COUNT:
		text_printf(t, "%s from %s to %s", noun, flag->minimum, flag->maximum);
		break;
	case FLAG_DURATION:
	case FLAG_SIZE:
		text_printf(t, "%s of %s to %s", noun, flag->minimum, flag->maximum);
		break;
	case FLAG_NAME:
	case FLAG_PATH:
	case FLAG_GLOBS:
		text_printf(t, "%s of at most %zu characters", noun, flag->size - 1);
		break;
	case FLAG_LISTEN:
		text_printf(t, "%s, such as %s", noun, flag->default_value);
		break;
	case FLAG_WINDOWS:
		text_printf(t,
			    "at most %d windows such as 02:00-02:30, in UTC, "
			    "separated by commas",
			    EXPECT_WINDOWS_MAX);
		break;
	default:
		text_put(t, noun);
	}
}
