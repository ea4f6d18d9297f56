/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a list of allowed destinations, and as a resolv.conf: a list is taken, or
 * its first invalid entry is named; what is taken is within its bounds, and each rule
 * permits its own address. */
#include <stdlib.h>
#include <string.h>

#include "config/allow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct allow_rules *rules, unsigned most)
{
	if (rules->count > most)
		abort();
	for (unsigned i = 0; i < rules->count; i++)
		if (rules->rules[i].bits > 128 ||
		    (rules->is_set && !allow_permits(rules, &rules->rules[i].address,
						     rules->rules[i].port)))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct allow_rules rules = {.count = 0};
	char *text = malloc(size + 1);
	char entry[100];

	if (!text)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	const char *refused = allow_refused(text, entry, sizeof(entry));
	if (refused != text && refused != entry)
		abort();
	if (allow_parse(text, &rules) < 0 && (rules.count > 0 || rules.is_set))
		abort();
	check(&rules, ALLOW_RULES_MAX);
	allow_resolvers(&rules, text);
	check(&rules, ALLOW_RULES_MAX + ALLOW_RESOLVERS_MAX);
	free(text);
	return 0;
}
