/* SPDX-License-Identifier: Apache-2.0 */
/* notes.c - reports notes on an input once, and keeps them. */
#include "notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/sanitize.h"

/* Whether the line is already kept. */
static bool was_said(const struct notes *n, const char *line)
{
	const size_t length = strlen(line);

	for (const char *at = n->kept; *at; at += strcspn(at, "\n") + 1)
		if (strncmp(at, line, length) == 0 && at[length] == '\n')
			return true;
	return false;
}

/* Keeps the line; returns false when it is already kept. */
static bool keep(struct notes *n, const char *line)
{
	struct text kept =
	    text_over(n->kept + n->kept_length, sizeof(n->kept) - n->kept_length);

	if (was_said(n, line))
		return false;
	text_printf(&kept, "%s\n", line);
	n->kept_length += kept.length;
	return true;
}

void notes_say(struct notes *n, const char *format, ...)
{
	char raw[ERROR_TEXT_MAX], said[ERROR_TEXT_MAX], line[ERROR_TEXT_MAX * 2];
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	sanitize(said, sizeof(said), raw);
	if (!keep(n, said))
		return;
	snprintf(line, sizeof(line), "%s: %s", n->name, said);
	n->complain(n->context, line);
}

void notes_take(struct notes *n, const struct notes *from)
{
	char line[ERROR_TEXT_MAX * 2];

	for (const char *at = from->kept; *at; at += strcspn(at, "\n") + 1) {
		snprintf(line, sizeof(line), "%s: %.*s", from->name,
			 (int)strcspn(at, "\n"), at);
		keep(n, line);
	}
}
