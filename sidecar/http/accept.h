/* SPDX-License-Identifier: Apache-2.0 */
/* accept.h - which metrics format a client prefers (RFC 9110, 12.5.1). */
#ifndef DORMOUSE_HTTP_ACCEPT_H
#define DORMOUSE_HTTP_ACCEPT_H

#include <stdbool.h>

/* The result of the headers read so far. Begin with ACCEPT_NOTHING, which selects the
 * text format. */
struct accept {
	int openmetrics;    /* q in thousandths, -1: not named */
	int text;           /* text/plain */
	int text_wildcard;  /* text, any subtype */
	int total_wildcard; /* any type */
};

#define ACCEPT_NOTHING                                                                 \
	{                                                                              \
		-1, -1, -1, -1                                                         \
	}

/* Reads one Accept header; a request may have several. Ignores what it cannot parse. */
void accept_read(struct accept *a, const char *header);

/* Whether the client names OpenMetrics 1.0, with at least the weight of text 0.0.4. */
bool accept_prefers_openmetrics(const struct accept *a);

#endif
