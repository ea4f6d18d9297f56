/* SPDX-License-Identifier: Apache-2.0 */
/* json_print.c - a tree as text.
 *
 * cJSON's own printer takes fifteen digits of a number for enough where they are nearly
 * right; these read back equal.
 */
#include "../json_print.h"

#include <math.h>
#include <string.h>

#include "dormouse/text.h"

#define WHOLE_MAX 0x1p53

static void print_string(const char *text, FILE *out)
{
	static const char escaped[] = "\"\\\n\r\t\b\f", letters[] = "\"\\nrtbf";

	putc('"', out);
	while (*text) {
		const char *p = text;
		while ((unsigned char)*p >= 0x20 && *p != '"' && *p != '\\')
			p++;
		fwrite(text, 1, (size_t)(p - text), out);
		if (!*p)
			break;
		const char *known = strchr(escaped, *p);
		if (known)
			fprintf(out, "\\%c", letters[known - escaped]);
		else
			fprintf(out, "\\u%04x", (unsigned)(unsigned char)*p);
		text = p + 1;
	}
	putc('"', out);
}

static void print_number(double value, FILE *out)
{
	char digits[40];
	struct text t = text_over(digits, sizeof(digits));

	if (fabs(value) <= WHOLE_MAX && value == floor(value))
		text_printf(&t, "%.0f", value);
	else
		text_json_number(&t, value);
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
