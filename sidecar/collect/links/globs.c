/* SPDX-License-Identifier: Apache-2.0 */
/* globs.c - matches the --interfaces list. It is parsed again for each link that
 * changes: it is short and links change rarely, so nothing is compiled or stored. */
#include "globs.h"

#include <fnmatch.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>

/* Copies the glob that begins at `list` into `glob`, blanks trimmed, and returns the
 * beginning of the next one, NULL after the last. A glob longer than any interface's
 * name and a few wildcards is replaced by a slash, which matches no name. */
static const char *next_glob(const char *list, char *glob, size_t size)
{
	size_t length = strcspn(list, ",");
	const char *next = list[length] == ',' ? list + length + 1 : NULL;

	while (length > 0 && (*list == ' ' || *list == '\t')) {
		list++;
		length--;
	}
	while (length > 0 && (list[length - 1] == ' ' || list[length - 1] == '\t'))
		length--;
	if (length >= size) {
		list = *list == '!' ? "!/" : "/";
		length = strlen(list);
	}
	memcpy(glob, list, length);
	glob[length] = '\0';
	return next;
}

bool globs_watch(const char *list, const char *name, bool loopback)
{
	bool any_include = false, included = false, named = false;

	while (list) {
		char glob[4 * IF_NAMESIZE];

		list = next_glob(list, glob, sizeof(glob));
		if (glob[0] == '\0')
			continue;
		if (glob[0] == '!') {
			if (fnmatch(glob + 1, name, 0) == 0)
				return false;
			continue;
		}
		any_include = true;
		included |= fnmatch(glob, name, 0) == 0;
		named |= strcmp(glob, name) == 0;
	}
	if (loopback)
		return named;
	return included || !any_include;
}

bool globs_name_any(const char *list)
{
	while (list) {
		char glob[4 * IF_NAMESIZE];

		list = next_glob(list, glob, sizeof(glob));
		if (glob[0] != '\0' && glob[0] != '!')
			return true;
	}
	return false;
}
