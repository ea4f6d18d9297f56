/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_values.c - what people write of windows, addresses, columns and dates: each is
 * refused, or its value is valid. Units have a fuzzer of their own: fuzz_units.c. */
#include <stdlib.h>
#include <string.h>

#include "config/columns.h"
#include "config/parse.h"
#include "replay/timestamps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_columns(const char *text)
{
	struct column_map map = {.names = {{NULL, 0}}};

	if (column_map_add(&map, text) < 0)
		return;
	for (int i = 0; i <= COLUMN_MAP_TIME; i++)
		if (map.names[i].at &&
		    (map.names[i].at < text ||
		     map.names[i].at + map.names[i].length > text + strlen(text)))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct listen_address listen;
	struct expect_window window;
	double value = 0;

	if (!text)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (time_of_calendar(text, size, &value) != TIME_NONE &&
	    !(value > 0 && value < CALENDAR_END))
		abort();
	parse_listen(text, &listen);
	parse_window(text, &window);
	check_columns(text);
	free(text);
	return 0;
}
