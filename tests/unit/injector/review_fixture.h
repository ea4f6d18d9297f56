/* SPDX-License-Identifier: Apache-2.0 */
/* review_fixture.h - pods and reviews for the injector's tests. JSON is written with
 * single quotes for double ones. */
#ifndef TESTS_INJECTOR_REVIEW_FIXTURE_H
#define TESTS_INJECTOR_REVIEW_FIXTURE_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "injector/json/json.h"
#include "injector/review/review.h"

static const struct json_limits world_limits = {.depth = 100, .values = 500000};

/* The text with double quotes; the caller frees it. */
static inline char *quoted(const char *text)
{
	char *copy = strdup(text);

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	return copy;
}

/* A tree, which the caller deletes; the test ends when the text is no JSON. */
static inline cJSON *tree_of_json(const char *text)
{
	enum json_refusal refusal;
	struct error wrong;
	cJSON *tree = json_read(text, strlen(text), &world_limits, &refusal, &wrong);

	if (!tree) {
		fprintf(stderr, "%s\n%s\n", wrong.text, text);
		abort();
	}
	return tree;
}

static inline cJSON *tree_of(const char *text)
{
	char *copy = quoted(text);
	cJSON *tree = tree_of_json(copy);

	free(copy);
	return tree;
}

/* By a path such as "spec.containers.0.name"; NULL: there is none. */
static inline cJSON *at(const cJSON *tree, const char *path)
{
	char step[64];
	const cJSON *item = tree;

	while (item && *path) {
		size_t length = strcspn(path, ".");
		snprintf(step, sizeof(step), "%.*s", (int)length, path);
		path += length + (path[length] == '.');
		item = cJSON_IsArray(item)
			   ? cJSON_GetArrayItem(item, (int)strtol(step, NULL, 10))
			   : cJSON_GetObjectItemCaseSensitive(item, step);
	}
	return (cJSON *)item;
}

static inline const char *text_at(const cJSON *tree, const char *path)
{
	const char *text = cJSON_GetStringValue(at(tree, path));

	return text ? text : "(nothing)";
}

/* RFC 4648's digits back into bytes, which the caller frees; NULL: they are none. */
static inline char *decoded(const char *text)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *bytes = calloc(1, strlen(text) + 1);
	size_t length = 0;
	unsigned bits = 0, have = 0;

	for (const char *p = text; *p && *p != '='; p++) {
		const char *digit = strchr(digits, *p);
		if (!digit || strlen(text) % 4 != 0) {
			free(bytes);
			return NULL;
		}
		bits = bits << 6 | (unsigned)(digit - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			bytes[length++] = (char)(bits >> have & 0xFF);
		}
	}
	return bytes;
}

#endif
