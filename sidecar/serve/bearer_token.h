/* SPDX-License-Identifier: Apache-2.0 */
/* bearer_token.h - the token of a scraper, from a mounted file (RFC 6750). */
#ifndef DORMOUSE_SERVE_BEARER_TOKEN_H
#define DORMOUSE_SERVE_BEARER_TOKEN_H

#include <stdbool.h>

#include "dormouse/serve.h"

#define BEARER_TOKEN_MAX 1024

/* Reads the token: one line of 1 to BEARER_TOKEN_MAX visible ASCII characters, with
 * white space around it ignored, as Prometheus reads credentials_file. Returns 0, or -1
 * with the reason; a file that is not regular is not read. */
int bearer_token_read(const char *path, char token[BEARER_TOKEN_MAX + 1],
		      struct error *err);

/* Reads that of the flag; the error names the flag. */
int metrics_token_read(const struct metrics_access *access,
		       char token[BEARER_TOKEN_MAX + 1], struct error *err);

/* Whether the value of an Authorization header is "Bearer" and the token. The time that
 * it takes does not depend on how much of the token is right. NULL is no header. */
bool bearer_token_matches(const char *authorization, const char *token);

#endif
