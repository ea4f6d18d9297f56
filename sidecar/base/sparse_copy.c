/* SPDX-License-Identifier: Apache-2.0 */
/* sparse_copy.c - copies without touching what is equal. */
#include "sparse_copy.h"

#include <string.h>

#define PIECE 512

void sparse_copy(void *to, const void *from, size_t bytes)
{
	char *target = to;
	const char *source = from;

	for (size_t at = 0; at < bytes; at += PIECE) {
		const size_t length = bytes - at < PIECE ? bytes - at : PIECE;
		if (memcmp(target + at, source + at, length) != 0)
			memcpy(target + at, source + at, length);
	}
}
