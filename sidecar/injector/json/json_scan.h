/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.h - the strict scanner before cJSON: it only accepts or refuses a text. */
#ifndef DORMOUSE_INJECTOR_JSON_JSON_SCAN_H
#define DORMOUSE_INJECTOR_JSON_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "json.h"

/* cJSON refuses deeper nesting. */
#define JSON_DEPTH_MAX 1000

/* What cJSON cannot keep of a text that was accepted. */
struct json_odd {
	unsigned numbers; /* more than a double holds */
	bool strings;     /* a string has U+0000 or half a surrogate pair */
};

/* Checks that the whole text is one JSON value within the limits; does not check for
 * duplicate keys. Allocates no memory; one pass. */
int json_scan(const char *text, size_t length, const struct json_limits *limits,
	      struct json_odd *odd, enum json_refusal *why, struct error *err);

/* Fails with an error that names the place of a duplicate key: that of value number
 * `ordinal` (0 is the whole text; the others count in the order of the text).
 * json_scan() has accepted the text. */
int json_scan_duplicate(const char *text, size_t length, unsigned ordinal,
			const char *key, struct error *err);

/* Returns how many bytes at the beginning are blanks. */
size_t json_scan_blanks(const char *text, size_t length);

#endif
