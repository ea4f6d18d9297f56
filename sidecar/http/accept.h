/* SPDX-License-Identifier: Apache-2.0 */
/* accept.h - which form of the metrics a client asks for (RFC 9110, 12.5.1). */
#ifndef DORMOUSE_HTTP_ACCEPT_H
#define DORMOUSE_HTTP_ACCEPT_H

#include <stdbool.h>

/* What was read so far. Begin with ACCEPT_NOTHING, which takes the text format. */
struct accept {
	int openmetrics;    /* q in thousandths, -1: not named */
	int text;           /* text/plain */
	int text_wildcard;  /* text and anything */
	int total_wildcard; /* anything */
};

#define ACCEPT_NOTHING                                                                 \
	{                                                                              \
		-1, -1, -1, -1                                                         \
	}

/* Reads one Accept header; there may be several. What cannot be read is left out. */
void accept_read(struct accept *a, const char *header);

/* Whether OpenMetrics 1.0 is wanted: named, and at least as much as text 0.0.4. */
bool accept_prefers_openmetrics(const struct accept *a);

#endif
