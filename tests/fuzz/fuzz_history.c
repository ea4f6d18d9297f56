/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_history.c - a history of a state file that was changed, and samples at any
 * times: every span that can be asked for is a finite amount, and what is kept is fit
 * to be restored.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dormouse/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct history *new_history(void)
{
	struct history *h = history_new();

	if (!h)
		abort();
	return h;
}

static void check_spans(const struct history *h)
{
	static const unsigned steps[] = {1, 7, 15, 1440, HISTORY_QUARTERS * 15};
	const int64_t now = history_minute(h);
	struct history_span span;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		for (int64_t back = 0; back < 30000; back += 1511) {
			const enum signal s = (enum signal)(back % SIGNAL_COUNT);
			const int64_t first = (now - back) / steps[i] * steps[i];
			const bool any = history_span(h, s, first, steps[i], &span);
			if (any != (span.seconds > 0) || !isfinite(span.amount) ||
			    !isfinite(span.peak) || span.amount < 0 || span.peak < 0)
				abort();
		}
}

/* Ten bytes are a sample: how much later (or earlier), what is present, a rise. */
static void feed(struct history *h, const uint8_t *data, size_t size)
{
	static struct sample s;

	s = (struct sample){.time = 1700000000};
	for (; size >= 10; data += 10, size -= 10) {
		float later;
		uint32_t rise;

		memcpy(&later, data, sizeof(later));
		memcpy(&rise, data + 4, sizeof(rise));
		s.time += (double)later;
		s.present = data[8];
		for (enum signal i = 0; i < SIGNAL_COUNT; i++)
			s.value[i] += (uint64_t)rise << data[9] % 40;
		history_feed(h, &s);
		if (!isfinite(s.time))
			s.time = 1700000000;
	}
}

static void keep_and_restore(struct history *h)
{
	struct history *again = new_history();
	struct error err;
	size_t bytes;
	const void *block = history_kept(h, &bytes);

	if (history_restore(again, block, bytes, &err) < 0)
		abort();
	check_spans(again);
	history_free(again);
}

/* Changes a good block, four bytes each: three where, one what. Half of the input. */
static struct history *restore_changed(const uint8_t *data, size_t size)
{
	static uint8_t block[HISTORY_BYTES_MAX];
	struct history *good = new_history(), *h = new_history();
	struct sample s = {.time = 1700000000};
	struct error err;
	size_t bytes;

	for (unsigned i = 0; i < 300; i++, s.time += 60) {
		sample_set(&s, SIGNAL_TX_BYTES, i * i);
		history_feed(good, &s);
	}
	memcpy(block, history_kept(good, &bytes), bytes);
	for (; size >= 4; data += 4, size -= 4)
		block[(data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16) %
		      bytes] = data[3];
	history_restore(h, block, bytes, &err);
	history_free(good);
	return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct history *h = restore_changed(data, size / 2);

	check_spans(h);
	feed(h, data + size / 2, size - size / 2);
	check_spans(h);
	keep_and_restore(h);
	history_free(h);
	return 0;
}
