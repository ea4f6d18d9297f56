/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a workload or a List: what is injected is printed and read again as the
 * same, and is left alone then; what fails or is passed over says why in one line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/injector/review_fixture.h"
#include "injector/json/json_print.h"
#include "injector/json/memory_stream.h"
#include "injector/review/workload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned injected;

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void require_line(const char *line)
{
	require(line[0] && !strchr(line, '\n'));
}

static void note(const char *kind, const char *name, const struct review_result *result,
		 const struct warnings *warnings)
{
	require_line(kind);
	require(strlen(name) < sizeof(result->name));
	injected += result->outcome == REVIEW_INJECTED;
	for (unsigned i = 0; i < warnings->count; i++)
		require_line(warnings->line[i]);
}

static cJSON *printed_and_read(const cJSON *tree)
{
	static const struct json_limits more = {.depth = 70, .values = 1000000};
	struct memory_stream printed = {0};
	enum json_refusal why;
	struct error err;
	FILE *out = memory_stream_open(&printed, &err);

	require(out != NULL);
	json_print(tree, out);
	require(memory_stream_close(out, &err) == 0);
	cJSON *again = json_read(printed.text, printed.length, &more, &why, &err);
	free(printed.text);
	require(again && cJSON_Compare(tree, again, true));
	return again;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct injection injection = {.own_namespace = "", .native = true};
	const struct workload_audience audience = {
	    .report = note, .passed_over = require_line, .listed = size % 2};
	enum json_refusal why;
	struct error err = {.text = ""};
	char *text = malloc(size ? size : 1);

	if (!injection.template)
		injection.template = template_read("", 0, &err);
	memcpy(text, data, size);
	cJSON *tree = json_read(text, size, &json_review_limits, &why, &err);
	free(text);
	if (!tree)
		return 0;
	err.text[0] = '\0';
	int result = workload_inject(&injection, tree, &audience, &err);
	if (result != 0)
		require_line(err.text);
	if (result >= 0) {
		cJSON *again = printed_and_read(tree);
		injected = 0;
		require(workload_inject(&injection, again, &audience, &err) == result);
		require(injected == 0);
		cJSON_Delete(again);
	}
	cJSON_Delete(tree);
	return 0;
}
