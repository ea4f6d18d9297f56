/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - JSON from strangers: checked, then read by cJSON into memory of fixed size.
 *
 * All that cJSON allocates while a memory is in use comes from that memory, in
 * whichever thread took it into use, and is given back at once: a review costs no
 * malloc, leaves nothing behind, and cannot take more than its memory has.
 */
#ifndef DORMOUSE_INJECTOR_JSON_JSON_H
#define DORMOUSE_INJECTOR_JSON_JSON_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct json_memory;

/* `bytes` are reserved, not touched. NULL on allocation failure. Each thread may have
 * one of its own. */
struct json_memory *json_memory_new(size_t bytes);
void json_memory_free(struct json_memory *m);

/* From here on this thread's cJSON allocates in `m`, emptied; NULL: by malloc again. */
void json_memory_use(struct json_memory *m);

/* What is too much. */
struct json_limits {
	unsigned depth;  /* arrays and objects within each other */
	unsigned values; /* of all kinds together */
	bool exact;      /* refuse what is JSON_INEXACT; else it is kept as it is */
};

extern const struct json_limits json_review_limits;

/* Why a text was refused. */
enum json_refusal {
	JSON_BROKEN,   /* no JSON (RFC 8259), or not UTF-8 */
	JSON_TOO_DEEP, /* the limits */
	JSON_TOO_MANY,
	JSON_DUPLICATE, /* a key twice in one object */
	JSON_INEXACT, /* a number or a string that cJSON would not keep: json_keep.h */
	JSON_NO_MEMORY,
};

/* The whole text as a tree in the memory in use, or NULL: the error says what is wrong
 * and where ("line 3, column 14: ..."). Takes time in proportion to the length. */
cJSON *json_read(const char *text, size_t length, const struct json_limits *limits,
		 enum json_refusal *why, struct error *err);

/* A member by its exact name; NULL where there is none, it is null, or `object` is no
 * object. Not const: cJSON's own type. */
cJSON *json_member(const cJSON *object, const char *name);

/* The member's text; NULL where it is no string. */
const char *json_text(const cJSON *object, const char *name);

#endif
