/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an Accept header: nothing beyond them is read, weights stay in range. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int q)
{
	if (q < -1 || q > 1000)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct accept accept = ACCEPT_NOTHING;
	char *header = malloc(size + 1);

	memcpy(header, data, size);
	header[size] = '\0';
	accept_read(&accept, header);
	check(accept.openmetrics);
	check(accept.text);
	check(accept.text_wildcard);
	check(accept.total_wildcard);
	if (accept_prefers_openmetrics(&accept) && accept.openmetrics <= 0)
		abort();
	free(header);
	return 0;
}
