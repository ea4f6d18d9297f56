/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as JSON: what is refused says why in one line; what is read, printed and
 * read again is the same tree and the same text. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "injector/json/json.h"
#include "injector/json/json_print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const cJSON *tree, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (!out)
		abort();
	json_print(tree, out);
	fclose(out);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct json_limits more = {.depth = 64, .values = 1000000};
	enum json_refusal why = JSON_NO_MEMORY;
	struct error err = {.text = ""};
	/* A block of its very size, so that the sanitizer sees a read beyond it. */
	char *text = malloc(size ? size : 1);

	memcpy(text, data, size);
	cJSON *tree = json_read(text, size, &json_review_limits, &why, &err);
	free(text);
	if (!tree) {
		if (why == JSON_NO_MEMORY || !err.text[0] || strchr(err.text, '\n'))
			abort();
		return 0;
	}

	size_t length, length_again;
	char *printed = print(tree, &length);
	cJSON *again = json_read(printed, length, &more, &why, &err);
	if (!again || !cJSON_Compare(tree, again, true))
		abort();
	char *printed_again = print(again, &length_again);
	if (length != length_again || memcmp(printed, printed_again, length) != 0)
		abort();
	free(printed_again);
	free(printed);
	cJSON_Delete(again);
	cJSON_Delete(tree);
	return 0;
}
