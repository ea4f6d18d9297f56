/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_baseline.c - a baseline document of any content: it is refused with a reason, or
 * it is written and read again as the same, merged with itself, and a detector judges
 * by it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "state/baseline_document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *text_of(const struct baseline_document *b)
{
	struct error err;
	char *text = baseline_document_text(b, &err);

	if (!text)
		abort();
	return text;
}

/* What was written must be read, and give the same bytes. */
static void write_and_read(const struct baseline_document *b)
{
	static struct baseline_document again;
	struct error err;
	char *text = text_of(b), *second;

	if (baseline_document_read(&again, text, strlen(text), &err) < 0)
		abort();
	second = text_of(&again);
	if (strcmp(text, second) != 0)
		abort();
	baseline_document_end(&again);
	free(second);
	free(text);
}

static void judge_by(const struct past *past)
{
	struct detect_options options;
	struct verdict verdicts[VERDICTS_MAX];
	struct sample s = {.time = 1700000000};

	detect_options_default(&options);
	struct detector *d = detector_new(&options);
	if (!d)
		abort();
	detector_adopt(d, past);
	for (unsigned i = 0; i < 60; i++) {
		s.time += 10;
		for (enum signal signal = 0; signal < SIGNAL_COUNT; signal++)
			sample_set(&s, signal, s.value[signal] + i * i % 1000);
		size_t count = detector_feed(d, &s, verdicts);
		for (size_t v = 0; v < count; v++)
			if (!isfinite(verdicts[v].sigmas))
				abort();
	}
	detector_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct baseline_document b, other;
	char *text = malloc(size + 1);
	struct error err;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (baseline_document_read(&b, text, size, &err) == 0) {
		write_and_read(&b);
		judge_by(&b.past);
		if (baseline_document_read(&other, text, size, &err) < 0)
			abort();
		baseline_document_merge(&b, &other);
		baseline_document_end(&other);
		judge_by(&b.past);
		free(text_of(&b));
		baseline_document_end(&b);
	} else if (!err.text[0]) {
		abort();
	}
	free(text);
	return 0;
}
