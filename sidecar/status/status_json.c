/* SPDX-License-Identifier: Apache-2.0 */
/* status_json.c - prints the monitor's answer as JSON. */
#include "status_json.h"

#include <stdlib.h>

#include "base/json_tree.h"

/* The usual size of an answer; the buffer is doubled until the answer fits. */
#define FIRST_SIZE 65536

/* Returns false when `size` is too small. */
static bool print_within(const cJSON *tree, char *buffer, size_t size, FILE *out)
{
	struct text t = text_over(buffer, size);
	struct json_writer w = json_writer_over(&t);

	json_put_tree(&w, tree);
	json_end_line(&w);
	if (t.overflowed)
		return false;
	fputs(buffer, out);
	return true;
}

int status_json(const cJSON *tree, FILE *out, struct error *err)
{
	bool printed = false;

	if (json_tree_is_too_deep(tree))
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
