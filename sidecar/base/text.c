/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - text and JSON built piece by piece into memory of fixed size. */
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* 9999-12-31T23:59:59Z: RFC 3339 has four digits for the year. */
#define TIME_MAX 253402300799.0

struct text text_over(char *data, size_t capacity)
{
	if (capacity > 0)
		data[0] = '\0';
	return (struct text){.data = data, .capacity = capacity};
}

void text_put_bytes(struct text *t, const char *piece, size_t length)
{
	if (t->overflowed || t->capacity - t->length <= length) {
		t->overflowed = true;
		return;
	}
	memcpy(t->data + t->length, piece, length);
	t->length += length;
	t->data[t->length] = '\0';
}

void text_put(struct text *t, const char *piece)
{
	text_put_bytes(t, piece, strlen(piece));
}

void text_printf(struct text *t, const char *format, ...)
{
	if (t->overflowed || t->capacity == t->length) {
		t->overflowed = true;
		return;
	}

	size_t room = t->capacity - t->length;
	va_list args;
	va_start(args, format);
	int length = vsnprintf(t->data + t->length, room, format, args);
	va_end(args);

	if (length < 0 || (size_t)length >= room) {
		t->data[t->length] = '\0';
		t->overflowed = true;
		return;
	}
	t->length += (size_t)length;
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t text_utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xBF;
	size_t length;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xC2 && s[0] <= 0xDF) {
		length = 2;
	} else if (s[0] >= 0xE0 && s[0] <= 0xEF) {
		length = 3;
		low = s[0] == 0xE0 ? 0xA0 : 0x80;
		high = s[0] == 0xED ? 0x9F : 0xBF;
	} else if (s[0] >= 0xF0 && s[0] <= 0xF4) {
		length = 4;
		low = s[0] == 0xF0 ? 0x90 : 0x80;
		high = s[0] == 0xF4 ? 0x8F : 0xBF;
	} else {
		return 0;
	}
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (s[i] < 0x80 || s[i] > 0xBF)
			return 0;
	return length;
}

static void put_json_character(struct text *t, const char *s, size_t length)
{
	switch (*s) {
	case '"':
		text_put(t, "\\\"");
		break;
	case '\\':
		text_put(t, "\\\\");
		break;
	case '\n':
		text_put(t, "\\n");
		break;
	case '\t':
		text_put(t, "\\t");
		break;
	default:
		if ((unsigned char)*s < 0x20 || *s == 0x7F)
			text_printf(t, "\\u%04x", (unsigned)(unsigned char)*s);
		else
			text_put_bytes(t, s, length);
	}
}

void text_json_string(struct text *t, const char *value)
{
	if (!value) {
		text_put(t, "null");
		return;
	}
	text_put(t, "\"");
	while (*value) {
		size_t length = text_utf8_length(value);
		if (length == 0) {
			text_put(t, "\xEF\xBF\xBD");
			value++;
			continue;
		}
		put_json_character(t, value, length);
		value += length;
	}
	text_put(t, "\"");
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* The length of what may be shown as it is; 0 for what may not. The control characters
 * of U+0080 to U+009F are two bytes long. */
static size_t visible_length(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t length = text_utf8_length(s);

	if (u[0] < 0x20 || u[0] == 0x7F || (u[0] == 0xC2 && length == 2 && u[1] < 0xA0))
		return 0;
	if (s[0] == '\\' && s[1] == 'x' && is_hex(s[2]) && is_hex(s[3]))
		return 0;
	return length;
}

/* The next piece of what text_visible() makes of the bytes: at most four. */
static size_t visible_piece(const char **bytes, char piece[4])
{
	static const char hex[] = "0123456789ABCDEF";
	size_t length = visible_length(*bytes);
	unsigned char byte = (unsigned char)**bytes;

	if (length > 0) {
		memcpy(piece, *bytes, length);
		*bytes += length;
		return length;
	}
	piece[0] = '\\';
	piece[1] = 'x';
	piece[2] = hex[byte >> 4];
	piece[3] = hex[byte & 15];
	*bytes += 1;
	return 4;
}

void text_visible(struct text *t, const char *bytes, bool quoted)
{
	char piece[4];

	while (*bytes) {
		size_t length = visible_piece(&bytes, piece);

		if (quoted && (piece[0] == '"' || piece[0] == '\\'))
			text_put_bytes(t, "\\", 1);
		text_put_bytes(t, piece, length);
	}
}

void text_json_number(struct text *t, double value)
{
	char digits[32];

	if (!isfinite(value)) {
		text_put(t, "null");
		return;
	}
	/* Most values are whole or short: fifteen digits often read back equal. */
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, value);
		if (strtod(digits, NULL) == value)
			break;
	}
	text_put(t, digits);
}

void text_time(struct text *t, double unix_seconds)
{
	struct tm tm;

	if (!(unix_seconds > 0))
		unix_seconds = 0;
	if (unix_seconds > TIME_MAX)
		unix_seconds = TIME_MAX;

	/* Rounded to milliseconds first, so that .9996 carries into the second. */
	long long ms = llround(unix_seconds * 1000);
	time_t seconds = (time_t)(ms / 1000);
	gmtime_r(&seconds, &tm);
	text_printf(t, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
		    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		    (int)(ms % 1000));
}

void text_json_time(struct text *t, double unix_seconds)
{
	text_put(t, "\"");
	text_time(t, unix_seconds);
	text_put(t, "\"");
}
