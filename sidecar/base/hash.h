/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - FNV-1a, 64 bits: not for hash tables whose keys strangers choose. Source:
 * draft-eastlake-fnv. */
#ifndef DORMOUSE_BASE_HASH_H
#define DORMOUSE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* The hash of what was hashed before and these bytes. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *b = bytes;
	size_t i;

	for (i = 0; i < length; i++)
		hash = (hash ^ b[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* The same for a string and its end, so that "ab", "c" is not "a", "bc". */
static inline uint64_t hash_string(uint64_t hash, const char *string)
{
	return hash_bytes(hash, string, strlen(string) + 1);
}

#endif
