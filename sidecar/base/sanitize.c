/* SPDX-License-Identifier: Apache-2.0 */
/* sanitize.c - makes untrusted text safe to print. */
#include "sanitize.h"

#include <stdint.h>
#include <string.h>

#include "utf8.h"

/* Roughly the characters that Unicode calls wide. The ranges include too many rather
 * than too few: a line may be shorter than allowed, never longer. */
static bool is_wide(uint32_t character)
{
	static const struct {
		uint32_t first, last;
	} wide[] = {
	    {0x1100, 0x115F},   {0x231A, 0x23F3},   {0x25FD, 0x27BF},
	    {0x2B1B, 0x2B55},   {0x2E80, 0xA4CF},   {0xA960, 0xA97F},
	    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE6F},
	    {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x18CFF},
	    {0x1AFF0, 0x1B2FF}, {0x1F000, 0x1FAFF}, {0x20000, 0x3FFFD},
	};

	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (character >= wide[i].first && character <= wide[i].last)
			return true;
	return false;
}

void text_sanitized(struct text *t, const char *value)
{
	while (*value && !t->overflowed) {
		size_t length = utf8_length(value, UTF8_MAX);

		if (length == 0 || utf8_is_unsafe(utf8_decode(value, length)))
			text_put(t, "?");
		else
			text_put_bytes(t, value, length);
		value += length > 0 ? length : 1;
	}
}

char *sanitize(char *buffer, size_t size, const char *value)
{
	static const char cut[] = "...";
	struct text t = text_over(buffer, size);

	value = value ? value : "";
	text_sanitized(&t, value);
	if (!t.overflowed || size < sizeof(cut))
		return buffer;
	t = text_over(buffer, size - strlen(cut));
	text_sanitized(&t, value);
	memcpy(buffer + t.length, cut, sizeof(cut));
	return buffer;
}

static size_t step(const char *text, size_t *columns)
{
	size_t length = utf8_length(text, UTF8_MAX);

	if (length == 0)
		length = 1;
	else if (is_wide(utf8_decode(text, length)))
		++*columns;
	++*columns;
	return length;
}

size_t display_columns(const char *text, size_t length)
{
	size_t columns = 0;

	for (const char *end = text + length; text < end && *text;)
		text += step(text, &columns);
	return columns;
}

size_t display_fitting(const char *text, size_t columns)
{
	size_t taken = 0, width = 0;

	while (text[taken]) {
		size_t length = step(text + taken, &width);

		if (width > columns)
			break;
		taken += length;
	}
	return taken;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

void display_wrapped(FILE *out, const char *text, size_t indent, size_t width,
		     size_t column)
{
	size_t gap = 0; /* blanks before the next word */

	while (*(text += strspn(text, " "))) {
		size_t length = strcspn(text, " ");

		if (column + gap + display_columns(text, length) > width &&
		    column > indent) {
			fputc('\n', out);
			column = gap = 0;
		}
		if (column < indent)
			gap = indent - column;
		column += gap;
		length = least(length, display_fitting(text, width - column));
		if (length == 0) /* no character fits: exceed the width */
			length = utf8_length(text, UTF8_MAX);
		fprintf(out, "%*s%.*s", (int)gap, "", (int)length, text);
		column += display_columns(text, length);
		text += length;
		gap = 1;
	}
	fputc('\n', out);
}
