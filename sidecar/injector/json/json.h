/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - untrusted JSON: checked, then parsed by cJSON into memory of fixed size.
 *
 * While a thread uses a json_memory, all that its cJSON allocates comes from that
 * memory and is released as a whole. So a review calls no malloc, leaves nothing
 * behind, and cannot exceed its memory.
 */
#ifndef DORMOUSE_INJECTOR_JSON_JSON_H
#define DORMOUSE_INJECTOR_JSON_JSON_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct json_memory;

/* Reserves `bytes` of address space without touching them. Each thread may have its
 * own. NULL on allocation failure. */
struct json_memory *json_memory_new(size_t bytes);
void json_memory_free(struct json_memory *m);

/* Empties `m`; this thread's cJSON then allocates in it. NULL: it uses malloc again. */
void json_memory_use(struct json_memory *m);

/* The limits of a text. */
struct json_limits {
	unsigned depth;  /* nested arrays and objects */
	unsigned values; /* of all kinds together */
	bool exact;      /* refuse as JSON_INEXACT; else json_keep.h keeps the text */
};

extern const struct json_limits json_review_limits;

/* The reason why a text was refused. */
enum json_refusal {
	JSON_BROKEN,   /* not JSON (RFC 8259), or not UTF-8 */
	JSON_TOO_DEEP, /* the limits */
	JSON_TOO_MANY,
	JSON_DUPLICATE, /* a key twice in one object */
	JSON_INEXACT,   /* a number or string that cJSON cannot keep: json_keep.h */
	JSON_NO_MEMORY,
};

/* Parses the whole text into a tree in the memory in use. Returns NULL on failure; the
 * error says what is wrong and where ("line 3, column 14: ..."). Takes time in
 * proportion to the length. */
cJSON *json_read(const char *text, size_t length, const struct json_limits *limits,
		 enum json_refusal *why, struct error *err);

/* Returns the member with exactly this name. Returns NULL if there is none, if it is
 * null, or if `object` is not an object. Not const: cJSON's own type. */
cJSON *json_member(const cJSON *object, const char *name);

/* Returns the member's text, or NULL if it is not a string. */
const char *json_text(const cJSON *object, const char *name);

#endif
