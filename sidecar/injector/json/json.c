/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - untrusted JSON: scanned, parsed by cJSON, searched for duplicate keys. */
#include "json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json_keep.h"
#include "json_scan.h"

/* An object with more members is sorted to find duplicates. */
#define PAIRWISE_MAX 16

/* The API server sends at most some 20 levels (managedFields). A pod of 100 KB has some
 * 5,000 values. A value takes 64 bytes of memory, and 16 more while keys are compared;
 * a string takes hardly more than in the body. A body with 50,000 values needs 5 MiB
 * besides its own length, which counts twice where json_keep.c copies the text. */
const struct json_limits json_review_limits = {.depth = 64, .values = 50000};

/* --- duplicate keys -------------------------------------------------------------- */

struct keyed {
	const char *key;
	const cJSON *member;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

/* A hash of the key: one bit of 64. */
static uint64_t key_bit(const char *key)
{
	size_t length = strlen(key);
	unsigned mixed = (unsigned)length;

	if (length > 0)
		mixed = mixed * 5 + (unsigned char)key[0] +
			(unsigned char)key[length - 1] * 3u +
			(unsigned char)key[length / 2] * 7u;
	return UINT64_C(1) << (mixed % 64);
}

static const cJSON *find_pairwise(const cJSON *object)
{
	uint64_t seen = 0;

	for (const cJSON *m = object->child; m; m = m->next) {
		uint64_t bit = key_bit(m->string);
		for (const cJSON *o = object->child; (seen & bit) && o != m;
		     o = o->next)
			if (strcmp(o->string, m->string) == 0)
				return m;
		seen |= bit;
	}
	return NULL;
}

/* Returns that one of two members that is written later. */
static const cJSON *later(const cJSON *object, const cJSON *a, const cJSON *b)
{
	const cJSON *m = object->child;

	while (m != a && m != b)
		m = m->next;
	return m == a ? b : a;
}

/* Sorts the keys, because comparing each pair is too slow for 65,536 keys. Returns -1
 * on allocation failure. */
static int find_sorted(const cJSON *object, size_t count, const cJSON **duplicate)
{
	struct keyed *members = cJSON_malloc(count * sizeof(*members));
	size_t n = 0;

	if (!members)
		return -1;
	for (const cJSON *m = object->child; m; m = m->next)
		members[n++] = (struct keyed){m->string, m};
	qsort(members, n, sizeof(*members), by_key);
	for (size_t i = 1; i < n && !*duplicate; i++)
		if (strcmp(members[i - 1].key, members[i].key) == 0)
			*duplicate =
			    later(object, members[i - 1].member, members[i].member);
	cJSON_free(members);
	return 0;
}

/* Sets `*duplicate` to a member whose key occurs twice. -1 on allocation failure. */
static int find_duplicate(const cJSON *item, const cJSON **duplicate)
{
	size_t count = 0;

	for (const cJSON *m = item->child; m; m = m->next) {
		count++;
		if (m->child && find_duplicate(m, duplicate) < 0)
			return -1;
		if (*duplicate)
			return 0;
	}
	if (!cJSON_IsObject(item) || count < 2)
		return 0;
	if (count > PAIRWISE_MAX)
		return find_sorted(item, count, duplicate);
	*duplicate = find_pairwise(item);
	return 0;
}

/* Counts the values before `wanted`, in the order of the text. Returns true when
 * `wanted` was found. */
static bool count_up_to(const cJSON *item, const cJSON *wanted, unsigned *ordinal)
{
	if (item == wanted)
		return true;
	++*ordinal;
	for (const cJSON *m = item->child; m; m = m->next)
		if (count_up_to(m, wanted, ordinal))
			return true;
	return false;
}

/* --- reading --------------------------------------------------------------------- */

cJSON *json_read(const char *text, size_t length, const struct json_limits *limits,
		 enum json_refusal *why, struct error *err)
{
	const cJSON *duplicate = NULL;
	struct json_odd odd;

	if (json_scan(text, length, limits, &odd, why, err) < 0)
		return NULL;

	*why = JSON_NO_MEMORY;
	cJSON *tree = odd.numbers > 0 || odd.strings
			  ? json_keep_parse(text, length, odd.numbers)
			  : cJSON_ParseWithLength(text, length);
	if (!tree) {
		fail(err, "out of memory for %zu bytes of JSON", length);
		return NULL;
	}
	if (find_duplicate(tree, &duplicate) < 0) {
		fail(err, "out of memory for %zu bytes of JSON", length);
	} else if (duplicate) {
		unsigned ordinal = 0;
		count_up_to(tree, duplicate, &ordinal);
		*why = JSON_DUPLICATE;
		json_scan_duplicate(text, length, ordinal, duplicate->string, err);
	} else {
		return tree;
	}
	cJSON_Delete(tree);
	return NULL;
}

cJSON *json_member(const cJSON *object, const char *name)
{
	if (!cJSON_IsObject(object))
		return NULL;
	for (cJSON *m = object->child; m; m = m->next)
		if (m->string && strcmp(m->string, name) == 0)
			return cJSON_IsNull(m) ? NULL : m;
	return NULL;
}

const char *json_text(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(json_member(object, name));
}
