/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_cache.h - rendered metrics, shared by simultaneous readers.
 *
 * An entry must not change while a slow client reads it, and many slow clients must not
 * cost much memory. So a client that asks while the entry of this sample is being read
 * shares that entry; at most METRICS_CACHE_MAX entries exist. When all of them are
 * being read and a newer page is wanted, the oldest entry is taken, and the answers
 * that are still being read from it end early: clients that read nothing keep nobody
 * out.
 */
#ifndef DORMOUSE_SERVE_METRICS_CACHE_H
#define DORMOUSE_SERVE_METRICS_CACHE_H

#include <microhttpd.h>

#include "dormouse/serve.h"

#define METRICS_CACHE_MAX 4
#define METRICS_BYTES_MAX (64 * 1024) /* untouched memory is not resident */

struct cached_metrics {
	char *data; /* NULL: not allocated yet */
	size_t length;
	unsigned readers;
	uint64_t page;   /* number of the rendering; 0: none yet */
	uint64_t sample; /* number of the sample that it describes */
	struct metrics_form form;
};

struct metrics_cache {
	struct cached_metrics entries[METRICS_CACHE_MAX];
	uint64_t pages; /* renderings so far */
};

/* Reserves the first entry; -1 on allocation failure. */
int metrics_cache_init(struct metrics_cache *c);
void metrics_cache_free(struct metrics_cache *c);

/* Returns a response with the current metrics; the caller destroys it when it is
 * queued. NULL on allocation failure, or when the metrics do not fit. */
struct MHD_Response *metrics_cache_response(struct metrics_cache *c,
					    const struct serve_source *source,
					    struct metrics_form form);

#endif
