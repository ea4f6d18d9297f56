/* SPDX-License-Identifier: Apache-2.0 */
/* json_print.c - writes a tree as text.
 *
 * cJSON's own printer writes only fifteen digits of a number where they are nearly
 * right; the numbers written here read back equal. base/json_writer.h does not fit
 * either: this output has line breaks and indentation, and strings are written as they
 * were read, including what json_keep.h keeps in them.
 */
#include "json_print.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define WHOLE_MAX 0x1p53

/* Returns how many bytes stand for a U+0000 or half a surrogate pair (see json_keep.h);
 * 0 if `text` begins with neither. */
static size_t kept_unit(const char *text, unsigned *unit)
{
	const unsigned char *p = (const unsigned char *)text;

	if (p[0] == 0xC0) {
		*unit = 0;
		return 2;
	}
	if (p[0] != 0xED || p[1] < 0xA0)
		return 0;
	*unit = 0xD000 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
	return 3;
}

/* Writes the escape of a character that a string cannot contain. Returns the rest. */
static const char *print_escape(const char *p, FILE *out)
{
	static const char escaped[] = "\"\\\n\r\t\b\f", letters[] = "\"\\nrtbf";
	const char *known = strchr(escaped, *p);
	unsigned unit = (unsigned char)*p;
	size_t kept = kept_unit(p, &unit);

	if (known)
		fprintf(out, "\\%c", letters[known - escaped]);
	else
		fprintf(out, "\\u%04x", unit);
	return p + (kept > 0 ? kept : 1);
}

static bool is_plain(const char *p)
{
	unsigned unit;

	return (unsigned char)*p >= 0x20 && *p != '"' && *p != '\\' &&
	       kept_unit(p, &unit) == 0;
}

static void print_string(const char *text, FILE *out)
{
	putc('"', out);
	while (*text) {
		const char *p = text;
		while (is_plain(p))
			p++;
		fwrite(text, 1, (size_t)(p - text), out);
		text = *p ? print_escape(p, out) : p;
	}
	putc('"', out);
}

static void print_number(double value, FILE *out)
{
	char digits[40];
	struct text t = text_over(digits, sizeof(digits));

	if (fabs(value) <= WHOLE_MAX && value == floor(value))
		text_printf(&t, "%.0f", value);
	else if (isfinite(value))
		text_number(&t, value);
	else
		text_put(&t, "null");
	fputs(digits, out);
}

static void new_line(unsigned level, FILE *out)
{
	fprintf(out, "\n%*s", (int)(level * 4), "");
}

static void print_value(const cJSON *item, unsigned level, FILE *out);

static void print_members(const cJSON *item, unsigned level, FILE *out)
{
	bool object = cJSON_IsObject(item);

	putc(object ? '{' : '[', out);
	for (const cJSON *m = item->child; m; m = m->next) {
		new_line(level + 1, out);
		if (object) {
			print_string(m->string, out);
			fputs(": ", out);
		}
		print_value(m, level + 1, out);
		if (m->next)
			putc(',', out);
	}
	if (item->child)
		new_line(level, out);
	putc(object ? '}' : ']', out);
}

static void print_value(const cJSON *item, unsigned level, FILE *out)
{
	switch (item->type & 0xFF) {
	case cJSON_Object:
	case cJSON_Array:
		print_members(item, level, out);
		break;
	case cJSON_String:
		print_string(item->valuestring, out);
		break;
	case cJSON_Number:
		print_number(item->valuedouble, out);
		break;
	case cJSON_Raw:
		fputs(item->valuestring, out);
		break;
	case cJSON_True:
		fputs("true", out);
		break;
	case cJSON_False:
		fputs("false", out);
		break;
	default:
		fputs("null", out);
	}
}

void json_print(const cJSON *tree, FILE *out)
{
	print_value(tree, 0, out);
	putc('\n', out);
}
