/* SPDX-License-Identifier: Apache-2.0 */
/* json_document.c - reads JSON of others with cJSON. */
#include "json_document.h"

#include <stdlib.h>

static bool lacked;

static void *allocate(size_t size)
{
	void *block = malloc(size);

	lacked |= !block;
	return block;
}

cJSON *json_document(const char *text, size_t length, const char **stop,
		     bool *lacks_memory)
{
	cJSON_Hooks hooks = {.malloc_fn = allocate, .free_fn = free};

	cJSON_InitHooks(&hooks);
	lacked = false;
	*stop = text;
	cJSON *document = cJSON_ParseWithLengthOpts(text, length + 1, stop, false);
	*lacks_memory = lacked;
	return document;
}
