/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.h - the strict reader in front of cJSON: it accepts or refuses, no more. */
#ifndef DORMOUSE_INJECTOR_JSON_JSON_SCAN_H
#define DORMOUSE_INJECTOR_JSON_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "json.h"

/* Deeper than that, cJSON refuses, too. */
#define JSON_DEPTH_MAX 1000

/* Of a text that was accepted, what cJSON would not keep as it is written. */
struct json_odd {
	unsigned numbers; /* more than a double holds */
	bool strings;     /* U+0000 or half a surrogate pair in one */
};

/* Whether the whole text is one JSON value within the limits, duplicate keys apart.
 * Needs no memory; one pass. */
int json_scan(const char *text, size_t length, const struct json_limits *limits,
	      struct json_odd *odd, enum json_refusal *why, struct error *err);

/* Fails with the place of the key of value number `ordinal` (0 is the whole text, then
 * as they are written) of a text that json_scan() accepted: it stands there again. */
int json_scan_duplicate(const char *text, size_t length, unsigned ordinal,
			const char *key, struct error *err);

/* How many bytes from the beginning are blanks. */
size_t json_scan_blanks(const char *text, size_t length);

#endif
