/* SPDX-License-Identifier: Apache-2.0 */
/* matcher.c - parses a condition on a label. */
#include "matcher.h"

#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

static const char blanks[] = "\t\n\f\r ";

static int refuse(struct error *err, const char *text)
{
	return fail(err, "bad matcher format: %.150s", text);
}

/* Appends the character behind a backslash; the backslash itself when it is not a
 * valid escape. Returns the number of bytes read. */
static size_t put_escaped(struct text *t, const char *at)
{
	switch (at[1]) {
	case 'n':
		text_put(t, "\n");
		return 2;
	case '"':
	case '\\':
		text_put_bytes(t, at + 1, 1);
		return 2;
	default:
		text_put(t, "\\");
		return 1;
	}
}

/* Reads a name, in quotes or of characters without another meaning here. Returns the
 * rest, NULL when there is no name. */
static const char *take_name(struct matcher *m, const char *at)
{
	struct text name = text_over(m->name, sizeof(m->name));
	const bool quoted = *at == '"';
	const char *begin = at += quoted;

	while (quoted ? *at && *at != '"'
		      : *at && !strchr("{}!=~,\\\"'`\t\n\f\r ", *at)) {
		if (*at == '\\') {
			at += put_escaped(&name, at);
		} else {
			text_put_bytes(&name, at, 1);
			at++;
		}
	}
	if (at == begin || (quoted && *at != '"'))
		return NULL;
	if (name.overflowed)
		m->name[0] = '\0';
	return at + quoted;
}

/* Returns the rest, NULL when there is no operator. */
static const char *take_operator(struct matcher *m, const char *at)
{
	at += strspn(at, blanks);
	if (*at != '=' && *at != '!')
		return NULL;
	m->negated = *at == '!';
	m->regex = at[1] == '~';
	if (m->negated && !m->regex && at[1] != '=')
		return NULL;
	return at + (m->negated || m->regex ? 2 : 1);
}

/* Takes the rest as the value and removes blanks at both ends. */
static int take_value(struct matcher *m, const char *at, struct error *err)
{
	struct text value = text_over(m->value, sizeof(m->value));
	const char *raw = at += strspn(at, blanks);
	const char *end = at + strlen(at);

	while (end > at && strchr(blanks, end[-1]))
		end--;
	const bool quoted = *at == '"' && at < end;
	bool closed = !quoted;
	for (at += quoted; at < end;) {
		size_t length = utf8_length(at, UTF8_MAX);

		if (length == 0)
			return fail(err, "matcher value not valid UTF-8: %.100s", raw);
		if (*at == '"') {
			if (closed || at + 1 < end)
				break;
			closed = true;
			at++;
		} else if (*at == '\\' && at + 1 < end) {
			at += put_escaped(&value, at);
		} else {
			text_put_bytes(&value, at, length);
			at += length;
		}
	}
	if (at < end || !closed)
		return fail(
		    err, "matcher value contains unescaped double quote: %.100s", raw);
	if (value.overflowed)
		return fail(err, "matcher value too long, at most %d bytes: %.40s...",
			    MATCHER_VALUE_MAX - 1, raw);
	return 0;
}

int matcher_parse(struct matcher *m, const char *text, struct error *err)
{
	const char *at = take_name(m, text + strspn(text, blanks));

	at = at ? take_operator(m, at) : NULL;
	if (!at)
		return refuse(err, text);
	if (take_value(m, at, err) < 0)
		return -1;
	return m->regex ? pattern_compile(&m->pattern, m->value, err) : 0;
}

bool matcher_takes(const struct matcher *m, const char *value, long *budget)
{
	bool equal = m->regex ? pattern_matches(&m->pattern, value, budget)
			      : strcmp(m->value, value) == 0;

	return equal != m->negated;
}
