/* SPDX-License-Identifier: Apache-2.0 */
/* plain.c - words of strangers, made safe to print. */
#include "plain.h"

#include <stdint.h>
#include <string.h>

struct range {
	uint32_t first, last;
};

static bool is_within(const struct range *ranges, size_t count, uint32_t character)
{
	for (size_t i = 0; i < count; i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	return false;
}

/* Controls, invisible marks, what turns the direction of writing, line separators. */
static bool is_unsafe(uint32_t character)
{
	static const struct range unsafe[] = {
	    {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},       {0x61C, 0x61C},
	    {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},
	    {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF},
	};

	return is_within(unsafe, sizeof(unsafe) / sizeof(unsafe[0]), character);
}

/* Roughly what Unicode calls wide; a character that is narrower than we think leaves a
 * line short, never too long. */
static bool is_wide(uint32_t character)
{
	static const struct range wide[] = {
	    {0x1100, 0x115F},   {0x231A, 0x23F3},   {0x25FD, 0x27BF},
	    {0x2B1B, 0x2B55},   {0x2E80, 0xA4CF},   {0xA960, 0xA97F},
	    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE6F},
	    {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x18CFF},
	    {0x1AFF0, 0x1B2FF}, {0x1F000, 0x1FAFF}, {0x20000, 0x3FFFD},
	};

	return is_within(wide, sizeof(wide) / sizeof(wide[0]), character);
}

/* The character of a sequence that text_utf8_length() found whole. */
static uint32_t decode(const char *s, size_t length)
{
	static const unsigned char lead[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	uint32_t character = (unsigned char)s[0] & lead[length];

	for (size_t i = 1; i < length; i++)
		character = character << 6 | ((unsigned char)s[i] & 0x3F);
	return character;
}

void text_plain(struct text *t, const char *value)
{
	while (*value && !t->overflowed) {
		size_t length = text_utf8_length(value);

		if (length == 0 || is_unsafe(decode(value, length)))
			text_put(t, "?");
		else
			text_put_bytes(t, value, length);
		value += length > 0 ? length : 1;
	}
}

const char *plain(char *buffer, size_t size, const char *value)
{
	static const char cut[] = "...";
	struct text t = text_over(buffer, size);

	text_plain(&t, value);
	if (!t.overflowed)
		return buffer;
	t = text_over(buffer, size - strlen(cut));
	text_plain(&t, value);
	memcpy(buffer + t.length, cut, sizeof(cut));
	return buffer;
}

static size_t step(const char *text, size_t *columns)
{
	size_t length = text_utf8_length(text);

	if (length == 0)
		length = 1;
	else if (is_wide(decode(text, length)))
		++*columns;
	++*columns;
	return length;
}

size_t plain_columns(const char *text, size_t length)
{
	size_t columns = 0;

	for (const char *end = text + length; text < end && *text;)
		text += step(text, &columns);
	return columns;
}

size_t plain_fitting(const char *text, size_t columns)
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

void plain_wrap(FILE *out, const char *text, size_t indent, size_t width, size_t column)
{
	size_t gap = 0; /* before a word that is not the first of its line */

	while (*(text += strspn(text, " "))) {
		size_t length = strcspn(text, " ");

		if (column + gap + plain_columns(text, length) > width &&
		    column > indent) {
			fputc('\n', out);
			column = gap = 0;
		}
		if (column < indent)
			gap = indent - column;
		column += gap;
		length = least(length, plain_fitting(text, width - column));
		if (length == 0) /* not even one character: out of its bounds, then */
			length = text_utf8_length(text);
		fprintf(out, "%*s%.*s", (int)gap, "", (int)length, text);
		column += plain_columns(text, length);
		text += length;
		gap = 1;
	}
	fputc('\n', out);
}
