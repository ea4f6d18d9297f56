/* SPDX-License-Identifier: Apache-2.0 */
/* json_keep.c - rewrites the text for cJSON: what cJSON cannot keep becomes strings
 * that no valid JSON contains. */
#include "json_keep.h"

#include <stdbool.h>
#include <string.h>

#include "json_number.h"

/* Marks a string that holds a number's text. UTF-8 never contains this byte. */
#define NUMBER_MARK 0xC1

/* The bytes that a kept number grows by: two quotes and the mark. */
#define NUMBER_MORE 3

/* A text that is being copied. json_scan() accepted it, so it is valid JSON. */
struct spelling {
	const unsigned char *at, *end;
	unsigned char *out;
};

int json_keep_unit(const unsigned char *digits, const unsigned char *end)
{
	int value = 0;

	if (end - digits < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit;
		if (digits[i] >= '0' && digits[i] <= '9')
			digit = digits[i] - '0';
		else if ((digits[i] | 0x20) >= 'a' && (digits[i] | 0x20) <= 'f')
			digit = (digits[i] | 0x20) - 'a' + 10;
		else
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static void copy(struct spelling *s, size_t length)
{
	memcpy(s->out, s->at, length);
	s->out += length;
	s->at += length;
}

static bool begins_number(unsigned char c)
{
	return c == '-' || (c >= '0' && c <= '9');
}

/* Does not check the number: json_scan() did. */
static const unsigned char *end_of_number(const struct spelling *s)
{
	const unsigned char *p = s->at;

	while (p < s->end &&
	       (begins_number(*p) || *p == '+' || *p == '.' || *p == 'e' || *p == 'E'))
		p++;
	return p;
}

static void spell_number(struct spelling *s)
{
	const unsigned char *end = end_of_number(s);
	const bool exact = json_number_is_exact((const char *)s->at, (const char *)end);

	if (!exact) {
		*s->out++ = '"';
		*s->out++ = NUMBER_MARK;
	}
	copy(s, (size_t)(end - s->at));
	if (!exact)
		*s->out++ = '"';
}

static bool is_high(int unit)
{
	return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(int unit)
{
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* At a backslash. */
static void spell_escape(struct spelling *s)
{
	const unsigned char *p = s->at;
	int unit = p[1] == 'u' ? json_keep_unit(p + 2, s->end) : -1;

	if (p[1] != 'u') {
		copy(s, 2);
	} else if (is_high(unit) && s->end - p >= 12 && p[6] == '\\' && p[7] == 'u' &&
		   is_low(json_keep_unit(p + 8, s->end))) {
		copy(s, 12);
	} else if (unit == 0) {
		*s->out++ = 0xC0;
		*s->out++ = 0x80;
		s->at += 6;
	} else if (is_high(unit) || is_low(unit)) {
		*s->out++ = 0xED;
		*s->out++ = (unsigned char)(0x80 | (unit >> 6 & 0x3F));
		*s->out++ = (unsigned char)(0x80 | (unit & 0x3F));
		s->at += 6;
	} else {
		copy(s, 6);
	}
}

static void spell_string(struct spelling *s)
{
	copy(s, 1);
	while (s->at < s->end && *s->at != '"') {
		if (*s->at == '\\')
			spell_escape(s);
		else
			copy(s, 1);
	}
	copy(s, 1);
}

static void spell(struct spelling *s)
{
	while (s->at < s->end) {
		if (*s->at == '"')
			spell_string(s);
		else if (begins_number(*s->at))
			spell_number(s);
		else
			copy(s, 1);
	}
}

static void restore_numbers(cJSON *item)
{
	for (cJSON *m = item->child; m; m = m->next)
		restore_numbers(m);
	if (!cJSON_IsString(item) || (unsigned char)item->valuestring[0] != NUMBER_MARK)
		return;
	memmove(item->valuestring, item->valuestring + 1, strlen(item->valuestring));
	item->type = (item->type & ~0xFF) | cJSON_Raw;
}

cJSON *json_keep_parse(const char *text, size_t length, unsigned numbers)
{
	/* Numbers grow, strings only shrink. */
	size_t size = length + (size_t)NUMBER_MORE * numbers;
	unsigned char *copied = cJSON_malloc(size + 1);
	struct spelling s = {.at = (const unsigned char *)text,
			     .end = (const unsigned char *)text + length,
			     .out = copied};
	cJSON *tree;

	if (!copied)
		return NULL;
	spell(&s);
	tree = cJSON_ParseWithLength((const char *)copied, (size_t)(s.out - copied));
	cJSON_free(copied);
	if (tree)
		restore_numbers(tree);
	return tree;
}
