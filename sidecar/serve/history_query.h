/* SPDX-License-Identifier: Apache-2.0 */
/* history_query.h - reads the query of /history. */
#ifndef DORMOUSE_SERVE_HISTORY_QUERY_H
#define DORMOUSE_SERVE_HISTORY_QUERY_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "dormouse/sample.h"

/* What is asked for. Minutes are Unix time divided by 60. */
struct history_query {
	int64_t first;    /* minute, a multiple of the step */
	unsigned step;    /* minutes; a multiple of HISTORY_QUARTER beyond a day */
	unsigned count;   /* steps; the last one contains `now` */
	uint32_t signals; /* bit 1u << signal */
	bool csv;
};

/* Reads the arguments of the request: signal, since, step, format. `now` is the minute
 * that goes on. Returns -1 with a line for the client if one is invalid, unknown, or
 * there twice. */
int history_query_read(struct MHD_Connection *c, int64_t now, struct history_query *q,
		       struct error *err);

#endif
