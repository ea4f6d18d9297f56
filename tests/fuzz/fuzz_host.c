/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a Host header and as an Origin: nothing beyond them is read, and what is
 * local names loopback. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/local_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *host = malloc(size + 1), *origin = malloc(size + 8);

	memcpy(host, data, size);
	host[size] = '\0';
	if (local_request_is_host(host) && strncasecmp(host, "localhost", 9) != 0 &&
	    strncmp(host, "127.", 4) != 0 && (host[0] != '[' || !strstr(host, "1]")))
		abort();
	snprintf(origin, size + 8, "http://%s", host);
	if (!local_request_is_origin(origin, host))
		abort();
	local_request_is_origin(host, "localhost");
	free(origin);
	free(host);
	return 0;
}
