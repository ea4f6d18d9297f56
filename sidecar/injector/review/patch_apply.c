/* SPDX-License-Identifier: Apache-2.0 */
/* patch_apply.c - applies a JSON Patch: "add" of RFC 6902.
 *
 * cJSON has all of RFC 6902 in a separate library, which not every distribution
 * packages.
 */
#include "patch_apply.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/sanitize.h"
#include "injector/json/json.h"

#define TOKEN_MAX 256
#define SHOWN_MAX 96

static const struct json_limits limits = {.depth = 64, .values = 4096, .exact = true};

/* Returns the next token of a pointer (RFC 6901), unescaped, or NULL if it does not
 * fit. Moves `*path` to the "/" behind it or to the end. */
static const char *next_token(const char **path, char token[TOKEN_MAX])
{
	size_t length = 0;
	const char *p = *path + 1;

	for (; *p && *p != '/'; p++) {
		if (length == TOKEN_MAX - 1)
			return NULL;
		token[length] = *p;
		if (p[0] == '~' && (p[1] == '0' || p[1] == '1'))
			token[length] = *++p == '0' ? '~' : '/';
		length++;
	}
	token[length] = '\0';
	*path = p;
	return token;
}

/* Returns an array's index, at most its size; -1 if the token is not an index. */
static int index_of(const cJSON *array, const char *token)
{
	int size = cJSON_GetArraySize(array);
	char *end;

	if (strcmp(token, "-") == 0)
		return size;
	if (token[0] < '0' || token[0] > '9' || (token[0] == '0' && token[1]))
		return -1;
	long index = strtol(token, &end, 10);
	return *end || index > size ? -1 : (int)index;
}

static cJSON *step(const cJSON *parent, const char *token)
{
	if (cJSON_IsArray(parent)) {
		int index = index_of(parent, token);
		return index < 0 ? NULL : cJSON_GetArrayItem(parent, index);
	}
	return cJSON_GetObjectItemCaseSensitive(parent, token);
}

/* Inserts the value before an element. Some releases of cJSON_InsertItemInArray() do so
 * only at the beginning. The first element's `prev` is the last one. */
static void insert_before(cJSON *array, cJSON *next, cJSON *value)
{
	value->next = next;
	value->prev = next->prev;
	if (next == array->child)
		array->child = value;
	else
		next->prev->next = value;
	next->prev = value;
}

/* Adds the value; the parent then owns it. Returns false if the parent cannot take it:
 * the caller still owns it. */
static bool add_to(cJSON *parent, const char *token, cJSON *value)
{
	if (cJSON_IsObject(parent)) {
		cJSON *old = cJSON_GetObjectItemCaseSensitive(parent, token);
		if (old)
			return cJSON_ReplaceItemInObjectCaseSensitive(parent, token,
								      value);
		return cJSON_AddItemToObject(parent, token, value);
	}
	if (!cJSON_IsArray(parent))
		return false;

	int index = index_of(parent, token);
	if (index < 0)
		return false;
	if (index == cJSON_GetArraySize(parent))
		return cJSON_AddItemToArray(parent, value);
	insert_before(parent, cJSON_GetArrayItem(parent, index), value);
	return true;
}

static int apply(cJSON *object, const cJSON *operation, struct error *err)
{
	const char *op = json_text(operation, "op"),
		   *path = json_text(operation, "path");
	const cJSON *given = cJSON_GetObjectItemCaseSensitive(operation, "value");
	const char *at = path;
	char token[TOKEN_MAX], shown[SHOWN_MAX];
	cJSON *parent = object;

	if (!op || strcmp(op, "add") != 0 || !path || path[0] != '/' || !given)
		return fail(err,
			    "a patch's operation is not \"add\" with path and value");
	sanitize(shown, sizeof(shown), path);
	while (next_token(&at, token) && *at && parent)
		parent = step(parent, token);
	if (*at || !parent)
		return fail(err, "%s: the object has no such path", shown);

	cJSON *value = cJSON_Duplicate(given, true);
	if (!value)
		return fail_memory(err, shown);
	if (add_to(parent, token, value))
		return 0;
	cJSON_Delete(value);
	if (cJSON_IsObject(parent)) /* which takes any value */
		return fail_memory(err, shown);
	return fail(err, "%s: the object has no such path", shown);
}

int patch_apply(cJSON *object, const char *patch, size_t length, struct error *err)
{
	enum json_refusal why;
	cJSON *tree = json_read(patch, length, &limits, &why, err);
	const cJSON *operation;
	int result = 0;

	if (!tree)
		return fail_within(err, "patch");
	cJSON_ArrayForEach(operation, tree)
	{
		result = apply(object, operation, err);
		if (result < 0)
			break;
	}
	cJSON_Delete(tree);
	return result;
}
