/* SPDX-License-Identifier: Apache-2.0 */
/* json_tree.h - a tree of cJSON, written as our own JSON is: the same number has the
 * same digits. */
#ifndef DORMOUSE_BASE_JSON_TREE_H
#define DORMOUSE_BASE_JSON_TREE_H

#include <cJSON.h>
#include <stdbool.h>

#include "json_writer.h"

/* Whether it has more levels than the writer can write. */
bool json_tree_is_too_deep(const cJSON *tree);

/* Writes the tree, with the name that it has in its parent. */
void json_put_tree(struct json_writer *w, const cJSON *item);

#endif
