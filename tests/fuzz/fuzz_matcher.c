/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a matcher: nothing beyond them is read, a failure has a reason, and what
 * was understood takes no more than its budget and says the same twice. The first line
 * is the matcher, the rest a label's value. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "serve/matcher.h"

#define BUDGET 200000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_targets(const struct pattern *p)
{
	if (p->length < 1 || p->length > PATTERN_STEPS_MAX || p->range_count < 0 ||
	    p->range_count > PATTERN_RANGES_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t length = line ? (size_t)(line - data) : size;
	char *text = malloc(length + 1), *value = calloc(1, size - length + 1);
	struct matcher *m = malloc(sizeof(*m));
	struct error err = {""};
	long budget = BUDGET, again = BUDGET;

	if (size > 0)
		memcpy(text, data, length);
	text[length] = '\0';
	if (line)
		memcpy(value, line + 1, size - length - 1);
	if (matcher_parse(m, text, &err) == 0) {
		if (m->regex)
			check_targets(&m->pattern);
		bool taken = matcher_takes(m, value, &budget);
		if (matcher_takes(m, value, &again) != taken || budget != again)
			abort();
		/* One turn over all steps may be under way when it runs out. */
		if (budget < -2L * PATTERN_STEPS_MAX * PATTERN_RANGES_MAX)
			abort();
	} else if (!err.text[0]) {
		abort();
	}
	free(m);
	free(value);
	free(text);
	return 0;
}
