/* SPDX-License-Identifier: Apache-2.0 */
/* json_tree.c - a tree of cJSON, written as our own JSON is. */
#include "json_tree.h"

void json_put_tree(struct json_writer *w, const cJSON *item)
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
		json_put_tree(w, child);
	json_end(w);
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

bool json_tree_is_too_deep(const cJSON *tree)
{
	return is_too_deep(tree, 0);
}
