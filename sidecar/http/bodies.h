/* SPDX-License-Identifier: Apache-2.0 */
/* bodies.h - the bodies of requests while they arrive.
 *
 * A body begins small, which is enough for nearly every review, and grows in steps.
 * Small bodies are kept for the next request. The larger ones share one allowance, so a
 * few huge bodies can neither use all memory nor keep small ones out.
 */
#ifndef DORMOUSE_HTTP_BODIES_H
#define DORMOUSE_HTTP_BODIES_H

#include <stddef.h>

#define BODY_SMALL (16 * 1024)

/* Maximum number of unused small bodies that are kept. */
#define BODIES_KEPT 16

struct body {
	char *data;
	size_t length, capacity;
	size_t max;        /* of length */
	struct body *next; /* in the list of kept bodies */
};

struct bodies {
	size_t all_max; /* allowance: bytes of all bodies that are not small */
	size_t used;    /* bytes of the allowance */
	struct body *kept;
	unsigned kept_count;
};

/* Results of body_add(). */
enum body_growth { BODY_TAKEN, BODY_TOO_LARGE, BODY_NO_ROOM };

/* Returns an empty body of at most `max` bytes; NULL on allocation failure. */
struct body *body_new(struct bodies *all, size_t max);

/* Adds a piece completely, or nothing of it. */
enum body_growth body_add(struct bodies *all, struct body *b, const char *piece,
			  size_t length);

void body_free(struct bodies *all, struct body *b);

/* Frees the bodies that are kept. */
void bodies_clear(struct bodies *all);

#endif
