/* SPDX-License-Identifier: Apache-2.0 */
/* status_json.c - prints the monitor's answer as JSON. */
#include "status_json.h"

#include <stdlib.h>

#include "base/json_writer.h"

/* The usual size of an answer; the buffer is doubled until the answer fits. */
#define FIRST_SIZE 65536

static void write_tree(struct json_writer *w, const cJSON *item)
{
	switch (item->type & 0xFF) {
	case cJSON_Object:
		json_object(w, item->string);
		break;
	case cJSON_Array:
		json_array(w, item->string);
		break;
	case cJSON_String:
		json_string(w, item->string, item->valuestring);
		return;
	case cJSON_Number:
		json_number(w, item->string, item->valuedouble);
		return;
	case cJSON_True:
	case cJSON_False:
		json_bool(w, item->string, cJSON_IsTrue(item));
		return;
	default:
		json_null(w, item->string);
		return;
	}
	for (const cJSON *child = item->child; child; child = child->next)
		write_tree(w, child);
	json_end(w);
}

/* Returns false when `size` is too small. */
static bool print_within(const cJSON *tree, char *buffer, size_t size, FILE *out)
{
	struct text t = text_over(buffer, size);
	struct json_writer w = json_writer_over(&t);

	write_tree(&w, tree);
	json_end_line(&w);
	if (t.overflowed)
		return false;
	fputs(buffer, out);
	return true;
}

static bool is_too_deep(const cJSON *item, unsigned depth)
{
	if ((cJSON_IsObject(item) || cJSON_IsArray(item)) && depth == JSON_DEPTH_MAX)
		return true;
	for (const cJSON *child = item->child; child; child = child->next)
		if (is_too_deep(child, depth + 1))
			return true;
	return false;
}

int status_json(const cJSON *tree, FILE *out, struct error *err)
{
	bool printed = false;

	if (is_too_deep(tree, 0))
		return fail(err, "the answer has more than %d levels", JSON_DEPTH_MAX);
	for (size_t size = FIRST_SIZE; !printed; size *= 2) {
		char *buffer = malloc(size);

		if (!buffer)
			return fail_memory(err, "the answer");
		printed = print_within(tree, buffer, size, out);
		free(buffer);
	}
	return 0;
}
