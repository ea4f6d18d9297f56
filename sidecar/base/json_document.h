/* SPDX-License-Identifier: Apache-2.0 */
/* json_document.h - reads JSON of others with cJSON, and tells a lack of memory from
 * text that is not JSON, which cJSON does not. */
#ifndef DORMOUSE_BASE_JSON_DOCUMENT_H
#define DORMOUSE_BASE_JSON_DOCUMENT_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Parses one document at the beginning of `text`, which ends with a NUL after `length`
 * bytes. Returns it, to be freed by cJSON_Delete(), and sets *stop behind it; or
 * returns NULL, with *lacks_memory true or with *stop where the text is invalid.
 *
 * Not for a program that gives cJSON memory of its own (the injector's json room): it
 * sets cJSON's hooks. One thread only. */
cJSON *json_document(const char *text, size_t length, const char **stop,
		     bool *lacks_memory);

#endif
