/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_cache.h - rendered metrics, shared by simultaneous readers.
 *
 * An entry must not change while a slow client reads it, and many slow clients must not
 * cost much memory. So a client that asks while the entry of this sample is being read
 * shares that entry; at most METRICS_CACHE_MAX entries exist. When few are left, those
 * who still read an older sample's are cut: clients that read nothing keep nobody out.
 * The library sends from the entry, in as few packets as it can: what the monitor sends
 * itself can be told from the pod's traffic only if its packets are full.
 */
#ifndef DORMOUSE_SERVE_METRICS_CACHE_H
#define DORMOUSE_SERVE_METRICS_CACHE_H

#include <microhttpd.h>

#include "dormouse/serve.h"
#include "http/connections.h"

/* A sample has up to four forms of its page. */
#define METRICS_FORMS     4
#define METRICS_CACHE_MAX (METRICS_FORMS + 2)
#define METRICS_BYTES_MAX (64 * 1024) /* untouched memory is not resident */

struct cached_metrics {
	char *data;    /* NULL: not allocated */
	bool is_first; /* its memory is kept */
	size_t length;
	struct reader *readers;
	uint64_t sample; /* number of the sample that it describes */
	struct metrics_form form;
};

struct metrics_cache {
	struct cached_metrics entries[METRICS_CACHE_MAX];
};

/* Reserves the first entry; -1 on allocation failure. */
int metrics_cache_init(struct metrics_cache *c);
void metrics_cache_free(struct metrics_cache *c);

/* Returns a response with the current metrics for the connection; the caller destroys
 * it when it is queued. NULL while all entries are being read, on allocation failure,
 * or when the metrics do not fit. */
struct MHD_Response *metrics_cache_response(struct metrics_cache *c,
					    const struct serve_source *source,
					    struct metrics_form form,
					    struct connection *who);

#endif
