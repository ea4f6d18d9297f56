/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_state.c - a state file of any content: it is refused, or the detector goes on
 * with it as with its own.
 *
 * An input whose first byte is even is a whole file. An odd one is a list of changes
 * (three bytes where, one byte what) to the body of a good file, whose checksum is then
 * mended: so the detector's own checks are reached.
 */
#include <stdlib.h>
#include <string.h>

#include "../../sidecar/state/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct state_mark mark = {.saved_at = 1700000000};

static void feed(struct detector *d, unsigned samples)
{
	struct verdict verdicts[VERDICTS_MAX];
	struct sample s = {.time = 1700000000};

	for (unsigned i = 0; i < samples; i++) {
		s.time += 10;
		for (enum signal signal = 0; signal < SIGNAL_COUNT; signal++)
			sample_set(&s, signal, s.value[signal] + i * i % 1000);
		detector_feed(d, &s, verdicts);
	}
}

/* A good file: of a detector that has seen an hour. */
static const uint8_t *good_file(size_t *bytes)
{
	static uint8_t *file;
	static size_t length;

	if (!file) {
		struct detect_options options;
		detect_options_default(&options);
		options.learn_s = 600;
		struct detector *d = detector_new(&options);
		if (!d)
			abort();
		feed(d, 360);
		const void *body = detector_learnt(d, &length);
		const struct state_header h =
		    state_header_of(&mark, detector_layout(), body, length);
		file = malloc(sizeof(h) + length);
		if (!file)
			abort();
		memcpy(file, &h, sizeof(h));
		memcpy(file + sizeof(h), body, length);
		length += sizeof(h);
		detector_free(d);
	}
	*bytes = length;
	return file;
}

static void change(uint8_t *file, size_t bytes, const uint8_t *data, size_t size)
{
	struct state_header *h = (struct state_header *)file;
	const size_t body_bytes = bytes - sizeof(*h);

	for (; size >= 4 && body_bytes > 0; data += 4, size -= 4) {
		const size_t where =
		    data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16;
		file[sizeof(*h) + where % body_bytes] = data[3];
	}
	*h = state_header_of(&mark, detector_layout(), h + 1, body_bytes);
}

/* Gives the file to a detector and lets it work with what it took. */
static void take_in(const uint8_t *file, size_t bytes)
{
	struct detect_options options;
	struct state_mark found;
	struct error err;
	const void *body;
	size_t body_bytes;

	detect_options_default(&options);
	struct detector *d = detector_new(&options);
	if (!d)
		abort();
	if (state_parse(file, bytes, detector_layout(), &found, &body, &body_bytes,
			&err) == 0 &&
	    detector_restore(d, body, body_bytes, &err) == 0) {
		feed(d, 20);
		/* What it goes on to learn must be fit to be saved and loaded again. */
		body = detector_learnt(d, &body_bytes);
		struct detector *again = detector_new(&options);
		if (!again || detector_restore(again, body, body_bytes, &err) < 0)
			abort();
		detector_free(again);
	}
	detector_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const bool whole = data[0] % 2 == 0;
	size_t bytes = size - 1;
	const uint8_t *good = whole ? NULL : good_file(&bytes);
	/* At least a header, as the loader has it. */
	uint8_t *file = calloc(1, sizeof(struct state_header) + bytes);

	if (!file)
		return 0;
	memcpy(file, whole ? data + 1 : good, bytes);
	if (!whole)
		change(file, bytes, data + 1, size - 1);
	take_in(file, bytes);
	free(file);
	return 0;
}
