/* SPDX-License-Identifier: Apache-2.0 */
/* Random trees, and random mistakes, by the JSON writer: what is whole is JSON that
 * reads back as the tree, what did not fit is a prefix of it, and a mistake never goes
 * unnoticed.
 *
 * The input is a program: a byte says what to write, the bytes after it which string or
 * number.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cJSON.h>

#include "base/json_writer.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WRITTEN_MAX 65536
#define STRING_MAX  32

struct program {
	const uint8_t *at, *end;
};

static unsigned next(struct program *p)
{
	return p->at < p->end ? *p->at++ : 0;
}

static void next_string(struct program *p, char string[STRING_MAX])
{
	size_t length = next(p) % STRING_MAX, i = 0;

	while (i < length && p->at < p->end && *p->at)
		string[i++] = (char)next(p);
	string[i] = '\0';
}

static double next_number(struct program *p)
{
	double number = 0;
	uint8_t bytes[sizeof(number)] = {0};

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)next(p);
	memcpy(&number, bytes, sizeof(number));
	return number;
}

/* What the writer should have made of a string: U+FFFD for what is no UTF-8. */
static cJSON *string_read_back(const char *value)
{
	char buffer[3 * STRING_MAX + 1];
	struct text t = text_over(buffer, sizeof(buffer));

	while (*value) {
		size_t length = utf8_length(value, UTF8_MAX);

		if (length == 0)
			text_put(&t, "\xEF\xBF\xBD");
		else
			text_put_bytes(&t, value, length);
		value += length > 0 ? length : 1;
	}
	return cJSON_CreateString(buffer);
}

/* A scalar, by the writer and as cJSON's node. */
static cJSON *write_scalar(struct json_writer *w, const char *name, struct program *p,
			   unsigned kind)
{
	char string[STRING_MAX];
	double number;

	switch (kind) {
	case 0:
		next_string(p, string);
		json_string(w, name, string);
		return string_read_back(string);
	case 1:
		number = next_number(p);
		json_number(w, name, number);
		return isfinite(number) ? cJSON_CreateNumber(number)
					: cJSON_CreateNull();
	case 2:
		kind = next(p);
		json_unsigned(w, name, kind);
		return cJSON_CreateNumber(kind);
	case 3:
		json_bool(w, name, true);
		return cJSON_CreateTrue();
	default:
		json_string(w, name, NULL);
		return cJSON_CreateNull();
	}
}

static cJSON *write_tree(struct json_writer *w, const char *name, struct program *p,
			 unsigned depth);

static void write_children(struct json_writer *w, cJSON *tree, struct program *p,
			   unsigned depth)
{
	const bool object = cJSON_IsObject(tree);
	char name[STRING_MAX];

	for (unsigned count = next(p) % 8; count > 0; count--) {
		if (object)
			next_string(p, name);
		cJSON *shown = object ? string_read_back(name) : NULL;
		cJSON *child = write_tree(w, object ? name : NULL, p, depth);

		if (object)
			cJSON_AddItemToObject(tree, shown->valuestring, child);
		else
			cJSON_AddItemToArray(tree, child);
		cJSON_Delete(shown);
	}
}

static cJSON *write_tree(struct json_writer *w, const char *name, struct program *p,
			 unsigned depth)
{
	unsigned kind = next(p) % 8;

	if (kind < 5 || depth == JSON_DEPTH_MAX)
		return write_scalar(w, name, p, kind);
	cJSON *tree = kind == 5 ? cJSON_CreateArray() : cJSON_CreateObject();
	if (kind == 5)
		json_array(w, name);
	else
		json_object(w, name);
	write_children(w, tree, p, depth + 1);
	json_end(w);
	return tree;
}

/* As cJSON_Compare(), with each member's place and each number's last digit. */
static bool same(const cJSON *a, const cJSON *b)
{
	if (!a || !b)
		return a == b;
	if ((a->type & 0xFF) != (b->type & 0xFF) ||
	    (cJSON_IsNumber(a) && a->valuedouble != b->valuedouble) ||
	    (cJSON_IsString(a) && strcmp(a->valuestring, b->valuestring) != 0) ||
	    (a->string && strcmp(a->string, b->string) != 0))
		return false;
	return same(a->child, b->child) && same(a->next, b->next);
}

static void check_tree(const uint8_t *data, size_t size)
{
	static char written[WRITTEN_MAX], cut[WRITTEN_MAX];
	struct program p = {data, data + size};
	const size_t room = next(&p) * 256 + next(&p);
	struct program again = p;
	struct text t = text_over(written, sizeof(written));
	struct json_writer w = json_writer_over(&t);
	cJSON *tree = write_tree(&w, NULL, &p, 0);

	if (w.misused)
		abort();
	if (json_is_whole(&w)) {
		cJSON *parsed = cJSON_ParseWithOpts(written, NULL, true);

		if (!same(parsed, tree))
			abort();
		cJSON_Delete(parsed);
	}
	cJSON_Delete(tree);

	struct text prefix = text_over(cut, room);
	w = json_writer_over(&prefix);
	cJSON_Delete(write_tree(&w, NULL, &again, 0));
	if (prefix.overflowed != (prefix.length < t.length || t.overflowed) ||
	    memcmp(cut, written, prefix.length) != 0)
		abort();
}

/* Any calls in any order: what is whole is no document, one, or one a line. */
static void check_calls(const uint8_t *data, size_t size)
{
	static char written[WRITTEN_MAX];
	struct text t = text_over(written, sizeof(written));
	struct json_writer w = json_writer_over(&t);
	struct program p = {data, data + size};

	while (p.at < p.end) {
		unsigned call = next(&p);
		const char *name = call & 8 ? "name" : NULL;

		switch (call % 8) {
		case 0:
			json_object(&w, name);
			break;
		case 1:
			json_array(&w, name);
			break;
		case 2:
			json_name(&w, "name");
			break;
		case 3:
			json_begin_string(&w, name);
			break;
		case 4:
			json_end_string(&w);
			break;
		case 5:
			json_null(&w, name);
			break;
		default:
			json_end(&w);
		}
	}
	if (!json_is_whole(&w) || t.length == 0)
		return;
	cJSON *parsed = cJSON_ParseWithOpts(written, NULL, true);
	if (!parsed)
		abort();
	cJSON_Delete(parsed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] & 1)
		check_calls(data + 1, size - 1);
	else
		check_tree(data + 1, size - 1);
	return 0;
}
