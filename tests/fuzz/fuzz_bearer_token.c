/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an Authorization header: nothing beyond them is read, and only what ends
 * with the token has it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "serve/bearer_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char token[] = "secret";
	char *header = malloc(size + 1);

	memcpy(header, data, size);
	header[size] = '\0';
	size_t length = strlen(header);
	if (bearer_token_matches(header, token) &&
	    (length < sizeof("Bearer ") + 5 || strcmp(header + length - 6, token) != 0))
		abort();
	free(header);
	return 0;
}
