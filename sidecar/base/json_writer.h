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
 * The writer adds the commas, quotes and escapes. It allocates nothing. If a value does
 * not fit, the text overflows (see text.h) and is a prefix of the document.
 *
 * A mistake of the caller (a member outside an object, a value without a name inside
 * one, an end without a begin, a second document, too deep nesting) sets `misused`
 * permanently, and `overflowed` of the text, which is then never sent.
 */
#ifndef DORMOUSE_BASE_JSON_WRITER_H
#define DORMOUSE_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* Maximum nesting depth of objects and arrays. */
#define JSON_DEPTH_MAX 16

struct json_writer {
	struct text *out;
	unsigned depth;   /* open objects and arrays */
	uint32_t objects; /* bit 1u << depth: an object is open at that depth */
	bool has_value;   /* the open container has one: the next needs a comma */
	bool named;       /* a name was written, its value was not yet */
	bool in_string;   /* after json_begin_string(), before json_end_string() */
	bool misused;
};

/* Returns a writer that appends one document to the text. The caller owns the text. */
struct json_writer json_writer_over(struct text *out);

/* `name` is the member's name; NULL in an array, for a whole document, and after
 * json_name(). */
void json_object(struct json_writer *w, const char *name);
void json_array(struct json_writer *w, const char *name);
void json_end(struct json_writer *w); /* the object or array opened last */

/* Writes the name of a member; another function writes its value. */
void json_name(struct json_writer *w, const char *name);

/* Invalid UTF-8 becomes U+FFFD, unsafe characters (utf8.h) become \uHHHH, and a NULL
 * value becomes null. */
void json_string(struct json_writer *w, const char *name, const char *value);
/* In the shortest form that reads back equal; null for NaN and infinities. */
void json_number(struct json_writer *w, const char *name, double value);
void json_unsigned(struct json_writer *w, const char *name, uint64_t value);
void json_bool(struct json_writer *w, const char *name, bool value);
void json_null(struct json_writer *w, const char *name);
/* RFC 3339 in UTC with milliseconds, as a string. If the time is not positive, the
 * first writes 1970 and the second null. */
void json_time(struct json_writer *w, const char *name, double unix_seconds);
void json_time_or_null(struct json_writer *w, const char *name, double unix_seconds);

/* Writes a value that is already JSON, without checking it. */
void json_raw(struct json_writer *w, const char *name, const char *json);

/* Between these two calls the caller appends a string to `out`. Its characters must
 * need no escape, as in base64. For strings that are too long to copy first. */
void json_begin_string(struct json_writer *w, const char *name);
void json_end_string(struct json_writer *w);

/* Ends the line after a whole document; another document may follow. */
void json_end_line(struct json_writer *w);

/* Whether every container is closed and nothing was left out. */
bool json_is_whole(const struct json_writer *w);

/* A saved position of a writer. json_rewind() removes all that was written since then,
 * for example because it is too long. `misused` stays set. */
struct json_mark {
	struct json_writer writer;
	struct text out;
};
struct json_mark json_mark(const struct json_writer *w);
void json_rewind(struct json_writer *w, const struct json_mark *mark);

#endif
