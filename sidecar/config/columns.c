/* SPDX-License-Identifier: Apache-2.0 */
/* columns.c - maps the columns of a foreign table to signals. */
#include "columns.h"

#include <string.h>

/* The map index of the name before the equals sign; -1 for any other text. */
static int target_of(const char *text)
{
	char name[32];
	size_t length = strcspn(text, "=");

	if (text[length] != '=' || length >= sizeof(name))
		return -1;
	memcpy(name, text, length);
	name[length] = '\0';
	return strcmp(name, "time") == 0 ? COLUMN_MAP_TIME : signal_by_name(name);
}

/* The end of the first assignment's column name. */
static const char *end_of(const char *text)
{
	const char *comma = strchr(text, ',');

	while (comma && target_of(comma + 1) < 0)
		comma = strchr(comma + 1, ',');
	return comma ? comma : text + strlen(text);
}

int column_map_add(struct column_map *map, const char *text)
{
	struct column_map result = *map;

	for (;;) {
		int target = target_of(text);
		if (target < 0)
			return -1;
		const char *name = strchr(text, '=') + 1, *end = end_of(name);
		if (name == end)
			return -1;
		result.names[target] = (struct column_name){name, (size_t)(end - name)};
		if (*end == '\0')
			break;
		text = end + 1;
	}
	*map = result;
	return 0;
}
