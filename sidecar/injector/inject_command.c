/* SPDX-License-Identifier: Apache-2.0 */
/* inject_command.c - `dormouse-injector inject`: adds sidecars to JSON of stdin. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "confine/confine.h"
#include "injector/config/injector_options.h"
#include "injector/json/json.h"
#include "injector/json/json_print.h"
#include "injector/json/json_scan.h"
#include "injector/json/memory_stream.h"
#include "injector/review/workload.h"
#include "injector_commands.h"

#define INPUT_MAX ((size_t)16 << 20)

/* Enough for a List of all workloads of a cluster. The depth is the webhook's. */
static const struct json_limits limits = {.depth = 64, .values = 2000000};

static void complain(const char *line)
{
	fprintf(stderr, "dormouse-injector: %s\n", line);
}

/* Pods and pod templates that were injected so far. */
static unsigned injected;

static void report(const char *kind, const char *name,
		   const struct review_result *result, const struct warnings *warnings)
{
	if (result->outcome == REVIEW_INJECTED)
		injected++;
	if (result->outcome == REVIEW_SKIPPED)
		fprintf(stderr, "%s/%s left alone: %s\n", kind, name,
			skip_reason_name(result->reason));
	for (unsigned i = 0; i < warnings->count; i++)
		fprintf(stderr, "%s/%s: %s\n", kind, name, warnings->line[i]);
}

/* Reads all of standard input. The caller frees the result. Returns NULL on failure. */
static char *read_input(size_t *length, struct error *err)
{
	char *text = malloc(INPUT_MAX + 1);

	if (!text) {
		fail_errno(err, errno, "standard input");
		return NULL;
	}
	*length = fread(text, 1, INPUT_MAX + 1, stdin);
	if (ferror(stdin))
		fail_errno(err, errno, "read standard input");
	else if (*length > INPUT_MAX)
		fail(err, "standard input is longer than %zu MiB", INPUT_MAX >> 20);
	else
		return text;
	free(text);
	return NULL;
}

/* Injects one document and prints it. Returns as workload_inject(). `listed`: the input
 * has several documents. */
static int inject_document(const struct injection *injection, const char *text,
			   size_t length, bool listed, FILE *out, struct error *err)
{
	const struct workload_audience audience = {
	    .report = report, .passed_over = complain, .listed = listed};
	enum json_refusal why;

	if (text[0] != '{')
		return fail(err,
			    "this is not JSON: it does not begin with '{'. Of YAML, "
			    "kubectl makes JSON: kubectl create --dry-run=client "
			    "-o json -f FILE");
	cJSON *tree = json_read(text, length, &limits, &why, err);
	if (!tree)
		return fail_within(err, "standard input");
	int result = workload_inject(injection, tree, &audience, err);
	if (result >= 0)
		json_print(tree, out);
	cJSON_Delete(tree);
	return result;
}

/* Returns the length of the first of several consecutive documents: up to the end of
 * its object, or all. It does not check the JSON. */
static size_t document_length(const char *text, size_t length)
{
	size_t depth = 0;
	bool string = false;

	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		if (string) {
			i += c == '\\';
			string = c != '"';
		} else if (c == '"') {
			string = true;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if ((c == '}' || c == ']') && depth > 0 && --depth == 0) {
			return i + 1;
		}
	}
	return length;
}

static size_t length_without_blanks(const char *text, size_t length)
{
	while (length > 0 && json_scan_blanks(text + length - 1, 1) == 1)
		length--;
	return length;
}

/* Injects consecutive documents, as kubectl prints them. Objects that are no workloads
 * are passed through. If all documents are such objects, the first one is the error. */
static int inject_documents(const struct injection *injection, const char *text,
			    size_t length, FILE *out, struct error *err)
{
	unsigned number = 0, others = 0;
	struct error other = {{0}};
	size_t at = json_scan_blanks(text, length);
	const size_t end = length_without_blanks(text, length);

	if (at == length)
		return fail(err,
			    "standard input is empty: expected a Pod, a workload or "
			    "a List as JSON");
	while (at < length) {
		size_t document = document_length(text + at, length - at);
		bool listed = number++ > 0 || at + document < end;
		int result =
		    inject_document(injection, text + at, document, listed, out, err);
		if (result < 0)
			return number > 1 ? fail_within(err, "document %u", number)
					  : -1;
		if (result == WORKLOAD_OTHER && others++ == 0)
			other = *err;
		at += document;
		at += json_scan_blanks(text + at, length - at);
	}
	return others == number ? fail(err, "%s", other.text) : 0;
}

/* Prints all documents, or none after a failure, because the reader of the pipe
 * (kubectl apply) would apply an incomplete output. */
static int inject_text(const struct injection *injection, const char *text,
		       size_t length, struct error *err)
{
	struct memory_stream printed = {0};
	struct error unprinted;
	FILE *out = memory_stream_open(&printed, err);

	if (!out)
		return -1;
	int result = inject_documents(injection, text, length, out, err);
	if (memory_stream_close(out, &unprinted) < 0 && result == 0)
		result = fail(err, "%s", unprinted.text);
	/* program_run() checks that it is written. */
	if (result == 0)
		output_put(printed.text, printed.length);
	free(printed.text);
	return result;
}

/* From here on only standard input and output are needed. */
static void confine_to_streams(void)
{
	const struct confine_plan plan = {.abilities = 0};
	struct confinement ignored; /* as good as the kernel can */

	confine(&plan, false, &ignored);
}

static int inject(const struct injector_options *options, struct error *err)
{
	struct injection injection = {
	    .own_namespace = options->namespace,
	    .native = options->native != NATIVE_NO,
	};
	struct sidecar_template *template =
	    options->template_path[0] ? template_load(options->template_path, err)
				      : template_read("", 0, err);
	size_t length;
	int result = -1;

	if (!template)
		return -1;
	injection.template = template;
	confine_to_streams();
	char *text = read_input(&length, err);
	if (text)
		result = inject_text(&injection, text, length, err);
	struct error image;
	if (result == 0 && injected > 0 && !options->image_loaded &&
	    template_check_image(template, &image) < 0)
		complain(image.text);
	free(text);
	template_free(template);
	return result;
}

int injector_inject_main(int argc, char **argv)
{
	struct injector_options options;
	struct error err;
	int result = injector_options_parse(&options, INJECTOR_INJECT, argc, argv,
					    complain, &err);

	if (result > 0) {
		injector_options_help(INJECTOR_INJECT, stdout);
		return 0;
	}
	if (result < 0) {
		complain(err.text);
		return 2;
	}
	if (inject(&options, &err) < 0) {
		complain(err.text);
		return 1;
	}
	return 0;
}
