/* SPDX-License-Identifier: Apache-2.0 */
/* json_stream.h - reads JSON of any length as it arrives, in memory of fixed size.
 *
 * For answers that are too long to be held: the text is handed over value by value. It
 * must be one value (RFC 8259); object keys may repeat. Escapes of characters outside
 * ASCII are handed over as "?", because no name that is looked for has one.
 */
#ifndef DORMOUSE_INJECTOR_JSON_JSON_STREAM_H
#define DORMOUSE_INJECTOR_JSON_JSON_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define JSON_STREAM_DEPTH 32
#define JSON_STREAM_TOKEN 16384 /* bytes of a string or number, with a NUL */

enum json_event {
	JSON_OBJECT_BEGINS,
	JSON_ARRAY_BEGINS,
	JSON_ENDS, /* the object or array that began last */
	JSON_KEY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_WORD, /* true, false, null */
};

/* Takes a value or a bracket. `text` is the key, the string without quotes and escapes,
 * the number or the word, NUL-terminated, and valid during the call; empty for a
 * bracket. A negative result ends the reading with the error that the function set. */
typedef int json_taker(void *context, enum json_event event, const char *text,
		       size_t length, struct error *err);

struct json_stream {
	json_taker *take;
	void *context;
	uint64_t bytes;   /* read so far */
	unsigned depth;   /* open objects and arrays */
	uint32_t objects; /* bit 1u << depth: an object is open there */
	unsigned char state;
	bool key;             /* the string being read is a key */
	unsigned char digits; /* of \uXXXX still to come */
	unsigned unit;        /* its value so far */
	size_t length;        /* of the token */
	char token[JSON_STREAM_TOKEN];
};

void json_stream_begin(struct json_stream *s, json_taker *take, void *context);

/* Reads the next bytes. Returns 0, or -1 for a text that is not JSON, for nesting or
 * tokens beyond the limits, or when the taker ended it. After a failure only
 * json_stream_begin() may follow. */
int json_stream_feed(struct json_stream *s, const char *data, size_t length,
		     struct error *err);

/* Returns 0 if the text was one whole value, else -1. */
int json_stream_end(struct json_stream *s, struct error *err);

#endif
