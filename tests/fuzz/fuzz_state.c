/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_state.c - a state file of any content: it is refused, or the detector goes on
 * with it as with its own.
 *
 * An input whose first byte is even is a whole file. An odd one is a list of changes
 * (three bytes where, one byte what) to a baseline and to the addresses seen, as they
 * are after the checksum was found right: so the checks of their own are reached.
 */
#include <stdlib.h>
#include <string.h>

#include "collect/sockets/seen_addresses.h"
#include "state/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static struct detector *new_detector(void)
{
	struct detect_options options;

	detect_options_default(&options);
	options.learn_s = 600;
	struct detector *d = detector_new(&options);
	if (!d)
		abort();
	return d;
}

/* What a detector learns in an hour, to be changed. */
static uint8_t *good_baseline(size_t *bytes)
{
	static struct detector *d;

	if (!d) {
		d = new_detector();
		feed(d, 360);
	}
	const void *learnt = detector_learnt(d, bytes);
	uint8_t *copy = malloc(*bytes);
	if (!copy)
		abort();
	memcpy(copy, learnt, *bytes);
	return copy;
}

/* Gives a baseline to a detector and lets it work with what it took. */
static void take_in(const void *baseline, size_t bytes)
{
	struct detector *d = new_detector(), *again = new_detector();
	struct error err;

	if (detector_restore(d, baseline, bytes, &err) == 0) {
		feed(d, 20);
		/* What it goes on to learn must be fit to be saved and loaded again. */
		const void *learnt = detector_learnt(d, &bytes);
		if (detector_restore(again, learnt, bytes, &err) < 0)
			abort();
	}
	detector_free(again);
	detector_free(d);
}

static void try_changes(const uint8_t *data, size_t size)
{
	size_t bytes;
	uint8_t *baseline = good_baseline(&bytes);

	for (; size >= 4; data += 4, size -= 4) {
		const size_t where =
		    data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16;
		baseline[where % bytes] = data[3];
	}
	take_in(baseline, bytes);
	free(baseline);
}

/* Gives the addresses of a file to a filter and lets it work with what it took. */
static void use_addresses(const void *block, size_t bytes)
{
	static struct seen_addresses seen;
	const struct in6_addr address = {{{[15] = 1}}};

	seen_addresses_init(&seen, 1);
	seen_addresses_restore(&seen, block, bytes);
	seen_addresses_add(&seen, &address);
	if (seen_addresses_add(&seen, &address))
		abort();
}

static void try_address_changes(const uint8_t *data, size_t size)
{
	static struct seen_addresses seen;
	uint8_t *bytes = (uint8_t *)&seen;

	seen_addresses_init(&seen, 1);
	for (; size >= 4; data += 4, size -= 4)
		bytes[(data[0] | (size_t)data[1] << 8) % sizeof(seen)] = data[3];
	use_addresses(&seen, sizeof(seen));
}

/* Gives a block of a file to the one it is of. */
static void use_block(const struct state_head *head, const void *block)
{
	if (head->tag == STATE_TAG_LEARNT && head->layout == detector_layout())
		take_in(block, head->bytes);
	else if (head->tag == STATE_TAG_SEEN)
		use_addresses(block, head->bytes);
}

/* The checksum is set right, or else the sections would hardly ever be reached. */
static void try_file(const uint8_t *data, size_t size)
{
	/* At least a header, as the loader has it. */
	uint8_t *file = calloc(1, sizeof(struct state_header) + size);
	struct state_header *header = (struct state_header *)file;
	struct state_content content;
	struct error err;

	if (!file)
		abort();
	if (size > 0)
		memcpy(file, data, size);
	if (size >= sizeof(*header)) {
		header->crc = 0;
		header->crc = crc32c(0, file, size);
	}
	if (state_parse(file, size, &content, &err) == 0)
		for (size_t i = 0; i < content.count; i++)
			use_block(&content.head[i], content.block[i]);
	free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] % 2 == 0) {
		try_file(data + 1, size - 1);
	} else if (size > 0) {
		try_changes(data + 1, size - 1);
		try_address_changes(data + 1, size - 1);
	}
	return 0;
}
