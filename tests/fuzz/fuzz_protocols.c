/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net's tables, from any bytes: nothing is read past the end, nothing is set that
 * is no counter. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "collect/protocols/protocols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct protocol_counters counters = {0};

	protocols_parse_pairs((const char *)data, size, &counters);
	protocols_parse_list((const char *)data, size, &counters);
	if (counters.present >= 1u << PROTOCOL_COUNTER_COUNT)
		abort();
	return 0;
}
