/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_units.c - what people write of durations, sizes and counts: each is refused, or
 * its value is within bounds and can be printed. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_printed(const char *cell)
{
	if (strnlen(cell, FORMAT_MAX) == FORMAT_MAX || !cell[0])
		abort();
}

static void check_quantity(int result, double value)
{
	char cell[FORMAT_MAX];

	if (result < 0)
		return;
	if (!isfinite(value) || value < 0)
		abort();
	check_printed(format_quantity(cell, value, "bytes/s"));
	check_printed(format_duration(cell, value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	unsigned count;
	double value = 0;

	if (!text)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	check_quantity(parse_duration(text, &value), value);
	check_quantity(parse_size(text, &value), value);
	if (parse_count(text, 3, 65535, &count) == 0 && (count < 3 || count > 65535))
		abort();
	free(text);
	return 0;
}
