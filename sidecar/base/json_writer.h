/* SPDX-License-Identifier: Apache-2.0 */
/* json_writer.h - JSON (RFC 8259) appended to a text, value by value, without blanks.
 *
 *     struct json_writer w = json_writer_over(&t);
 *
 *     json_object(&w, NULL);
 *     json_string(&w, "name", pod->name);
 *     json_array(&w, "ports");
 *     json_unsigned(&w, NULL, 9477);
 *     json_end(&w);
 *     json_end(&w);
 *
 * The writer puts the commas, quotes and escapes. Nothing is allocated, and what does
 * not fit overflows as text.h says: the text is then a prefix of what was meant.
 *
 * A mistake of the caller (a member outside of an object, a value without a name in
 * one, an end of nothing, a second document, too deep) sets `misused` for good, and
 * `overflowed` of the text, which is never sent then.
 */
#ifndef DORMOUSE_BASE_JSON_WRITER_H
#define DORMOUSE_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* Objects and arrays within each other. */
#define JSON_DEPTH_MAX 16

struct json_writer {
	struct text *out;
	unsigned depth;   /* objects and arrays that are open */
	uint32_t objects; /* bit 1u << depth: what is open at that depth is an object */
	bool has_value;   /* what is open there has one: the next needs a comma */
	bool named;       /* a name waits for its value */
	bool in_string;   /* json_begin_string() waits for json_end_string() */
	bool misused;
};

/* A writer that appends one document to the text, which the caller keeps. */
struct json_writer json_writer_over(struct text *out);

/* Each value takes the name of the member that it is; NULL in an array, for a document
 * of its own, and after json_name(). */
void json_object(struct json_writer *w, const char *name);
void json_array(struct json_writer *w, const char *name);
void json_end(struct json_writer *w); /* of the object or array opened last */

/* The name of a member whose value another function writes. */
void json_name(struct json_writer *w, const char *name);

/* Bytes that are no UTF-8 become U+FFFD, unsafe characters (utf8.h) \uHHHH; a NULL
 * value is null. */
void json_string(struct json_writer *w, const char *name, const char *value);
/* In the shortest form that reads back equal; null for NaN and infinities. */
void json_number(struct json_writer *w, const char *name, double value);
void json_unsigned(struct json_writer *w, const char *name, uint64_t value);
void json_bool(struct json_writer *w, const char *name, bool value);
void json_null(struct json_writer *w, const char *name);
/* RFC 3339 in UTC with milliseconds, as a string; of a time that is not positive, 1970
 * or null. */
void json_time(struct json_writer *w, const char *name, double unix_seconds);
void json_time_or_null(struct json_writer *w, const char *name, double unix_seconds);

/* A value that is JSON already: nobody checks it. */
void json_raw(struct json_writer *w, const char *name, const char *json);

/* A string that the caller appends to `out` between the two, of characters that need no
 * escape: base64, say. For what is too long to be copied first. */
void json_begin_string(struct json_writer *w, const char *name);
void json_end_string(struct json_writer *w);

/* Ends the line after a whole document; another document may follow. */
void json_end_line(struct json_writer *w);

/* Whether all that was begun is ended and nothing was left out. */
bool json_is_whole(const struct json_writer *w);

/* How far a writer has come: what was written since then can be taken back, if it turns
 * out to be too long. That it was misused stays. */
struct json_mark {
	struct json_writer writer;
	struct text out;
};
struct json_mark json_mark(const struct json_writer *w);
void json_rewind(struct json_writer *w, const struct json_mark *mark);

#endif
