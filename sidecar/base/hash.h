/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - FNV-1a, 64 bits. Not for hash tables with untrusted keys. Source:
 * draft-eastlake-fnv. */
#ifndef DORMOUSE_BASE_HASH_H
#define DORMOUSE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* Continues a hash, at first HASH_START, with these bytes. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *b = bytes;
	size_t i;

	for (i = 0; i < length; i++)
		hash = (hash ^ b[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* The same for a string with its NUL, so that "ab", "c" and "a", "bc" differ. */
static inline uint64_t hash_string(uint64_t hash, const char *string)
{
	return hash_bytes(hash, string, strlen(string) + 1);
}

#endif
