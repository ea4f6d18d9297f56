/* SPDX-License-Identifier: Apache-2.0 */
/* bodies.h - the bodies of requests while they arrive.
 *
 * A body begins small, which is enough for nearly every review, and grows in steps.
 * Small ones are kept for the next request. All that is beyond the small ones comes out
 * of one allowance: a few huge bodies cannot take the memory, and cannot keep small
 * ones out either.
 */
#ifndef DORMOUSE_INJECTOR_WEBHOOK_BODIES_H
#define DORMOUSE_INJECTOR_WEBHOOK_BODIES_H

#include <stddef.h>

#define BODY_SMALL (16 * 1024)

/* Small ones that are kept although nobody needs them. */
#define BODIES_KEPT 16

struct body {
	char *data;
	size_t length, capacity;
	struct body *next; /* of those kept */
};

struct bodies {
	size_t each_max; /* bytes of one body */
	size_t all_max;  /* of all that are not small */
	size_t used;     /* of that */
	struct body *kept;
	unsigned kept_count;
};

/* How an addition ended. */
enum body_growth { BODY_TAKEN, BODY_TOO_LARGE, BODY_NO_ROOM };

/* An empty body; NULL on allocation failure. */
struct body *body_new(struct bodies *all);

/* Adds a piece whole, or nothing of it. */
enum body_growth body_add(struct bodies *all, struct body *b, const char *piece,
			  size_t length);

void body_free(struct bodies *all, struct body *b);

/* Frees those that are kept. */
void bodies_clear(struct bodies *all);

#endif
