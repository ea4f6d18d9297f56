/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.c - compares names by optimal string alignment: edit distance with swaps of
 * adjacent letters. */
#include "nearest.h"

#include <ctype.h>
#include <string.h>

#define LENGTH_MAX 31 /* no candidate is longer */
#define BEGINNING  3  /* letters of a prefix that is a match */

struct nearest nearest_to(const char *given, size_t length)
{
	return (struct nearest){.given = given, .length = length};
}

static char folded(char c)
{
	return c == '_' ? '-' : (char)tolower((unsigned char)c);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edit distance of two names of at most LENGTH_MAX letters. Keeps three rows of the
 * table. */
static unsigned slips_between(const char *a, size_t a_length, const char *b,
			      size_t b_length)
{
	unsigned rows[3][LENGTH_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	for (unsigned j = 0; j <= b_length; j++)
		above[j] = j;
	for (unsigned i = 1; i <= a_length; i++) {
		row[0] = i;
		for (unsigned j = 1; j <= b_length; j++) {
			bool differs = folded(a[i - 1]) != folded(b[j - 1]);

			row[j] = least(least(above[j], row[j - 1]) + 1,
				       above[j - 1] + differs);
			if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
			    folded(a[i - 2]) == folded(b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		unsigned *oldest = before;
		before = above;
		above = row;
		row = oldest;
	}
	return above[b_length];
}

static bool begins(const struct nearest *n, const char *candidate)
{
	for (size_t i = 0; i < n->length; i++)
		if (folded(n->given[i]) != folded(candidate[i]))
			return false;
	return n->length >= BEGINNING;
}

void nearest_consider(struct nearest *n, const char *candidate)
{
	size_t length = strlen(candidate);

	if (n->length == 0 || n->length > LENGTH_MAX || length > LENGTH_MAX)
		return;
	unsigned distance = slips_between(n->given, n->length, candidate, length);
	/* Two edits turn a short name into any other: at most one letter in three may
	 * be wrong. */
	size_t bound = n->length < length ? n->length : length;
	bool near = distance <= 2 && distance * 3 <= bound + (distance == 1);

	if (!near && !begins(n, candidate))
		return;
	if (!n->name || distance < n->distance) {
		n->name = candidate;
		n->distance = distance;
	}
}

void nearest_say(const struct nearest *n, const char *prefix, struct text *t)
{
	if (n->name)
		text_printf(t, "; did you mean %s%s?", prefix, n->name);
}
