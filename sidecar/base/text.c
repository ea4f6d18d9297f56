/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - text built piece by piece into memory of fixed size. */
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "utf8.h"

/* 9999-12-31T23:59:59Z: RFC 3339 has four digits for the year. */
#define RFC3339_MAX 253402300799.0

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

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* Length of the next character if it may be shown unchanged, else 0. */
static size_t visible_length(const char *s)
{
	size_t length = utf8_length(s, UTF8_MAX);

	if (length > 0 && utf8_is_unsafe(utf8_decode(s, length)))
		return 0;
	if (s[0] == '\\' && s[1] == 'x' && is_hex(s[2]) && is_hex(s[3]))
		return 0;
	return length;
}

/* Sets the next piece of text_visible()'s output; returns its length, at most four. */
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

void text_number(struct text *t, double value)
{
	char digits[32];

	/* Most values are whole or short: fifteen digits often read back equal. */
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, value);
		if (strtod(digits, NULL) == value)
			break;
	}
	text_put(t, digits);
}

void text_unsigned(struct text *t, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	text_put_bytes(t, digits + at, sizeof(digits) - at);
}

void text_time(struct text *t, double unix_seconds)
{
	struct tm tm;

	if (!(unix_seconds > 0))
		unix_seconds = 0;
	if (unix_seconds > RFC3339_MAX)
		unix_seconds = RFC3339_MAX;

	/* Rounded to milliseconds first, so that .9996 carries into the second. */
	long long ms = llround(unix_seconds * 1000);
	time_t seconds = (time_t)(ms / 1000);
	gmtime_r(&seconds, &tm);
	text_printf(t, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
		    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		    (int)(ms % 1000));
}
